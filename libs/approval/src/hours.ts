import { changeBetween, DAY, instantsOf, MINUTE, wallAt } from './wall-clock.js';

// Hours of a week in some place, and which instants are within them. An instant is if the clock on the wall there shows a
// time that is: an hour that comes twice counts twice, one that is skipped never comes.

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Day = (typeof DAYS)[number];

/** From and to are minutes after midnight. When `to` is not later it is on the next day: the hours belong to the day they begin. */
export interface DailyHours {
  days: readonly Day[];
  from: number;
  to: number;
}

export interface Hours {
  /** A name of the IANA time zone database. */
  zone: string;
  hours: readonly DailyHours[];
  /** Days on which no hours begin, as YYYY-MM-DD. */
  holidays: readonly string[];
}

/** When a group is at work, and when it is to be left in peace. */
export interface Calendar {
  work?: Hours;
  /** Absent: whenever it is not at work. */
  quiet?: Hours;
}

/** By group. Who is not in it is always at work and may always be disturbed. */
export type Calendars = { readonly [group: string]: Calendar };

export interface Period {
  from: number;
  to: number;
}

/** Whether an instant, in milliseconds since the epoch, is within these hours. */
export function isWithin({ zone, hours, holidays }: Hours, at: number): boolean {
  const wall = wallAt(zone, at);
  const day = Math.floor(wall / DAY);
  const minute = (wall - day * DAY) / MINUTE;
  return hours.some(({ days, from, to }) => {
    const begins = (which: number) => days.includes(dayOf(which)) && !holidays.includes(dateOf(which));
    if (from < to) return begins(day) && from <= minute && minute < to;
    return (begins(day) && from <= minute) || (begins(day - 1) && minute < to);
  });
}

/** The parts of a time that are within hours, in order, none touching the next. */
export function periodsOf(hours: Hours, from: number, to: number): Period[] {
  const found: Period[] = [];
  for (let at = from; at < to;) {
    const next = nextTurn(hours, at, to);
    if (isWithin(hours, at)) {
      const last = found.at(-1);
      if (last?.to === at) last.to = next;
      else found.push({ from: at, to: next });
    }
    at = next;
  }
  return found;
}

/** The next instant at which it may be otherwise; `limit` when there is none before. Looks a day ahead at most. */
function nextTurn({ zone, hours }: Hours, at: number, limit: number): number {
  const today = Math.floor(wallAt(zone, at) / DAY) * DAY;
  const end = Math.min(limit, at + DAY);
  const shown = [today, today + DAY].flatMap((midnight) =>
    [0, ...hours.flatMap(({ from, to }) => [from, to])].flatMap((minute) =>
      instantsOf(zone, midnight + minute * MINUTE),
    ),
  );
  const change = changeBetween(zone, at, end);
  return Math.min(end, ...[...shown, ...(change === undefined ? [] : [change])].filter((turn) => turn > at));
}

/** Until when a group is to be left in peace, `limit` at most; undefined when it may be disturbed now. */
export function quietUntil({ work, quiet }: Calendar, at: number, limit: number): number | undefined {
  if (quiet) {
    // What is quiet for longer is looked at again then.
    const [now] = periodsOf(quiet, at, Math.min(limit, at + 8 * DAY));
    return now?.from === at ? now.to : undefined;
  }
  if (!work || at >= limit) return undefined;
  const [next] = firstPeriod(work, at, limit);
  if (next?.from === at) return undefined;
  return next?.from ?? limit;
}

/** When a group is at work for the last time between two instants, or undefined if it is not at all. */
export function lastAtWork({ work }: Calendar, from: number, to: number): number | undefined {
  if (!work) return to;
  // From the end, a week at a time: nearly always that is enough.
  for (let end = to; end > from; end -= 7 * DAY) {
    const last = periodsOf(work, Math.max(from, end - 7 * DAY), end).at(-1);
    if (last) return last.to;
  }
  return undefined;
}

function firstPeriod(hours: Hours, from: number, to: number): Period[] {
  for (let at = from; at < to; at += 7 * DAY) {
    const periods = periodsOf(hours, at, Math.min(to, at + 7 * DAY));
    if (periods.length > 0) return periods;
  }
  return [];
}

function dayOf(day: number): Day {
  // 1 January 1970 was a Thursday.
  return DAYS[(((day + 4) % 7) + 7) % 7]!;
}

function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
