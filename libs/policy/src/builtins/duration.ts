import { goFloat } from './go-float.js';
import { refuse } from './operands.js';

// Durations as Go writes them, "1h30m", and with the days, weeks and years that OPA adds.

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const LONG_HOURS: Record<string, number> = { d: 24, w: 7 * 24, y: 365 * 24 };
const MOST = 1n << 63n;

export function durationNs(text: string): bigint {
  return goDuration(/[dwy]/.test(text) ? inHours(text) : text);
}

function inHours(text: string): string {
  const match = /^([-+]?)((?:[0-9.]+(?:ms|us|µs|ns|[a-z]))+)$/.exec(text) ?? refuse();
  const segments = match[2]!.matchAll(/([0-9.]+)(ms|us|µs|ns|[a-z])/g);
  const short = [...segments].map(([segment, digits, unit]) => {
    const hours = LONG_HOURS[unit!];
    if (hours === undefined) return segment;
    if (!/^(\d+\.?\d*|\.\d+)$/.test(digits!)) return refuse();
    return `${goFloat(Number(digits) * hours, 'f', -1)}h`;
  });
  return match[1]! + short.join('');
}

function goDuration(text: string): bigint {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0n;
  const part = /(\d*)(?:(\.)(\d*))?([^\d.]+)/y;
  let total = 0n;
  for (let at = 0; at < unsigned.length || unsigned === ''; at = part.lastIndex) {
    part.lastIndex = at;
    const [, whole = '', , fraction = '', name = ''] = part.exec(unsigned) ?? refuse();
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name]! : refuse();
    if (whole === '' && fraction === '') return refuse();
    const value = BigInt(whole || '0');
    if (value > MOST / unit) return refuse();
    total += value * unit + fractionNs(fraction, unit);
    if (total > MOST) return refuse();
  }
  if (text.startsWith('-')) return -total;
  return total === MOST ? refuse() : total;
}

// In doubles, as Go does it.
function fractionNs(digits: string, unit: bigint): bigint {
  let [value, scale] = [0n, 1];
  for (const digit of digits) {
    if (value > (MOST - 1n) / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > MOST) break;
    [value, scale] = [next, scale * 10];
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}
