import { expect, it } from 'vitest';
import { scoreOf } from './verdict.js';

it('a higher level of risk never scores lower', () => {
  const scores = (['low', 'medium', 'high', 'critical'] as const).map(scoreOf);
  expect(scores).toEqual([...scores].sort((a, b) => a - b));
  expect(new Set(scores).size).toBe(4);
});
