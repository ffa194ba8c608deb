import { expect, it } from 'vitest';
import { BUILTINS } from './builtins.js';

const call = (name: string, ...operands: unknown[]) => BUILTINS[name]?.(...operands);
const MONDAY = 1767607445e9; // 2026-01-05T10:04:05Z

it.each<[string, unknown[], unknown]>([
  ['strings.any_prefix_match', ['s3://acme/x', ['gs://', 's3://acme/']], true],
  ['strings.any_suffix_match', [['a', 'b'], 'c'], false],
  ['strings.count', ['banana', 'an'], 2],
  ['object.subset', [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }], true],
  ['object.subset', [{ a: 1 }, { toString: 1 }], false],
  ['numbers.range_step', [10, 0, 5], [10, 5, 0]],
  ['semver.compare', ['1.10.0', '1.9.0'], 1],
  ['semver.compare', ['1.0.0-rc.1', '1.0.0'], -1],
  ['semver.is_valid', ['1.0'], false],
  ['time.parse_rfc3339_ns', ['2026-01-05T10:04:05Z'], MONDAY],
  ['time.parse_duration_ns', ['1h30m'], 5400e9],
  ['time.clock', [MONDAY], [10, 4, 5]],
  ['time.date', [[MONDAY, 'Asia/Tokyo']], [2026, 1, 5]],
  ['time.weekday', [MONDAY], 'Monday'],
  ['time.add_date', [MONDAY, 0, 0, 1], MONDAY + 86400e9],
])('%s(%j) is %j', (name, operands, result) => expect(call(name, ...operands)).toEqual(result));

it('no builtin throws, whatever a policy hands it: a throw would cost the instance', () => {
  const odd: unknown[] = [
    undefined,
    null,
    true,
    -1,
    1e308,
    'x',
    '\ud800',
    [],
    [null],
    {},
    { toString: 1 },
    [NaN, 'Not/AZone'],
  ];
  for (const name of Object.keys(BUILTINS)) {
    for (const a of odd) for (const b of odd) expect(() => call(name, a, b, a, b), name).not.toThrow();
  }
});

it('there is no clock and no chance among them', () => {
  const names = Object.keys(BUILTINS);
  expect(names.filter((name) => /now|rand|uuid|http|net\.lookup|opa\.runtime/.test(name))).toEqual([]);
});
