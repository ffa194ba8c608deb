// Doubles as Go writes them (`strconv.FormatFloat`). JavaScript rounds halves up where Go rounds them to even, and writes
// large ones otherwise, so the digits are made here.

/** The decimal digits of a number, without its sign: 0.d1d2d3… times ten to the power of `point`. */
interface Decimal {
  digits: string;
  point: number;
}

/** `precision` -1 is as many digits as identify the number. The verbs are those of Go: b e E f g G x X. */
export function goFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign === '' ? '+' : '-'}Inf`;
  return sign + unsigned(Math.abs(value), verb, precision);
}

function unsigned(value: number, verb: string, precision: number): string {
  switch (verb) {
    case 'b': {
      const { mantissa, exponent } = parts(value);
      return `${mantissa}p${signed(exponent, 0)}`;
    }
    case 'x':
    case 'X':
      return hexadecimal(value, precision, verb === 'X');
    case 'e':
    case 'E': {
      const decimal = precision < 0 ? shortest(value) : rounded(exact(value), precision + 1);
      return exponential(decimal, precision < 0 ? decimal.digits.length - 1 : precision, verb);
    }
    case 'f': {
      const decimal = precision < 0 ? shortest(value) : exact(value);
      const places = precision < 0 ? Math.max(decimal.digits.length - decimal.point, 0) : precision;
      return fixed(rounded(decimal, decimal.point + places), places);
    }
    default:
      return general(value, precision, verb === 'G' ? 'E' : 'e');
  }
}

function general(value: number, precision: number, verb: string): string {
  const decimal = precision < 0 ? shortest(value) : rounded(exact(value), precision || 1);
  const { digits, point } = decimal;
  let wanted = precision < 0 ? digits.length : precision || 1;
  const threshold = precision < 0 ? 6 : wanted > digits.length && digits.length >= point ? digits.length : wanted;
  if (point - 1 < -4 || point - 1 >= threshold) {
    wanted = Math.min(wanted, digits.length);
    return exponential(decimal, wanted - 1, verb);
  }
  return fixed(decimal, Math.max(digits.length - point, 0));
}

function exponential({ digits, point }: Decimal, places: number, verb: string): string {
  const fraction = places > 0 ? `.${digits.slice(1, places + 1).padEnd(places, '0')}` : '';
  const exponent = digits === '' || /^0*$/.test(digits) ? 0 : point - 1;
  return `${digits[0] ?? '0'}${fraction}${verb}${signed(exponent, 2)}`;
}

function fixed({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (places === 0) return whole;
  const fraction = point < 0 ? '0'.repeat(Math.min(-point, places)) + digits : digits.slice(Math.max(point, 0));
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`;
}

function signed(exponent: number, width: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(width, '0')}`;
}

function shortest(value: number): Decimal {
  if (value === 0) return { digits: '0', point: 1 };
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

function exact(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) {
    const digits = String(mantissa << BigInt(exponent));
    return { digits, point: digits.length };
  }
  // m / 2^n is m · 5^n / 10^n.
  const digits = String(mantissa * 5n ** BigInt(-exponent));
  return { digits: digits.replace(/0+$/, ''), point: digits.length + exponent };
}

// To so many digits; a half goes to the even neighbour.
function rounded({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: '', point };
  const rest = digits.slice(count);
  const even = count === 0 || Number(digits[count - 1]) % 2 === 0;
  const up = rest[0]! > '5' || (rest[0] === '5' && (/[1-9]/.test(rest.slice(1)) || !even));
  const kept = digits.slice(0, count);
  if (!up) return { digits: kept, point };
  const next = String(BigInt(kept || '0') + 1n).padStart(count, '0');
  return { digits: next, point: point + next.length - count };
}

/** The number as an integer times a power of two. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const power = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & ((1n << 52n) - 1n);
  return power === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: power - 1075 };
}

function hexadecimal(value: number, precision: number, upper: boolean): string {
  let { mantissa, exponent } = parts(value);
  if (mantissa !== 0n) {
    for (; mantissa < 1n << 52n; mantissa <<= 1n) exponent--;
    exponent += 52;
  } else exponent = 0;
  if (precision >= 0 && precision < 13) {
    const dropped = BigInt(52 - precision * 4);
    const half = 1n << (dropped - 1n);
    const rest = mantissa & ((1n << dropped) - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= dropped;
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const fraction = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0');
  const places = precision < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, precision).padEnd(precision, '0');
  const text = `0x${mantissa >> 52n}${places === '' ? '' : `.${places}`}p${signed(exponent, 2)}`;
  return upper ? text.toUpperCase() : text;
}
