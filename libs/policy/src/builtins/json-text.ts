import { parseValue } from '../wasm/notation.js';
import { Numeral } from '../wasm/numeral.js';
import { RegoObject, type Value } from '../wasm/value.js';

/** JSON as a value, its numbers as they are written. Undefined for what is no JSON. */
export function parseJson(text: string): Value | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return wellFormed(parseValue(text.trim()));
}

// An escape may write half a character, which Go reads as U+FFFD.
function wellFormed(value: Value): Value {
  if (typeof value === 'string') return value.toWellFormed();
  if (value instanceof Numeral) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!(value instanceof RegoObject)) return value;
  return new RegoObject(value.entries().map(([key, held]) => [wellFormed(key), wellFormed(held)]));
}
