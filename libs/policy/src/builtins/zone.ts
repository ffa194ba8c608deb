import { refuse } from './operands.js';

// Time zones, from the tables that Node carries. OPA's come with Go: of the same IANA data, though perhaps of another year.

/** Seconds east of UTC at a moment given in seconds since 1970. */
export type Zone = (unixSeconds: number) => number;

export const UTC: Zone = () => 0;

const zones = new Map<string, Zone | null>();
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const REMEMBERED = 1_000;

/** By its IANA name. "Local" is refused: what a policy says must not depend on where it runs. */
export function zoneOf(name: string): Zone {
  if (name === '' || name === 'UTC') return UTC;
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = NAME.test(name) ? load(name) : null;
    if (zones.size < REMEMBERED) zones.set(name, zone);
  }
  return zone ?? refuse();
}

function load(timeZone: string): Zone | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return null;
  }
  // Names are case-sensitive to OPA and not to Node, which tells by how it would write this one.
  const canonical = format.resolvedOptions().timeZone;
  if (canonical !== timeZone && canonical.toLowerCase() === timeZone.toLowerCase()) return null;
  return (unixSeconds) => {
    const part = new Map(format.formatToParts(unixSeconds * 1000).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 0, day = 0] = (['year', 'month', 'day'] as const).map((type) => part.get(type));
    const [hour = 0, minute = 0, second = 0] = (['hour', 'minute', 'second'] as const).map((type) => part.get(type));
    const local = new Date(0);
    local.setUTCFullYear(year, month - 1, day);
    local.setUTCHours(hour, minute, second);
    return local.getTime() / 1000 - unixSeconds;
  };
}
