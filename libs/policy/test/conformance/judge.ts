import { parseValue } from '../../src/wasm/notation.js';
import { compareValues, isEqual, RegoObject, RegoSet, type Value } from '../../src/wasm/value.js';
import type { Ask } from './compile.js';
import { jsonText, type Case } from './load.js';

/** What is wrong with the answer, or undefined. */
export function difference(one: Case, ask: Ask): string | undefined {
  let output: string;
  try {
    output = ask();
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    return one.expected === 'error' && !one.strictError ? undefined : `was to give ${shown(one)}, and threw: ${said}`;
  }
  const [first] = parseValue(output) as Value[];
  const value = first === undefined ? undefined : (first as RegoObject).get('result');
  if (one.expected === 'error') {
    if (one.strictError && value === undefined) return undefined;
    return `was to give an error, and gave ${output}`;
  }
  if (one.expected === 'undefined') return value === undefined ? undefined : `was to be undefined, and gave ${output}`;
  if (value === undefined) return `was to give ${shown(one)}, and was undefined`;
  const expected = parseValue(jsonText(one.expected.value));
  return isSame(expected, value, one.sorted) ? undefined : `was to give ${shown(one)}, and gave ${output}`;
}

const shown = ({ expected }: Case) => (typeof expected === 'string' ? expected : jsonText(expected.value));

// A set comes out as an array, of the compiled module in no order. What is expected in order, each member once, may be one.
function isSame(expected: Value, value: Value, sorted: boolean): boolean {
  if (Array.isArray(expected) && Array.isArray(value)) {
    if (expected.length !== value.length) return false;
    if (expected.every((one, i) => isSame(one, value[i]!, sorted))) return true;
    const maybeSet = sorted || expected.every((one, i) => i === 0 || compareValues(expected[i - 1]!, one) < 0);
    return maybeSet && isEqual(asSets(expected), asSets(value));
  }
  if (expected instanceof RegoObject && value instanceof RegoObject) {
    if (expected.size !== value.size) return false;
    return expected.entries().every(([key, held]) => {
      const found = value.get(key);
      return found !== undefined && isSame(held, found, sorted);
    });
  }
  return isEqual(expected, value);
}

function asSets(value: Value): Value {
  if (Array.isArray(value)) return new RegoSet(value.map(asSets));
  if (value instanceof RegoObject) return new RegoObject(value.entries().map(([key, held]) => [key, asSets(held)]));
  return value;
}
