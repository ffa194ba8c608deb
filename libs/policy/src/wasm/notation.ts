import { Numeral } from './numeral.js';
import { RegoObject, RegoSet, type Value } from './value.js';

// The text in which values cross into the module and out of it: JSON, with {1, 2} and set() for sets and any value as a key.

const LITERAL = /null|true|false|set\(\)|-?\d*\.?\d*(?:[eE][+-]?\d+)?/y;

/** Reads what the module wrote; it is trusted to be well-formed. */
export function parseValue(text: string): Value {
  const first = text.charCodeAt(0);
  if (first === 0x22) return JSON.parse(text) as string;
  return new Reader(text).value();
}

/** Text for the module. A byte that is not UTF-8 cannot be written in it, and becomes U+FFFD as in OPA's own output. */
export function writeValue(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeValue).join()}]`;
  if (value instanceof RegoSet) return value.size === 0 ? 'set()' : `{${value.members().map(writeValue).join()}}`;
  if (value instanceof RegoObject) {
    const entries = value.entries().map(([key, held]) => `${writeValue(key)}:${writeValue(held)}`);
    return `{${entries.join()}}`;
  }
  return String(value);
}

class Reader {
  #at = 0;
  constructor(readonly text: string) {}

  value(): Value {
    const next = this.#peek();
    if (next === '[') return this.#items(']', () => this.value());
    if (next === '"') return this.#string();
    if (next === '{') return this.#braces();
    const literal = this.#match(LITERAL);
    if (literal === 'null') return null;
    if (literal === 'true' || literal === 'false') return literal === 'true';
    return literal === 'set()' ? new RegoSet([]) : new Numeral(literal);
  }

  #braces(): Value {
    let keyed = true;
    const items = this.#items('}', (): [Value, Value] => {
      const key = this.value();
      keyed = this.#peek() === ':';
      if (keyed) this.#at++;
      return [key, keyed ? this.value() : null];
    });
    return keyed ? new RegoObject(items) : new RegoSet(items.map(([member]) => member));
  }

  #items<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#at++;
    while (this.#peek() !== close) {
      items.push(item());
      if (this.#peek() === ',') this.#at++;
    }
    this.#at++;
    return items;
  }

  // By hand: a regular expression would keep a step of a long string on its stack.
  #string(): string {
    const start = this.#at;
    let end = this.text.indexOf('"', start + 1);
    while (end > 0 && this.#escaped(end, start)) end = this.text.indexOf('"', end + 1);
    if (end < 0) throw new Error('a value ends within a string');
    this.#at = end + 1;
    return JSON.parse(this.text.slice(start, end + 1)) as string;
  }

  #escaped(at: number, start: number): boolean {
    let before = at - 1;
    while (before > start && this.text.charCodeAt(before) === 0x5c) before--;
    return (at - before) % 2 === 0;
  }

  #peek(): string {
    while (' \t\r\n'.includes(this.text[this.#at] ?? '.')) this.#at++;
    const next = this.text[this.#at];
    if (next === undefined) throw new Error('a value ends early');
    return next;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (!found) throw new Error(`there is no value at ${this.#at}`);
    this.#at += found.length;
    return found;
  }
}
