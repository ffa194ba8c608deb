import { parseDuration, SPAN } from './duration.js';
import { UsageError } from './exit.js';

/** Milliseconds since 1970 of a time, of a date, or of a span that begins or ends with another time. */
export function parseTime(text: string, option: string, span: { after: Date } | { before: Date }): number {
  const at = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return at;
  if (!SPAN.test(text)) {
    const meant = 'after' in span ? '24h for a day later' : '24h for a day ago';
    throw new UsageError(`${option} is "${text}": write 2026-01-15T10:00Z, 2026-01-15, or ${meant}`);
  }
  const ms = parseDuration(text, option);
  return 'after' in span ? span.after.getTime() + ms : span.before.getTime() - ms;
}

/** "14:20" today, "22 Nov 14:20" otherwise, in the reader's own zone. */
export function clock(at: Date, now: Date): string {
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}
