// Instants and what a clock on a wall in some place shows then. Intl is read here and nowhere else in the rules, and only as a
// function of a zone and an instant: the same two give the same answer, whatever the time is now and wherever this runs.

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const DAY = 1_440 * MINUTE;

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a zone are ahead of UTC at an instant, in milliseconds. Throws a RangeError for no zone. */
export function offsetAt(zone: string, at: number): number {
  let format = formats.get(zone);
  if (!format) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
    const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      era: 'short',
      ...numeric,
      ...time,
    });
    formats.set(zone, format);
  }
  const whole = Math.floor(at / SECOND) * SECOND;
  const parts = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - whole;
}

/** What the clock shows, as the instant at which one in UTC shows the same. */
export function wallAt(zone: string, at: number): number {
  return at + offsetAt(zone, at);
}

/** The instant at which the clocks of a zone are changed between two instants, or undefined when they are not. */
export function changeBetween(zone: string, from: number, to: number): number | undefined {
  const before = offsetAt(zone, from);
  if (offsetAt(zone, to) === before) return undefined;
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * When the clock shows that: once, twice when clocks go back over it, and when they skip it, the instant at which they do.
 * Clocks are never changed twice within two days.
 */
export function instantsOf(zone: string, wall: number): number[] {
  const offsets = [...new Set([offsetAt(zone, wall - DAY), offsetAt(zone, wall + DAY)])];
  const shown = offsets.map((offset) => wall - offset).filter((at) => wallAt(zone, at) === wall);
  if (shown.length > 0) return shown.sort((one, other) => one - other);
  return [changeBetween(zone, wall - DAY, wall + DAY)!];
}
