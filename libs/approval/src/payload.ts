import { cut, groupDigits, inert, visible } from './inert.js';
import type { JsonObject } from './request.js';

/** In characters. Channels cut further where they must. */
const ROOM = 2000;
/** What an argument may need at least: its name and both ends of its value. */
const LEAST = 120;
const MOST_LINES = 36;

/**
 * The arguments, one after the other, inert. Room is shared, so that long arguments cannot push a short one out of sight:
 * who chooses their names and lengths must not choose what is not read.
 */
export function payloadText(shown: JsonObject, hidden: number): string {
  const note = hidden > 0 ? [`… ${hidden} field${hidden === 1 ? '' : 's'} hidden by policy`] : [];
  const all = Object.entries(shown).map(([name, value]) => ({ name: label(name), value: valueText(value) }));
  if (all.length === 0) return note[0] ?? 'no arguments';
  const [head, tail] = ends(all.map(({ name, value }) => Math.min(LEAST, name.length + value.length + 2)));
  const kept = [...all.slice(0, head), ...all.slice(all.length - tail)];
  const rooms = share(kept.map(({ name, value }) => name.length + value.length + 2));
  const lines = Math.max(4, Math.floor(MOST_LINES / kept.length));
  const texts = kept.map(({ name, value }, i) => `${name}: ${fit(value, rooms[i]! - name.length - 2, lines)}`);
  const missing = all.length - kept.length;
  if (missing > 0) {
    texts.splice(head, 0, `… ${groupDigits(missing)} of ${groupDigits(all.length)} arguments not shown …`);
  }
  return [...texts, ...note].join('\n');
}

/** Whether a payload has been cut. An agent can write what a cut says, and gains only that people open the whole. */
export function isCut(payload: string): boolean {
  return /… [\d,]+ of [\d,]+ (characters|arguments|lines) not shown …/.test(payload);
}

/** More than any request can have, with every character of it written out. */
const WHOLE = 2_000_000;

/** Nothing cut: indented JSON, with every character that hides made visible. For whoever opens the whole. */
export function wholeText(shown: JsonObject): string {
  return cut(visible(JSON.stringify(shown, null, 2)), WHOLE);
}

/** How many to show of the first and of the last: two of those for one of these, until there is no room for another. */
function ends(needs: readonly number[]): [head: number, tail: number] {
  let [head, tail, room] = [0, 0, ROOM];
  while (head + tail < needs.length) {
    const next = head > 2 * tail ? needs.length - 1 - tail : head;
    room -= needs[next]!;
    if (room < 0) break;
    if (next === head) head++;
    else tail++;
  }
  return [head, tail];
}

/** A name that could pass for more than a name ("rows: 1, really") is quoted. */
function label(name: string): string {
  return inert(/^[\w.$-]+$/.test(name) ? name : JSON.stringify(name), 60);
}

function valueText(value: unknown): string {
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Further lines are set in, so that no value can begin a line like an argument does. Too many are cut in the middle. */
function fit(value: string, room: number, most: number): string {
  const total = value.split('\n').length;
  const lines = cut(value, room).split('\n');
  const head = Math.ceil((most * 2) / 3);
  const shown =
    lines.length <= most
      ? lines
      : [
          ...lines.slice(0, head),
          `… ${groupDigits(total - most)} of ${groupDigits(total)} lines not shown …`,
          ...lines.slice(head - most),
        ];
  return shown.join('\n    ');
}

/** Who needs less than an equal part gets what it needs; the others share the rest. */
function share(needs: readonly number[]): number[] {
  const rooms = needs.map(() => 0);
  let left = ROOM;
  [...needs.keys()]
    .sort((a, b) => needs[a]! - needs[b]!)
    .forEach((i, done) => {
      rooms[i] = Math.min(needs[i]!, Math.floor(left / (needs.length - done)));
      left -= rooms[i]!;
    });
  return rooms;
}
