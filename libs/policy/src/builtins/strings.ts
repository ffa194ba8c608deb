import type { Builtins } from '../wasm/host.js';
import { Numeral } from '../wasm/numeral.js';
import type { Value } from '../wasm/value.js';
import { countOf, refuse, textOf, textsOf } from './operands.js';

/** What is found in text, and where. Positions count characters, not UTF-16 units. */
export const STRING_BUILTINS: Builtins = {
  'strings.any_prefix_match': (texts, prefixes) => anyMatch(texts, prefixes, (text, part) => text.startsWith(part)),
  'strings.any_suffix_match': (texts, suffixes) => anyMatch(texts, suffixes, (text, part) => text.endsWith(part)),
  'strings.count': (text, part) =>
    textOf(part) === '' ? [...textOf(text)].length + 1 : textOf(text).split(textOf(part)).length - 1,
  'strings.split_n': (text, delimiter, limit) => splitN(textOf(text), textOf(delimiter), countOf(limit)),
  indexof_n: (text, part) => positions(textOf(text), textOf(part)),
  // A note for whoever traces an evaluation; nobody does here.
  trace: (note) => (textOf(note), true),
};

function anyMatch(
  texts: Value | undefined,
  parts: Value | undefined,
  matches: (text: string, part: string) => boolean,
) {
  const [all, candidates] = [texts, parts].map((given) => (typeof given === 'string' ? [given] : textsOf(given)));
  return all!.some((text) => candidates!.some((part) => matches(text, part)));
}

function positions(text: string, part: string) {
  if (part === '') return refuse();
  const [characters, wanted] = [[...text], [...part]];
  const found: number[] = [];
  for (let at = 0; at + wanted.length <= characters.length; at++) {
    if (wanted.every((character, i) => characters[at + i] === character)) found.push(at);
  }
  return found.map((at) => new Numeral(String(at)));
}

// From the front at most so many parts; from the end, when the limit is negative.
function splitN(text: string, delimiter: string, limit: number): string[] {
  const parts = delimiter === '' ? [...text] : text.split(delimiter);
  return limit >= 0 ? parts.slice(0, limit) : parts.slice(Math.max(parts.length + limit, 0));
}
