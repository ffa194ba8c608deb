// A number of Rego is the text it was written with: 1, 1.0 and 1e0 are equal, and each keeps its spelling. Doubles would lose
// what an id or a sum of money has beyond 2^53.

/** The text of a JSON number. */
export class Numeral {
  constructor(readonly text: string) {}
}

/** A number as an integer without trailing zeros, times a power of ten. */
interface Scaled {
  digits: bigint;
  exponent: number;
}

// Ten to a power beyond this would take more time and memory than any policy is worth.
const MOST_EXPONENT = 5_000;
const INT64_MAX = (1n << 63n) - 1n;
const PLAIN = /^-?\d{1,15}$/;

/** Its exact value when it is an integer in the form that Rego's integer operands take: digits, perhaps followed by .0. */
export function toInt64(numeral: Numeral): bigint | undefined {
  const match = /^(-?)(\d*)(?:\.0*)?$/.exec(numeral.text);
  if (!match || numeral.text.length - match[1]!.length > 19) return undefined;
  const value = BigInt(`${match[1]}${match[2] || '0'}`);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : value;
}

/** Its exact value when it is an integer, however it is written. */
export function toBigInt(numeral: Numeral): bigint | undefined {
  if (PLAIN.test(numeral.text)) return BigInt(numeral.text);
  const { digits, exponent } = scaled(numeral);
  return exponent < 0 ? undefined : digits * 10n ** BigInt(exponent);
}

/** Its value without what is behind the point. */
export function truncated(numeral: Numeral): bigint {
  const { digits, exponent } = scaled(numeral);
  return exponent < 0 ? digits / 10n ** BigInt(-exponent) : digits * 10n ** BigInt(exponent);
}

/** A text that is the same for equal numbers and for no others. */
export function numeralKey(numeral: Numeral): string {
  if (PLAIN.test(numeral.text) && numeral.text !== '-0') return numeral.text;
  const { digits, exponent } = scaled(numeral);
  if (exponent >= 0 && exponent < 16) return String(digits * 10n ** BigInt(exponent));
  return `${digits}e${exponent}`;
}

export function compareNumerals(left: Numeral, right: Numeral): number {
  if (PLAIN.test(left.text) && PLAIN.test(right.text)) return Math.sign(Number(left.text) - Number(right.text));
  const [a, b] = [scaled(left), scaled(right)];
  const least = Math.min(a.exponent, b.exponent);
  const [x, y] = [a, b].map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - least)) as [bigint, bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}

function scaled({ text }: Numeral): Scaled {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) throw new Error(`"${text.slice(0, 40)}" is no number`);
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const kept = `${whole}${fraction}`.replace(/0+$/, '');
  if (kept === '' || /^0*$/.test(kept)) return { digits: 0n, exponent: 0 };
  const exponent = Number(power) - fraction.length + (whole.length + fraction.length - kept.length);
  if (Math.abs(exponent) > MOST_EXPONENT) throw new Error('a number is too large or too small to compute with');
  return { digits: BigInt(`${sign}${kept}`), exponent };
}
