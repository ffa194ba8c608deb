import type { Builtins } from '../wasm/host.js';
import type { Value } from '../wasm/value.js';
import { listOf, refuse, textOf } from './operands.js';
import { compile, quoteMeta } from './regex.js';

// Globs as OPA reads them: `*` stays between delimiters, `**` does not, and there are `?`, `[a-z]`, `[!ab]` and `{one,two}`.

export const GLOB_BUILTINS: Builtins = {
  'glob.match': (glob, delimiters, text) => {
    const [pattern, between] = [textOf(glob), delimitersOf(delimiters!)];
    return compile(expressionOf(pattern, between)).testExact(textOf(text));
  },
  'glob.quote_meta': (text) => textOf(text).replace(/[*?\\[\]{}]/g, '\\$&'),
};

function delimitersOf(given: Value): string[] {
  if (given === null) return [];
  const delimiters = listOf(given).map((one) => ([...textOf(one)].length === 1 ? textOf(one) : refuse()));
  return delimiters.length === 0 ? ['.'] : delimiters;
}

const REMEMBERED = 500;
const LONGEST_REMEMBERED = 1_000;
const expressions = new Map<string, string>();

function expressionOf(glob: string, delimiters: string[]): string {
  const key = `${delimiters.join('')} ${delimiters.length} ${glob}`;
  const known = expressions.get(key);
  if (known !== undefined) return known;
  const expression = `(?s)${new GlobReader(glob, delimiters).read()}`;
  if (key.length <= LONGEST_REMEMBERED) {
    if (expressions.size >= REMEMBERED) expressions.delete(expressions.keys().next().value!);
    expressions.set(key, expression);
  }
  return expression;
}

class GlobReader {
  readonly #characters: string[];
  readonly #single: string;
  #at = 0;
  #depth = 0;

  constructor(glob: string, delimiters: string[]) {
    this.#characters = [...glob];
    this.#single = delimiters.length === 0 ? '.' : `[^${delimiters.map(quoteInClass).join('')}]`;
  }

  read(): string {
    let expression = '';
    for (; this.#at < this.#characters.length; this.#at++) expression += this.#next(this.#characters[this.#at]!);
    return this.#depth === 0 ? expression : refuse();
  }

  #next(character: string): string {
    switch (character) {
      case '*':
        if (this.#characters[this.#at + 1] !== '*') return `${this.#single}*`;
        this.#at++;
        return '.*';
      case '?':
        return this.#single;
      case '[':
        return this.#range();
      case '{':
        this.#depth++;
        return '(?:';
      case '}':
        if (this.#depth === 0) return quoteMeta(character);
        this.#depth--;
        return ')';
      case ',':
        return this.#depth > 0 ? '|' : ',';
      case '\\':
        return quoteMeta(this.#characters[++this.#at] ?? refuse());
      default:
        return quoteMeta(character);
    }
  }

  // One range, or any of some characters.
  #range(): string {
    const inside = this.#classMembers();
    const not = inside[0]?.text === '!' && !inside[0].quoted ? '^' : '';
    if (not) inside.shift();
    const [low, dash, high] = inside.map(({ text }) => text);
    if (low === undefined) return refuse();
    if (dash !== '-' || inside[1]!.quoted) return `[${not}${inside.map(({ text }) => quoteInClass(text)).join('')}]`;
    return inside.length === 3 && low <= high! ? `[${not}${quoteInClass(low)}-${quoteInClass(high!)}]` : refuse();
  }

  #classMembers(): { text: string; quoted: boolean }[] {
    const members: { text: string; quoted: boolean }[] = [];
    for (this.#at++; this.#characters[this.#at] !== ']'; this.#at++) {
      const quoted = this.#characters[this.#at] === '\\';
      if (quoted) this.#at++;
      members.push({ text: this.#characters[this.#at] ?? refuse(), quoted });
    }
    return members;
  }
}

const quoteInClass = (character: string) => character.replace(/[\\\]^-]/, '\\$&').replace('[', '\\[');
