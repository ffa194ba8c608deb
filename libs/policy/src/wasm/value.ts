import { compareNumerals, Numeral, numeralKey } from './numeral.js';

// Values of Rego outside the WASM module. They are not those of JSON: there are sets, any value may be an object's key, and
// numbers are exact.

export type Value = null | boolean | string | Numeral | Value[] | RegoSet | RegoObject;

/** A set: no two members are equal. */
export class RegoSet {
  readonly #members: readonly Value[];
  #keys: Set<string> | undefined;

  constructor(members: readonly Value[]) {
    this.#members = members.length < 2 ? members : [...new Map(members.map((one) => [keyOf(one), one])).values()];
  }

  has(value: Value): boolean {
    this.#keys ??= new Set(this.#members.map(keyOf));
    return this.#keys.has(keyOf(value));
  }

  get size(): number {
    return this.#members.length;
  }

  /** In order. */
  members(): Value[] {
    return this.#members.toSorted(compareValues);
  }
}

/** An object; of two entries with equal keys the later one counts. */
export class RegoObject {
  readonly #entries: readonly [Value, Value][];
  #held: Map<string, Value> | undefined;

  constructor(entries: readonly [Value, Value][]) {
    this.#entries = entries.length < 2 ? entries : [...new Map(entries.map((one) => [keyOf(one[0]), one])).values()];
  }

  get(key: Value): Value | undefined {
    this.#held ??= new Map(this.#entries.map(([name, value]) => [keyOf(name), value]));
    return this.#held.get(keyOf(key));
  }

  get size(): number {
    return this.#entries.length;
  }

  /** In the order of their keys. */
  entries(): [Value, Value][] {
    return this.#entries.toSorted(([a], [b]) => compareValues(a, b));
  }
}

/** A text that is the same for equal values and for no others. */
export function keyOf(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Numeral) return numeralKey(value);
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (value instanceof RegoSet) return `{${value.members().map(keyOf).join()}}`;
  if (value instanceof RegoObject)
    return `{${value
      .entries()
      .map(([key, held]) => `${keyOf(key)}:${keyOf(held)}`)
      .join()}:}`;
  return String(value);
}

export const isEqual = (left: Value, right: Value): boolean => keyOf(left) === keyOf(right);

/** The order of Rego: by kind, then by value. */
export function compareValues(left: Value, right: Value): number {
  const byKind = rank(left) - rank(right);
  if (byKind !== 0) return byKind;
  if (typeof left === 'boolean') return Number(left) - Number(right);
  if (left instanceof Numeral) return compareNumerals(left, right as Numeral);
  if (typeof left === 'string') return compareTexts(left, right as string);
  if (Array.isArray(left)) return compareLists(left, right as Value[]);
  if (left instanceof RegoSet) return compareLists(left.members(), (right as RegoSet).members());
  if (left instanceof RegoObject) return compareLists(left.entries().flat(), (right as RegoObject).entries().flat());
  return 0;
}

/** The order of UTF-8 bytes, which for characters beyond the first 65,536 is not that of JavaScript. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  let at = 0;
  while (at < left.length && at < right.length && left.charCodeAt(at) === right.charCodeAt(at)) at++;
  const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? -1 : 1;
  const surrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
  if (surrogate(a) !== surrogate(b)) return surrogate(a) ? 1 : -1;
  return a - b;
}

function compareLists(left: Value[], right: Value[]): number {
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareValues(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function rank(value: Value): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return 1;
  if (value instanceof Numeral) return 2;
  if (typeof value === 'string') return 3;
  if (Array.isArray(value)) return 4;
  return value instanceof RegoObject ? 5 : 6;
}
