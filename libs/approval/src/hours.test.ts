import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAYS, isWithin, lastAtWork, periodsOf, quietUntil, type Calendar, type Hours } from './hours.js';
import { changeBetween, DAY, instantsOf, MINUTE, offsetAt, wallAt } from './wall-clock.js';

const HOUR = 60 * MINUTE;
const ms = (text: string) => Date.parse(text);
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
const office = (zone: string, more: Partial<Hours> = {}): Hours => ({
  ...{ zone, hours: [{ days: WEEK, from: 9 * 60, to: 17 * 60 }], holidays: [] },
  ...more,
});
const nightly = (zone: string, from = 22 * 60, to = 6 * 60): Hours =>
  office(zone, { hours: [{ days: DAYS, from, to }] });
const spans = (hours: Hours, from: string, to: string) =>
  periodsOf(hours, ms(from), ms(to)).map((period) => [period.from, period.to].map((at) => new Date(at).toISOString()));

/** Zones whose clocks go by an hour, by half an hour, at midnight, over the date line, in winter, and never. */
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'UTC',
];
/** Instants near which some of them change their clocks. */
const CHANGES = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-03-08T07:00:00Z',
  '2026-11-01T06:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-04-05T03:00:00Z',
  '2026-09-06T04:00:00Z',
  '2011-12-30T10:00:00Z',
  '2026-02-15T02:00:00Z',
].map(ms);

/** What a clock on the wall shows, said again in other words: by the words Intl has for it. */
function shown(zone: string, at: number): { day: string; date: string; minute: number } {
  const text = new Date(at).toLocaleString('en-GB', {
    ...({ timeZone: zone, hourCycle: 'h23', weekday: 'short', hour: '2-digit', minute: '2-digit' } as const),
    ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
  });
  const [, day, d, m, y, hour, minute] = /^(\w{3}), (\d\d)\/(\d\d)\/(\d{4}), (\d\d):(\d\d)$/.exec(text)!;
  return { day: day!.toLowerCase(), date: `${y}-${m}-${d}`, minute: Number(hour) * 60 + Number(minute) };
}

const zone = fc.constantFrom(...ZONES);
const quarter = fc.integer({ min: 0, max: 95 }).map((n) => n * 15);
const daily = fc
  .record({ days: fc.subarray([...DAYS], { minLength: 1 }), from: quarter, to: fc.integer({ min: 1, max: 96 }) })
  .map(({ days, from, to }) => ({ days, from, to: to * 15 }))
  .filter(({ from, to }) => from !== to);
const hours = fc.record({
  zone,
  hours: fc.array(daily, { minLength: 1, maxLength: 3 }),
  holidays: fc.subarray(['2026-03-29', '2026-03-30', '2026-10-25', '2026-11-01', '2011-12-31']),
});
const near = fc
  .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -3000, max: 3000 }))
  .map(([at, n]) => at + n * MINUTE);

