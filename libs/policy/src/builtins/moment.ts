import { refuse } from './operands.js';
import { UTC, type Zone } from './zone.js';

/** A moment as people in a zone read it. Months count from one. */
export interface Civil {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  /** 0 is Sunday. */
  weekday: number;
  /** From one. */
  yearDay: number;
  /** Seconds east of UTC. */
  offset: number;
}

export interface Moment {
  /** Nanoseconds since 1970. */
  ns: bigint;
  zone: Zone;
}

const SECOND = 1_000_000_000n;
const DAY_MS = 86_400_000;
const EARLIEST = -(1n << 63n);
const LATEST = (1n << 63n) - 1n;

/** Nanoseconds as OPA gives them: those that 64 bits can hold, from 1677 to 2262. */
export function representable(ns: bigint): bigint {
  return ns < EARLIEST || ns > LATEST ? refuse() : ns;
}

export function civilOf({ ns, zone }: Moment): Civil {
  const nanosecond = ((ns % SECOND) + SECOND) % SECOND;
  const unix = Number((ns - nanosecond) / SECOND);
  const offset = zone(unix);
  const date = new Date((unix + offset) * 1000);
  const year = date.getUTCFullYear();
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(nanosecond),
    weekday: date.getUTCDay(),
    yearDay: Math.floor((date.getTime() - utcMs(year, 1, 1)) / DAY_MS) + 1,
    offset,
  };
}

/** The moment that a date and time of day are in a zone; what overflows is carried over, so the 32nd is the next month's. */
export function momentOf(
  { year, month, day, hour, minute, second, nanosecond }: Omit<Civil, 'weekday' | 'yearDay' | 'offset'>,
  zone: Zone = UTC,
): bigint {
  const ms = utcMs(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000;
  if (!Number.isFinite(ms)) return refuse();
  let unix = ms / 1000;
  const guess = zone(unix);
  // The offset that was in force then may be another than the one at that reading of the clock in UTC.
  if (guess !== 0) unix -= zone(unix - guess) === guess ? guess : zone(unix - guess);
  return BigInt(unix) * SECOND + BigInt(nanosecond);
}

export function daysIn(year: number, month: number): number {
  return new Date(utcMs(year, month + 1, 0)).getUTCDate();
}

function utcMs(year: number, month: number, day: number): number {
  const date = new Date(0);
  // Unlike Date.UTC, this takes the years before 100 for what they are.
  return date.setUTCFullYear(year, month - 1, day);
}
