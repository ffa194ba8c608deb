import { bytesOfText, textOfBytes } from '../wasm/bytes.js';
import type { Builtins } from '../wasm/host.js';
import { Numeral, toBigInt, truncated } from '../wasm/numeral.js';
import { RegoObject, type Value } from '../wasm/value.js';
import { contains, parseCidr } from './cidr.js';
import { decodeBase64Url } from './encoding.js';
import { goJson } from './go-json.js';
import { parseJson } from './json-text.js';
import { containsText } from './net.js';
import { listOf, numeralOf, objectOf, refuse, textOf, textsOf } from './operands.js';

/** What stands in the place of the module's own: see grafts.ts. */
export const NATIVE_REPLACEMENTS: Builtins = {
  'base64.decode': (text) => textOfBytes(decodeBase64(textOf(text)) ?? refuse()),
  'base64.is_valid': (text) => typeof text === 'string' && decodeBase64(text) !== undefined,
  'base64url.decode': (text) => textOfBytes(decodeBase64Url(textOf(text))),
  concat: (separator, texts) => textsOf(texts).join(textOf(separator)),
  format_int: (number, base) => inBase(numeralOf(number), numeralOf(base).text),
  indexof: (text, part) => indexOf(textOf(text), textOf(part)),
  'json.is_valid': (text) => typeof text === 'string' && parseJson(text) !== undefined,
  'json.marshal': (value) => goJson(value!),
  'json.unmarshal': (text) => {
    const value = parseJson(textOf(text));
    return value === undefined ? refuse() : value;
  },
  'net.cidr_contains': (cidr, other) => containsText(textOf(cidr), textOf(other)),
  'net.cidr_overlap': (cidr, other) => containsText(textOf(cidr), textOf(other)),
  'net.cidr_intersects': (one, other) => intersects(textOf(one), textOf(other)),
  'object.union_n': (objects) => listOf(objects).map(objectOf).reduce(merged, new RegoObject([])),
  replace: (text, part, by) => replaceAll(textOf(text), textOf(part), textOf(by)),
  to_number: (value) => toNumber(value!),
};

function decodeBase64(text: string): Buffer | undefined {
  const dense = text.replace(/[\r\n]/g, '');
  const valid = dense.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(dense);
  return valid ? Buffer.from(dense, 'base64') : undefined;
}

function inBase(number: Numeral, base: string): string {
  return ['2', '8', '10', '16'].includes(base)
    ? (toBigInt(number) ?? truncated(number)).toString(Number(base))
    : refuse();
}

function indexOf(text: string, part: string): number {
  if (part === '') return refuse();
  const at = text.indexOf(part);
  // In characters, of which some take two units.
  return at < 0 ? at : [...text.slice(0, at)].length;
}

// As OPA has it: one holds the first address of the other.
function intersects(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one) ?? refuse(), parseCidr(other) ?? refuse()];
  return contains(a, b.value) || contains(b, a.value);
}

// Objects within are merged too; of other values the later one counts.
function merged(left: RegoObject, right: RegoObject): RegoObject {
  const later = right.entries().map(([key, value]): [Value, Value] => {
    const before = left.get(key);
    return [key, before instanceof RegoObject && value instanceof RegoObject ? merged(before, value) : value];
  });
  return new RegoObject([...left.entries(), ...later]);
}

// Nothing is found between any two bytes, not characters, as in OPA.
function replaceAll(text: string, part: string, by: string): string {
  if (part !== '') return text.replaceAll(part, () => by);
  const pieces = Array.from(bytesOfText(text), (byte) => Buffer.of(byte));
  const between = bytesOfText(by);
  return textOfBytes(Buffer.concat([between, ...pieces.flatMap((piece) => [piece, between])]));
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function toNumber(value: Value): Numeral {
  if (value instanceof Numeral) return value;
  if (value === null || typeof value === 'boolean') return new Numeral(value === true ? '1' : '0');
  const match = /^([+-]?)(\d*)(\.\d*)?([eE][+-]?\d+)?$/.exec(textOf(value)) ?? refuse();
  const [, sign, whole = '', fraction = '', power = ''] = match;
  if (whole === '' && fraction.length < 2) return refuse();
  const plain = `${sign === '-' ? '-' : ''}${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction.length > 1 ? fraction : ''}${power}`;
  const text = JSON_NUMBER.test(value as string) ? (value as string) : plain;
  return Number.isFinite(Number(text)) ? new Numeral(text) : refuse();
}
