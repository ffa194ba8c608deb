import { Numeral } from '../wasm/numeral.js';
import { compareTexts, RegoObject, RegoSet, type Value } from '../wasm/value.js';

// JSON as Go's encoding/json writes it, which escapes what HTML could take amiss.

export interface Layout {
  prefix: string;
  indent: string;
}

/** Sets become arrays and keys that are no strings become their JSON. With a layout, one member a line. */
export function goJson(value: Value, layout?: Layout, depth = 1): string {
  if (typeof value === 'string') return goJsonText(value);
  if (value instanceof Numeral) return value.text;
  const members = value instanceof RegoSet ? value.members() : value;
  if (Array.isArray(members)) {
    return joined(
      '[',
      members.map((member) => goJson(member, layout, depth + 1)),
      ']',
      layout,
      depth,
    );
  }
  if (members instanceof RegoObject) {
    const items = entriesByName(members).map(
      ([name, held]) => `${goJsonText(name)}:${layout ? ' ' : ''}${goJson(held, layout, depth + 1)}`,
    );
    return joined('{', items, '}', layout, depth);
  }
  return String(members);
}

/** Entries in the order of their names; a key that is no string is named by its JSON. */
export function entriesByName(object: RegoObject): [string, Value][] {
  const named = object
    .entries()
    .map(([key, held]): [string, Value] => [typeof key === 'string' ? key : goJson(key), held]);
  return named.sort(([a], [b]) => compareTexts(a, b));
}

function joined(open: string, items: string[], close: string, layout: Layout | undefined, depth: number): string {
  if (!layout || items.length === 0) return `${open}${items.join()}${close}`;
  const line = (levels: number) => `\n${layout.prefix}${layout.indent.repeat(levels)}`;
  return `${open}${items.map((item) => line(depth) + item).join()}${line(depth - 1)}${close}`;
}

function goJsonText(text: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, escaped);
}
