import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSeats, seat, type Sitter } from './quorum.js';
import type { SeatTerms } from './verdict.js';

const GROUPS = ['dba', 'finance', 'legal'];

const seats = fc
  .array(fc.record({ group: fc.constantFrom(...GROUPS), count: fc.integer({ min: 1, max: 2 }) }), { maxLength: 3 })
  .map((list): SeatTerms[] => list);
const sitters = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), groups: fc.subarray(GROUPS) }), {
  maxLength: 6,
});

/** The most places that distinct people can fill, by trying every way. Of one id listed twice, the last one counts. */
function most(wanted: readonly SeatTerms[], present: readonly Sitter[]): number {
  const places = wanted.flatMap(({ group, count }) => Array<string>(count).fill(group));
  const people = [...new Map(present.map((one) => [one.id, one])).values()];
  const go = (i: number, used: ReadonlySet<string>): number => {
    if (i === places.length) return 0;
    let best = go(i + 1, used);
    for (const { id, groups } of people) {
      if (used.has(id) || !groups.includes(places[i]!)) continue;
      best = Math.max(best, 1 + go(i + 1, new Set([...used, id])));
    }
    return best;
  };
  return go(0, new Set());
}

describe('quorum', () => {
  it('is what trying every way finds: it never misses one that could be met, and never claims one that could not', () => {
    fc.assert(
      fc.property(seats, sitters, (wanted, present) => {
        const places = wanted.reduce((sum, { count }) => sum + count, 0);
        const { complete, seated, filled } = seat(wanted, present);
        expect(seated.size).toBe(most(wanted, present));
        expect(complete).toBe(places > 0 && most(wanted, present) === places);
        expect([...filled.values()].reduce((sum, count) => sum + count, 0)).toBe(seated.size);
        for (const [id, group] of seated) {
          expect(present.findLast((one) => one.id === id)!.groups).toContain(group);
        }
        for (const group of GROUPS) {
          const count = wanted.filter((one) => one.group === group).reduce((sum, one) => sum + one.count, 0);
          expect(filled.get(group) ?? 0).toBeLessThanOrEqual(count);
        }
        expect(openSeats(wanted, filled).length === 0).toBe(seated.size === places);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts people the same in whatever order they come', () => {
    fc.assert(
      fc.property(seats, sitters, fc.func(fc.integer()), (wanted, present, weight) => {
        const once = [...new Map(present.map((one) => [one.id, one])).values()];
        const shuffled = [...once].sort((a, b) => weight(a.id) - weight(b.id));
        expect(seat(wanted, shuffled).seated.size).toBe(seat(wanted, once).seated.size);
      }),
      { numRuns: 500 },
    );
  });

  it('more approvals than places are still a quorum: places are filled, not counted to a number', () => {
    const three = ['a', 'b', 'c'].map((id) => ({ id, groups: ['dba'] }));
    expect(seat([{ group: 'dba', count: 1 }], three)).toMatchObject({
      complete: true,
      seated: new Map([['a', 'dba']]),
    });
  });

  it('two spellings of one id are one person', () => {
    const twins = ['dana@acme.example', 'Dana@ACME.example'].map((id) => ({ id, groups: ['dba'] }));
    expect(seat([{ group: 'dba', count: 2 }], twins).complete).toBe(false);
  });

  it('no seats are no quorum', () => {
    expect(seat([], [{ id: 'a', groups: ['dba'] }]).complete).toBe(false);
  });
});
