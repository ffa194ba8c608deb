import type { Builtins } from '../wasm/host.js';
import { Numeral } from '../wasm/numeral.js';
import { bigIntOf, refuse, textOf } from './operands.js';

export const NUMBER_BUILTINS: Builtins = {
  'numbers.range_step': (from, to, step) => range(bigIntOf(from), bigIntOf(to), bigIntOf(step)),
  'units.parse': (text) => parseUnits(textOf(text).replaceAll('"', '')),
  'units.parse_bytes': (text) => parseBytes(textOf(text).toLowerCase().replaceAll('"', '')),
};

/** Numbers in one list. More would take longer than anybody waits for a decision. */
const MOST_NUMBERS = 1_000_000n;

function range(from: bigint, to: bigint, step: bigint): Numeral[] {
  if (step <= 0n) return refuse();
  const distance = to > from ? to - from : from - to;
  if (distance / step >= MOST_NUMBERS)
    throw new Error(`numbers.range_step would make more than ${MOST_NUMBERS} numbers`);
  const numbers: Numeral[] = [];
  for (let i = 0n; i <= distance; i += step) numbers.push(new Numeral(String(to > from ? from + i : from - i)));
  return numbers;
}

/** An exact fraction. */
interface Ratio {
  over: bigint;
  under: bigint;
}

const POWERS = ['k', 'm', 'g', 't', 'p', 'e'];
// Go takes the double nearest to a thousandth, which is a little more than one.
const MILLI: Ratio = { over: 1152921504606847n, under: 1n << 60n };

function parseUnits(text: string): Numeral {
  const [number, unit] = split(text);
  const short = unit.slice(0, 1) + unit.slice(1).toLowerCase();
  const factor: Ratio = short === 'm' ? MILLI : { over: unitFactor(short, 'i', 'k'), under: 1n };
  const over = number.over * factor.over;
  const under = number.under * factor.under;
  if (over % under === 0n) return new Numeral(String(over / under));
  // To ten places, halves away from zero.
  const scaled = (absolute(over) * 10n ** 10n * 2n + under) / (under * 2n);
  const digits = String(scaled).padStart(11, '0');
  return new Numeral(`${over < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`);
}

function parseBytes(text: string): bigint {
  const [number, unit] = split(text);
  const binary = /^[kmgtpe]ib?$/.test(unit);
  const letter = binary ? unit.slice(0, 2) : unit.replace(/^([kmgtpe])b$/, '$1');
  const product = nearest64(nearest64(number), unitFactor(letter, 'i'));
  return product.over / product.under;
}

// "k" is a thousand and "ki" 1,024; of the capitals units.parse takes K, M, G, … too.
function unitFactor(unit: string, binary: string, also = ''): bigint {
  if (unit === '') return 1n;
  const power = POWERS.indexOf(unit[0]!.toLowerCase()) + 1;
  const tail = unit.slice(1);
  const capital = unit[0] !== unit[0]!.toLowerCase();
  if (power === 0 || (tail !== '' && tail !== binary) || (capital && also === '')) return refuse();
  return tail === binary ? 1n << BigInt(10 * power) : 1000n ** BigInt(power);
}

const AMOUNT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

// "1.5e3Ki": up to the first character that is no part of a number.
function split(text: string): [Ratio, string] {
  if (text.includes(' ')) return refuse();
  let at = 0;
  while (at < text.length && /[\d.eE+-]/.test(text[at]!)) {
    if (/[eE]/.test(text[at]!)) {
      if (!/[\d+-]/.test(text[at + 1] ?? '')) break;
      if (/^[eE][+-]?\d{7}/.test(text.slice(at))) return refuse();
      if (/[+-]/.test(text[at + 1]!)) at++;
    }
    at++;
  }
  const amount = text.slice(0, at);
  if (!AMOUNT.test(amount)) return refuse();
  const [mantissa = '', exponent = '0'] = amount.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > 5_000) throw new Error('an amount with its unit is too large or too small to compute with');
  const digits = BigInt(`${whole}${fraction}`.replace(/^[+]/, '').replace(/^-$/, '0') || '0');
  return [
    power < 0 ? { over: digits, under: 10n ** BigInt(-power) } : { over: digits * 10n ** BigInt(power), under: 1n },
    text.slice(at),
  ];
}

// Go's big.Float has 64 bits: the product is rounded to them, halves to even.
function nearest64({ over, under }: Ratio, times = 1n): Ratio {
  const top = absolute(over) * times;
  if (top === 0n) return { over: 0n, under: 1n };
  const shift = bits(top) - bits(under) - 64;
  const [a, b] = shift > 0 ? [top, under << BigInt(shift)] : [top << BigInt(-shift), under];
  let quotient = a / b;
  let rest = a % b;
  let scale = shift;
  if (bits(quotient) > 64) {
    rest += (quotient & 1n) * b;
    quotient >>= 1n;
    scale++;
    if (rest * 2n > b * 2n || (rest === b && (quotient & 1n) === 1n)) quotient++;
  } else if (rest * 2n > b || (rest * 2n === b && (quotient & 1n) === 1n)) quotient++;
  const signed = over < 0n ? -quotient : quotient;
  return scale >= 0 ? { over: signed << BigInt(scale), under: 1n } : { over: signed, under: 1n << BigInt(-scale) };
}

const absolute = (value: bigint) => (value < 0n ? -value : value);
const bits = (value: bigint) => value.toString(2).length;
