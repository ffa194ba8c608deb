import { expect, it } from 'vitest';
import { callRate, Rate, refusalRate } from './rate.js';

it('a caller has a burst, then what comes back with time, and hears how long to wait', () => {
  const rate = callRate(10)!;
  for (let i = 0; i < 20; i++) expect(rate.take('bot', 0)).toBe(0);
  expect(rate.take('bot', 0)).toBe(100);
  expect(rate.take('bot', 60)).toBe(40);
  expect(rate.take('bot', 100)).toBe(0);
  expect(rate.take('bot', 100)).toBe(100);
});

it('one caller takes nothing from another, and saves up no more than a burst', () => {
  const rate = new Rate(1, 2);
  rate.take('bot', 0);
  rate.take('bot', 0);
  expect(rate.take('other', 0)).toBe(0);
  for (let i = 0; i < 2; i++) expect(rate.take('bot', 1e9)).toBe(0);
  expect(rate.take('bot', 1e9)).toBe(1000);
});

it('a clock that is set back neither gives nor takes', () => {
  const rate = new Rate(1, 1);
  rate.take('bot', 5_000);
  expect(rate.take('bot', 1_000)).toBe(1000);
  expect(rate.take('bot', 2_000)).toBe(0);
});

it('what is given back can be taken once more', () => {
  const rate = refusalRate(1)!;
  expect(rate.take('dana', 0)).toBe(0);
  rate.giveBack('dana');
  rate.giveBack('nobody');
  expect(rate.take('dana', 0)).toBe(0);
  expect(rate.take('dana', 0)).toBe(60_000);
});

it('less than one call a second is a rate, too, and none is no limit', () => {
  const slow = callRate(0.1)!;
  expect([slow.take('bot', 0), slow.take('bot', 0)]).toEqual([0, 10_000]);
  expect([callRate(0), refusalRate(0)]).toEqual([undefined, undefined]);
});
