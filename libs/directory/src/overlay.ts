import { Directory } from './directory.js';
import type { DirectoryFile } from './file.js';

/** What is known of people from elsewhere than the file: it adds to what the file says, or changes it. */
export interface Overlay {
  /** Another number than before when it would say something else. Asked for every request, so it must cost nothing. */
  revision(): number;
  /** `until`: when time alone changes what it says. Never throws: what does not fit is left out. */
  apply(data: DirectoryFile, at: Date): { data: DirectoryFile; until?: Date };
}

/** The directory of a source as these overlays change it, one after another. Made anew only when there is a reason. */
export function overlaid(
  source: { current(): Directory },
  overlays: readonly Overlay[],
  now: () => Date,
): () => Directory {
  let made: { from: Directory; revisions: number[]; until: number; directory: Directory } | undefined;
  return () => {
    const from = source.current();
    const fresh =
      made?.from === from &&
      now().getTime() < made.until &&
      overlays.every((overlay, i) => overlay.revision() === made!.revisions[i]);
    if (fresh) return made!.directory;
    // Read before they are applied: what changes meanwhile is a reason to do it again.
    const revisions = overlays.map((overlay) => overlay.revision());
    const at = now();
    let { data } = from;
    let until = Infinity;
    for (const overlay of overlays) {
      const applied = overlay.apply(data, at);
      data = applied.data;
      until = Math.min(until, applied.until?.getTime() ?? Infinity);
    }
    made = { from, revisions, until, directory: data === from.data ? from : new Directory(data) };
    return made.directory;
  };
}
