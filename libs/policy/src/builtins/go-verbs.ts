import { bytesOfText } from '../wasm/bytes.js';
import { goFloat } from './go-float.js';
import { goQuote, isPrintable } from './go-quote.js';

// What the verbs of Go's fmt make of one argument. The arguments OPA hands over are strings, 64-bit integers, larger
// integers and doubles.

export type GoArgument = string | bigint | number | { big: bigint };

export interface Flags {
  sharp: boolean;
  zero: boolean;
  plus: boolean;
  minus: boolean;
  space: boolean;
  /** The sharp of %#v. */
  goSyntax: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const LARGEST_RUNE = 0x10ffffn;
const REPLACEMENT = '\ufffd';

export function typeName(argument: GoArgument): string {
  if (typeof argument === 'string') return 'string';
  if (typeof argument === 'bigint') return 'int64';
  return typeof argument === 'number' ? 'float64' : '*big.Int';
}

export function formatArgument(argument: GoArgument, verb: string, flags: Flags): string {
  if (verb === 'T') return padded(truncated(typeName(argument), flags), flags);
  if (typeof argument === 'string') return formatText(argument, verb, flags);
  if (typeof argument === 'bigint') return formatInteger(argument, verb, flags);
  if (typeof argument === 'number') return formatFloat(argument, verb, flags);
  return formatBig(argument.big, verb, flags);
}

function wrongVerb(argument: GoArgument, verb: string, flags: Flags): string {
  return `%!${verb}(${typeName(argument)}=${formatArgument(argument, 'v', flags)})`;
}

function formatText(text: string, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      if (flags.goSyntax) return quoted(text, flags);
      return padded(truncated(text, flags), flags);
    case 's':
      return padded(truncated(text, flags), flags);
    case 'x':
    case 'X':
      return hexBytes(bytesOfText(text), verb, flags);
    case 'q':
      return quoted(text, flags);
    default:
      return wrongVerb(text, verb, flags);
  }
}

function quoted(text: string, flags: Flags): string {
  const short = truncated(text, flags);
  // A text that Go can write between backquotes has none itself, and no control character but the tab.
  const raw = flags.sharp && !/[`\x00-\x08\x0a-\x1f\x7f\ufeff\ud800-\udfff]/u.test(short);
  return padded(raw ? `\`${short}\`` : goQuote(short, { ascii: flags.plus }), flags);
}

function hexBytes(all: Buffer, verb: string, flags: Flags): string {
  const bytes = [...all.subarray(0, flags.precision)];
  if (bytes.length === 0) return padded('', flags);
  const prefix = flags.sharp ? `0${verb}` : '';
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  const cased = verb === 'X' ? digits.map((two) => two.toUpperCase()) : digits;
  return padded(flags.space ? cased.map((two) => prefix + two).join(' ') : prefix + cased.join(''), flags);
}

const BASES: Record<string, number> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function formatInteger(value: bigint, verb: string, flags: Flags): string {
  const base = BASES[verb];
  if (base !== undefined) return integerDigits(value, base, verb, flags);
  const rune = value < 0n || value > LARGEST_RUNE || (value >= 0xd800n && value < 0xe000n) ? undefined : Number(value);
  const character = rune === undefined ? REPLACEMENT : String.fromCodePoint(rune);
  switch (verb) {
    case 'c':
      return padded(character, flags);
    case 'q':
      return padded(goQuote(character, { quote: "'", ascii: flags.plus }), flags);
    case 'U': {
      const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
      const shown = flags.sharp && rune !== undefined && isPrintable(character) ? ` '${character}'` : '';
      return padded(`U+${digits.padStart(Math.max(flags.precision ?? 0, 4), '0')}${shown}`, { ...flags, zero: false });
    }
    default:
      return wrongVerb(value, verb, flags);
  }
}

function integerDigits(value: bigint, base: number, verb: string, flags: Flags): string {
  const plain = { ...flags, zero: false };
  if (flags.precision === 0 && value === 0n) return padded('', plain);
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let least = flags.precision ?? 0;
  if (flags.precision === undefined && flags.zero && !flags.minus) least = (flags.width ?? 0) - sign.length;
  let digits = (value < 0n ? -value : value).toString(base).padStart(least, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.sharp) {
    if (base === 2) digits = `0b${digits}`;
    if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
    if (base === 16) digits = `0${verb}${digits}`;
  }
  return padded(`${sign}${verb === 'O' ? '0o' : ''}${digits}`, plain);
}

const BIG_PREFIX: Record<string, string> = { b: '0b', o: '0', x: '0x', X: '0X' };

// Integers beyond 64 bits write themselves, a little differently.
function formatBig(value: bigint, verb: string, flags: Flags): string {
  const base = verb === 's' ? 10 : BASES[verb];
  if (base === undefined) return `%!${verb}(big.Int=${value})`;
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const prefix = verb === 'O' ? '0o' : flags.sharp || flags.goSyntax ? (BIG_PREFIX[verb] ?? '') : '';
  let digits = (value < 0n ? -value : value).toString(base).padStart(flags.precision ?? 0, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.zero && !flags.minus && flags.precision === undefined)
    digits = digits.padStart((flags.width ?? 0) - sign.length - prefix.length, '0');
  return padded(sign + prefix + digits, { ...flags, zero: false });
}

function formatFloat(value: number, verb: string, flags: Flags): string {
  const [form, usual] = verb === 'v' ? ['g', -1] : verb === 'F' ? ['f', 6] : [verb, 'feE'.includes(verb) ? 6 : -1];
  if (!'bgGxXfeE'.includes(form)) return wrongVerb(value, verb, flags);
  const precision = flags.precision ?? usual;
  let text = goFloat(value, form, precision);
  if (!/^[+-]/.test(text)) text = `+${text}`;
  if (flags.space && text.startsWith('+') && !flags.plus) text = ` ${text.slice(1)}`;
  if (/^.[IN]/.test(text)) {
    const bare = text[1] === 'N' && !flags.space && !flags.plus;
    return padded(bare || (text.startsWith('+') && !flags.plus) ? text.slice(1) : text, { ...flags, zero: false });
  }
  if (flags.sharp && form !== 'b') text = withPoint(text, form, precision);
  if (!flags.plus && text.startsWith('+')) return padded(text.slice(1), flags);
  const missing = (flags.width ?? 0) - text.length;
  if (flags.zero && !flags.minus && missing > 0) return text[0] + '0'.repeat(missing) + text.slice(1);
  return padded(text, flags);
}

// %#g keeps the zeros at the end, and %#f its point.
function withPoint(text: string, form: string, precision: number): string {
  const tail = /[pP].*$/.exec(text)?.[0] ?? ('xX'.includes(form) ? '' : (/[eE].*$/.exec(text)?.[0] ?? ''));
  let head = text.slice(0, text.length - tail.length);
  let wanted = 'gGx'.includes(form) ? (precision === -1 ? 6 : precision) : 0;
  const significant = head.slice(1).replace('.', '').replace(/^0+/, '').length;
  wanted -= significant;
  if (!head.includes('.')) {
    if (/^.0$/.test(head)) wanted--;
    head += '.';
  }
  return head + '0'.repeat(Math.max(wanted, 0)) + tail;
}

function truncated(text: string, { precision }: Flags): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

export function padded(text: string, { width = 0, minus, zero }: Flags): string {
  const missing = width - (width > 0 ? Array.from(text).length : 0);
  if (missing <= 0) return text;
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text;
}
