// The builtins of Rego that read and split a time they are given. There is no host clock: `time.now_ns` is not among them, and
// policies read `input.time` instead. Nanoseconds since 1970 pass through a double here, exact to a microsecond.

type Builtin = (...operands: unknown[]) => unknown;

const MS = 1e6;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const DURATION = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/y;
const DURATION_NS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

export const CLOCK_BUILTINS: Record<string, Builtin> = {
  'time.parse_rfc3339_ns': (text) => {
    if (typeof text !== 'string' || !RFC3339.test(text)) return undefined;
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms * MS;
  },
  'time.parse_duration_ns': (text) => (typeof text === 'string' ? durationNs(text) : undefined),
  'time.date': (given) => fields(given)?.slice(0, 3),
  'time.clock': (given) => fields(given)?.slice(3, 6),
  'time.weekday': (given) => {
    const read = parts(given);
    return read && new Intl.DateTimeFormat('en-US', { weekday: 'long', timeZone: read.zone }).format(read.at);
  },
  'time.add_date': (given, years, months, days) => {
    const read = parts(given);
    if (!read || ![years, months, days].every(Number.isInteger)) return undefined;
    const moved = new Date(read.at);
    moved.setUTCFullYear(
      moved.getUTCFullYear() + (years as number),
      moved.getUTCMonth() + (months as number),
      moved.getUTCDate() + (days as number),
    );
    return moved.getTime() * MS;
  },
};

// The operand is nanoseconds, or nanoseconds and a time zone.
function parts(given: unknown): { at: Date; zone: string } | undefined {
  const [ns, zone] = Array.isArray(given) ? (given as unknown[]) : [given, 'UTC'];
  if (typeof ns !== 'number' || typeof zone !== 'string') return undefined;
  const at = new Date(Math.floor(ns / MS));
  return Number.isNaN(at.getTime()) ? undefined : { at, zone: zone === '' ? 'UTC' : zone };
}

function fields(given: unknown): number[] | undefined {
  const read = parts(given);
  if (!read) return undefined;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: read.zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const byType = new Map(format.formatToParts(read.at).map(({ type, value }) => [type, Number(value)]));
  return (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map((type) => byType.get(type) ?? 0);
}

function durationNs(text: string): number | undefined {
  const unsigned = text.replace(/^[+-]/, '');
  let total = 0;
  let at = 0;
  DURATION.lastIndex = 0;
  for (let match = DURATION.exec(unsigned); match; match = DURATION.exec(unsigned)) {
    total += Number(match[1]) * (DURATION_NS[match[2] ?? ''] ?? 0);
    at = DURATION.lastIndex;
  }
  if (unsigned === '0') return 0;
  if (at === 0 || at !== unsigned.length) return undefined;
  return text.startsWith('-') ? -total : total;
}