describe('an instant is within hours when the clock there says so', () => {
  it('whatever is done to the clocks', () => {
    const property = fc.property(hours, near, (given, at) => {
      const now = shown(given.zone, at);
      const before = new Date(ms(`${now.date}T12:00:00Z`) - DAY).toISOString();
      const yesterday = { day: DAYS[(DAYS.indexOf(now.day as 'sun') + 6) % 7]!, date: before.slice(0, 10) };
      const begins = ({ day, date }: { day: string; date: string }, days: readonly string[]) =>
        days.includes(day) && !given.holidays.includes(date);
      const expected = given.hours.some(({ days, from, to }) =>
        to > from
          ? begins(now, days) && now.minute >= from && now.minute < to
          : (begins(now, days) && now.minute >= from) || (begins(yesterday, days) && now.minute < to),
      );
      expect(isWithin(given, at)).toBe(expected);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  it('an hour that comes twice counts twice, and one that is skipped never comes', () => {
    const two = nightly('Europe/Berlin', 2 * 60, 3 * 60);
    expect(spans(two, '2026-10-25T00:00:00Z', '2026-10-25T12:00:00Z')).toEqual([
      ['2026-10-25T00:00:00.000Z', '2026-10-25T02:00:00.000Z'],
    ]);
    expect(spans(two, '2026-03-29T00:00:00Z', '2026-03-29T12:00:00Z')).toEqual([]);
    const half = nightly('Europe/Berlin', 2 * 60 + 30, 3 * 60);
    expect(spans(half, '2026-10-25T00:00:00Z', '2026-10-25T12:00:00Z')).toEqual([
      ['2026-10-25T00:30:00.000Z', '2026-10-25T01:00:00.000Z'],
      ['2026-10-25T01:30:00.000Z', '2026-10-25T02:00:00.000Z'],
    ]);
  });

  it('hours over midnight belong to the day they begin, holidays included', () => {
    const friday = office('UTC', { hours: [{ days: ['fri'], from: 22 * 60, to: 6 * 60 }] });
    expect(spans(friday, '2026-11-19T00:00:00Z', '2026-11-24T00:00:00Z')).toEqual([
      ['2026-11-20T22:00:00.000Z', '2026-11-21T06:00:00.000Z'],
    ]);
    expect(periodsOf({ ...friday, holidays: ['2026-11-20'] }, ms('2026-11-19'), ms('2026-11-24'))).toEqual([]);
    expect(periodsOf({ ...friday, holidays: ['2026-11-21'] }, ms('2026-11-19'), ms('2026-11-24'))).toHaveLength(1);
  });

  it('a whole day is as long as that day', () => {
    const always = office('Europe/Berlin', { hours: [{ days: ['sun'], from: 0, to: 1_440 }] });
    const lengths = ['2026-03-29', '2026-10-25', '2026-11-22'].map((date) => {
      const [day] = periodsOf(always, ms(date) - DAY, ms(date) + 2 * DAY);
      return (day!.to - day!.from) / HOUR;
    });
    expect(lengths).toEqual([23, 25, 24]);
  });
});

describe('periods', () => {
  it('are what looking at every minute finds, over every change of clocks', () => {
    const property = fc.property(hours, near, fc.integer({ min: 1, max: 3 * 24 * 60 }), (given, start, minutes) => {
      const [from, to] = [start, start + minutes * MINUTE];
      const found = periodsOf(given, from, to);
      for (let at = from; at < to; at += 5 * MINUTE) {
        expect(found.some((period) => period.from <= at && at < period.to)).toBe(isWithin(given, at));
      }
      found.forEach((period, i) => {
        expect(period.from).toBeGreaterThan(found[i - 1]?.to ?? from - 1);
        expect(period.to).toBeGreaterThan(period.from);
        // They begin and end to the millisecond.
        if (period.from > from) expect(isWithin(given, period.from - 1)).toBe(false);
        if (period.to < to) expect(isWithin(given, period.to)).toBe(false);
        expect([isWithin(given, period.from), isWithin(given, period.to - 1)]).toEqual([true, true]);
      });
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('tell until when somebody is left in peace, and when they are last at work', () => {
    const property = fc.property(hours, hours, fc.boolean(), near, fc.integer({ min: 1, max: 20 }), (...given) => {
      const [work, peace, both, from, days] = given;
      const to = from + days * DAY;
      const calendar: Calendar = both ? { work, quiet: peace } : { work };
      expect(lastAtWork(calendar, from, to)).toBe(periodsOf(work, from, to).at(-1)?.to);
      const until = quietUntil(calendar, from, to);
      const isQuiet = (at: number) => (both ? isWithin(peace, at) : !isWithin(work, at));
      expect(until !== undefined).toBe(isQuiet(from));
      if (until === undefined) return;
      expect(until).toBeLessThanOrEqual(to);
      if (until < to && until - from < 8 * DAY) expect([isQuiet(until - 1), isQuiet(until)]).toEqual([true, false]);
      for (let at = from; at < until; at += HOUR) expect(isQuiet(at)).toBe(true);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it('are nothing where there are none: such a group is always at work and may always be disturbed', () => {
    expect([quietUntil({}, 0, DAY), lastAtWork({}, 0, DAY)]).toEqual([undefined, DAY]);
    expect(quietUntil({ work: office('UTC') }, DAY, DAY)).toBeUndefined();
    const never = office('UTC', {
      hours: [{ days: ['mon'], from: 0, to: 60 }],
      holidays: ['2026-11-23', '2026-11-30'],
    });
    const [from, to] = [ms('2026-11-20T00:00:00Z'), ms('2026-12-05T00:00:00Z')];
    expect([quietUntil({ work: never }, from, to), lastAtWork({ work: never }, from, to)]).toEqual([to, undefined]);
  });
});

describe('the clock on the wall', () => {
  it('shows what Intl says, with every offset there is, before 1970 as after', () => {
    const property = fc.property(zone, fc.integer({ min: -2e12, max: 4e12 }), (place, at) => {
      const { date, minute } = shown(place, at);
      const wall = wallAt(place, at);
      expect(new Date(wall).toISOString().slice(0, 10)).toBe(date);
      expect(Math.floor((((wall % DAY) + DAY) % DAY) / MINUTE)).toBe(minute);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('shows a time when it says so: once, twice, or not and then at the change', () => {
    const at = (place: string, wall: string) =>
      instantsOf(place, ms(`${wall}Z`)).map((instant) => new Date(instant).toISOString());
    expect(at('Europe/Berlin', '2026-11-20T09:00:00')).toEqual(['2026-11-20T08:00:00.000Z']);
    expect(at('Europe/Berlin', '2026-10-25T02:30:00')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ]);
    expect(at('Europe/Berlin', '2026-03-29T02:30:00')).toEqual(['2026-03-29T01:00:00.000Z']);
    expect(at('Pacific/Apia', '2011-12-30T12:00:00')).toEqual(['2011-12-30T10:00:00.000Z']);
    expect(at('Australia/Lord_Howe', '2026-10-04T02:15:00')).toEqual(['2026-10-03T15:30:00.000Z']);
    const property = fc.property(zone, near, (place, instant) => {
      expect(instantsOf(place, wallAt(place, instant))).toContain(instant);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('knows when clocks are changed, and no zone that there is not', () => {
    expect(changeBetween('Europe/Berlin', ms('2026-10-24'), ms('2026-10-26'))).toBe(ms('2026-10-25T01:00:00Z'));
    expect(changeBetween('UTC', 0, 4e12)).toBeUndefined();
    expect(() => offsetAt('Europe/Atlantis', 0)).toThrow(RangeError);
  });
});
