import { describe, expect, it } from 'vitest';
import { pending, verdict } from '../test/office.js';
import { renderCard } from './card.js';
import type { Decision } from './state.js';

const impact = (more: Partial<Decision>) => renderCard({ ...pending(), ...more } as Decision).impact;

describe('impact is what policy says of an action', () => {
  it('and is not there when policy says nothing', () => expect(impact({})).toBeUndefined());

  it('with what cannot be undone first, and what the session has read', () => {
    const history = { flow: { sensitive_read: { at: 'x' }, untrusted_read: {}, made_up: {} } };
    expect(impact({ flow: ['sensitive_read', 'irreversible', 'way_out', 'untrusted_read'], history })).toEqual([
      'cannot be undone',
      'can carry data out',
      'reads sensitive data',
      'reads what outsiders wrote',
      'this session has read sensitive data',
      'this session has read what outsiders wrote',
    ]);
  });

  it('with what the agent has done in a day, as policy counted it', () => {
    const day = (count: unknown, sum: unknown) => ({ subject: { '24h': { count, sum } } });
    const counters = {
      refunds: day(12, 4500.25),
      deletes: day(3, 3),
      exports: day(1, 0),
      odd: day(2, 'much'),
      none: day(0, 0),
      broken: { subject: null },
    };
    expect(impact({ history: { counters } })).toEqual([
      'refunds: 12 by this agent in 24 hours, 4,500.25 in all',
      'deletes: 3 by this agent in 24 hours',
      'exports: 1 by this agent in 24 hours',
      'odd: 2 by this agent in 24 hours',
    ]);
  });

  it('and of what raised the risk besides the rules that held it', () => {
    const risk = { level: 'high' as const, score: 70, factors: ['bulk-delete', 'outside-change-window', '\u202Ex'] };
    const { impact } = renderCard(pending({ verdict: verdict({ risk }) }));
    expect(impact).toEqual(['risk also raised by outside-change-window, ⟨U+202E⟩x']);
  });
});
