import type { Builtins } from '../wasm/host.js';
import { Numeral, toBigInt } from '../wasm/numeral.js';
import type { Value } from '../wasm/value.js';
import { durationNs } from './duration.js';
import { civilOf, momentOf, representable, type Moment } from './moment.js';
import { countOf, numeralOf, refuse, textOf } from './operands.js';
import { formatTime } from './time-format.js';
import { DAYS, layoutOf, LAYOUTS } from './time-layout.js';
import { parseTime } from './time-parse.js';
import { UTC, zoneOf } from './zone.js';

// Builtins that read and split a time they are given. There is no host clock: `time.now_ns` is not among them, and policies
// read `input.time` instead.

export const TIME_BUILTINS: Builtins = {
  'time.parse_rfc3339_ns': (text) => representable(parseTime(LAYOUTS['RFC3339']!, textOf(text))),
  'time.parse_ns': (layout, text) => representable(parseTime(layoutOf(textOf(layout)), textOf(text))),
  'time.parse_duration_ns': (text) => durationNs(textOf(text)),
  'time.format': (given) => {
    const { moment, layout, zoneName } = read(given);
    return formatTime(civilOf(moment), layoutOf(layout || 'RFC3339Nano'), zoneName);
  },
  'time.date': (given) => {
    const { year, month, day } = civilOf(read(given).moment);
    return numerals([year, month, day]);
  },
  'time.clock': (given) => {
    const { hour, minute, second } = civilOf(read(given).moment);
    return numerals([hour, minute, second]);
  },
  'time.weekday': (given) => DAYS[civilOf(read(given).moment).weekday],
  'time.add_date': (given, years, months, days) => {
    const { moment } = read(given);
    const from = civilOf(moment);
    const to = {
      ...from,
      year: from.year + countOf(years),
      month: from.month + countOf(months),
      day: from.day + countOf(days),
    };
    return representable(momentOf(to, moment.zone));
  },
  'time.diff': (one, other) => difference(read(one).moment, read(other).moment),
};

const numerals = (values: number[]) => values.map((value) => new Numeral(String(value)));

/** The operand is nanoseconds, or an array of nanoseconds, a time zone and a layout. */
function read(given: Value | undefined): { moment: Moment; zoneName: string; layout: string } {
  const [ns, name = 'UTC', layout = ''] = Array.isArray(given) ? given : [numeralOf(given)];
  const value = toBigInt(numeralOf(ns)) ?? refuse();
  const zoneName = textOf(name) || 'UTC';
  return { moment: { ns: representable(value), zone: zoneOf(zoneName) }, zoneName, layout: textOf(layout) };
}

/** Years, months, days, hours, minutes and seconds between two moments, as the calendar of the first one's zone has them. */
function difference(one: Moment, other: Moment): Numeral[] {
  const [from, to] = (one.ns <= other.ns ? [one.ns, other.ns] : [other.ns, one.ns]).map((ns) =>
    civilOf({ ns, zone: one.zone }),
  ) as [ReturnType<typeof civilOf>, ReturnType<typeof civilOf>];
  let [year, month, day] = [to.year - from.year, to.month - from.month, to.day - from.day];
  let [hour, minute, second] = [to.hour - from.hour, to.minute - from.minute, to.second - from.second];
  if (second < 0) [second, minute] = [second + 60, minute - 1];
  if (minute < 0) [minute, hour] = [minute + 60, hour - 1];
  if (hour < 0) [hour, day] = [hour + 24, day - 1];
  if (day < 0) {
    const next = { ...from, day: 32, hour: 0, minute: 0, second: 0, nanosecond: 0 };
    [day, month] = [day + 32 - civilOf({ ns: momentOf(next), zone: UTC }).day, month - 1];
  }
  if (month < 0) [month, year] = [month + 12, year - 1];
  return numerals([year, month, day, hour, minute, second]);
}
