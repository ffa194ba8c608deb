import { expect, it } from 'vitest';
import { askedReport, type AskedVerdict } from './asked-report.js';

const held = (...rules: string[]): AskedVerdict => ({
  effect: 'require_approval',
  reasons: rules.map((rule) => ({ rule })),
});
const times = (count: number, verdict: AskedVerdict) => Array.from({ length: count }, () => verdict);
const allowed: AskedVerdict = { effect: 'allow', reasons: [{ rule: 'bulk' }] };

it('says how many requests people would be asked about, and which few rules that is due to', () => {
  const report = askedReport([
    ...times(50, allowed),
    ...times(30, held('bulk')),
    ...times(12, held('bulk', 'night')),
    ...times(6, held('night')),
    ...times(2, held('rare')),
  ]);
  expect(report).toEqual({
    requests: 100,
    asked: 50,
    share: 0.5,
    rules: [
      { rule: 'bulk', asked: 42, alone: 30, cumulative: 0.84 },
      { rule: 'night', asked: 18, alone: 6, cumulative: 0.96 },
      { rule: 'rare', asked: 2, alone: 2, cumulative: 1 },
    ],
  });
});

it('counts a request that several rules hold as one request', () => {
  const { asked, rules } = askedReport([...times(10, held('a', 'b')), ...times(3, held('c')), held('a', 'a')]);
  expect(asked).toBe(14);
  // What b holds, a holds too: c adds more to a than b does.
  expect(rules.map(({ rule, cumulative }) => [rule, cumulative])).toEqual([
    ['a', 11 / 14],
    ['c', 1],
    ['b', 1],
  ]);
  expect(rules[0]?.alone).toBe(1);
});

it('says nothing about nothing', () => {
  expect(askedReport([])).toEqual({ requests: 0, asked: 0, share: 0, rules: [] });
  expect(askedReport([allowed])).toEqual({ requests: 1, asked: 0, share: 0, rules: [] });
});

it('stays small when a policy makes names of rules up', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => held(`rule-${i}`));
  const { asked, rules } = askedReport([...many, ...many]);
  expect(asked).toBe(40_000);
  expect(rules).toHaveLength(50);
  expect(rules[0]).toMatchObject({ rule: '(others)', asked: 20_000 });
});
