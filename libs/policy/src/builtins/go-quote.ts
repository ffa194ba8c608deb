import { Numeral } from '../wasm/numeral.js';
import { RegoObject, RegoSet, type Value } from '../wasm/value.js';

// Text as Go writes it in quotes, and values as OPA writes them into text.

const NAMED: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export const isPrintable = (character: string): boolean => PRINTABLE.test(character);

/** `strconv.Quote`, of Go. */
export function goQuote(text: string, { quote = '"', ascii = false } = {}): string {
  return `${quote}${Array.from(text, (character) => escape(character, quote, ascii)).join('')}${quote}`;
}

function escape(character: string, quote: string, ascii: boolean): string {
  if (character === quote) return `\\${quote}`;
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0)!;
  // A byte that is not UTF-8: see wasm/bytes.ts.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  if (isPrintable(character) && (!ascii || code < 0x80)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0');

/** A value in Rego's own notation, as `%v` shows it. */
export function regoText(value: Value): string {
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) return `[${value.map(regoText).join(', ')}]`;
  if (value instanceof RegoSet) return value.size === 0 ? 'set()' : `{${value.members().map(regoText).join(', ')}}`;
  if (value instanceof RegoObject) {
    const entries = value.entries().map(([key, held]) => `${regoText(key)}: ${regoText(held)}`);
    return `{${entries.join(', ')}}`;
  }
  return String(value);
}
