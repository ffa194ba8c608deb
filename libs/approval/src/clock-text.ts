// Times as a person reads them: in their zone, with the date where the day alone would mislead.

/** "14:03", or "3 Nov 2026, 14:03" when that is another day than `beside`. Without a zone, UTC, and said so. */
export function clockText(at: string, beside: string, zone?: string): string {
  const [day, time] = parts(at, zone);
  const [other] = parts(beside, zone);
  const text = day === other ? time : `${day}, ${time}`;
  return zone === undefined ? `${text} UTC` : text;
}

/** "3 Nov 2026" and "14:03". */
function parts(at: string, timeZone = 'UTC'): [day: string, time: string] {
  const date = new Date(at);
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short', year: 'numeric' });
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return [day.format(date), time.format(date)];
}

/** "2026-11-03 14:03 UTC", of an RFC 3339 time in UTC: for whoever reads it in no known zone. */
export function utcDateTime(at: string): string {
  return `${at.slice(0, 10)} ${utcTime(at)}`;
}

/** "14:03 UTC", of an RFC 3339 time in UTC. */
export function utcTime(at: string): string {
  return `${at.slice(11, 16)} UTC`;
}

/** Whether this is the name of a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
