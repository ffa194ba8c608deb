import { textOfBytes } from '../wasm/bytes.js';
import { Numeral } from '../wasm/numeral.js';
import { goFloat } from './go-float.js';
import { refuse } from './operands.js';

// What a word of YAML stands for, by the rules of the parser that OPA uses: those of YAML 1.2, and the octals of 1.1.

export type YamlScalar = null | boolean | string | Numeral;

const WORDS = new Map<string, null | boolean>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const INFINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;
const LARGEST = (1n << 64n) - 1n;
const SMALLEST = -(1n << 63n);

/** A word without quotes and without a tag. */
export function resolvePlain(word: string): YamlScalar {
  const known = WORDS.get(word);
  if (known !== undefined) return known;
  // JSON has no infinity.
  if (INFINITE.test(word)) return refuse();
  return numberOf(word) ?? word;
}

/** A word whose tag says what it is: `!!int "5"`. Other tags say nothing. */
export function resolveTagged(tag: string, word: string): YamlScalar {
  const value = resolvePlain(word);
  switch (tag) {
    case 'tag:yaml.org,2002:int':
      return value instanceof Numeral && /^-?\d+$/.test(value.text) && INTEGER.test(word) ? value : refuse();
    case 'tag:yaml.org,2002:float':
      return value instanceof Numeral ? new Numeral(jsonFloat(Number(value.text))) : refuse();
    case 'tag:yaml.org,2002:bool':
      return typeof value === 'boolean' ? value : refuse();
    case 'tag:yaml.org,2002:null':
      return value === null ? value : refuse();
    case 'tag:yaml.org,2002:binary':
      return fromBase64(word);
    default:
      return word;
  }
}

function numberOf(word: string): Numeral | undefined {
  if (!/^[-+.0-9]/.test(word)) return undefined;
  const plain = word.startsWith('.') ? word : word.replaceAll('_', '');
  const match = INTEGER.exec(plain);
  const value = match && integerOf(match);
  if (value !== null && value !== undefined && value <= LARGEST && value >= SMALLEST) return new Numeral(String(value));
  if (!FLOAT.test(plain)) return undefined;
  const double = Number(plain);
  return Number.isFinite(double) ? new Numeral(jsonFloat(double)) : undefined;
}

function integerOf([, sign, hex, binary, octal, decimal]: RegExpExecArray): bigint {
  const digits = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : decimal!;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

// As Go writes a double into JSON.
function jsonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return goFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1');
  return goFloat(value, 'f', -1);
}

function fromBase64(word: string): string {
  const dense = word.replace(/[\r\n]/g, '');
  const valid = dense.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(dense);
  return valid ? textOfBytes(Buffer.from(dense, 'base64')).toWellFormed() : refuse();
}
