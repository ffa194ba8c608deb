import { Directory } from './directory.js';
import type { DirectoryFile } from './file.js';

/** What is known of people from elsewhere than the file: it adds to what the file says, or changes it. */
export interface Overlay {
  /** Another number than before when it would say something else. Asked for every request, so it must cost nothing. */
  revision(): number;
  /**
   * Another number than before when what is new may exclude somebody, or disable them: that holds at once. Absent: whatever
   * is new may.
   */
  strictures?(): number;
  /** `until`: when time alone changes what it says. Never throws: what does not fit is left out. */
  apply(data: DirectoryFile, at: Date): { data: DirectoryFile; until?: Date };
}

/** A directory that took longer than this to make is large, and not made anew for whatever is new. */
const CHEAP_MS = 20;
/** Of a large one no more than about this part of the time goes into making it anew for what can only add to it. */
const SHARE = 1 / 10;

/**
 * The directory of a source as these overlays change it, one after another. Made anew only when there is a reason; when it is
 * large and the reason is somebody new, as in the thousands when a provider starts, only now and then.
 */
export function overlaid(
  source: { current(): Directory },
  overlays: readonly Overlay[],
  now: () => Date,
  elapsedMs: () => number = () => performance.now(),
): () => Directory {
  let made: Made | undefined;
  const isFresh = ({ revisions, strictures, heldUntilMs }: Made) =>
    (overlays.every((overlay, i) => overlay.revision() === revisions[i]) || elapsedMs() < heldUntilMs) &&
    overlays.every((overlay, i) => strictureOf(overlay) === strictures[i]);
  return () => {
    const from = source.current();
    if (made?.from === from && now().getTime() < made.until && isFresh(made)) return made.directory;
    const began = elapsedMs();
    // Read before they are applied: what changes meanwhile is a reason to do it again.
    const revisions = overlays.map((overlay) => overlay.revision());
    const strictures = overlays.map(strictureOf);
    const at = now();
    let { data } = from;
    let until = Infinity;
    for (const overlay of overlays) {
      const applied = overlay.apply(data, at);
      data = applied.data;
      until = Math.min(until, applied.until?.getTime() ?? Infinity);
    }
    const directory = data === from.data ? from : new Directory(data);
    const ended = elapsedMs();
    const heldUntilMs = ended - began > CHEAP_MS ? ended + (ended - began) / SHARE : ended;
    made = { from, revisions, strictures, until, heldUntilMs, directory };
    return directory;
  };
}

interface Made {
  from: Directory;
  revisions: number[];
  strictures: number[];
  until: number;
  heldUntilMs: number;
  directory: Directory;
}

function strictureOf(overlay: Overlay): number {
  return overlay.strictures?.() ?? overlay.revision();
}
