import { describe, expect, it } from 'vitest';
import {
  act,
  AGENT,
  ANA,
  BEN,
  DANA,
  deny,
  DIGEST,
  EVERYONE,
  later,
  pending,
  REQUEST,
  T0,
  terms,
  verdict,
} from '../test/office.js';
import { hold } from './hold.js';
import { restraint } from './restraint.js';
import type { Denied } from './state.js';

const LIMITS = { cool_down_s: 900, pending_per_agent: 3, pending_per_approver: 5, asks_per_hour: 60 };
const denied = act(pending(), deny(DANA, 'wrong\u202Etable'), later(60)).decision as Denied;

function asking(more: Partial<Parameters<typeof hold>[0]> = {}) {
  const asked = { request: REQUEST, agent: AGENT, action_digest: DIGEST, verdict: verdict(), destinations: [] };
  return hold({ ...asked, members: EVERYONE, ...more }, T0);
}

describe('what people have denied', () => {
  it('is not put before them again for a while, and the agent is told why, until when, and what not to do', () => {
    expect(restraint({ denied, pending: 0 }, LIMITS, later(959))).toEqual({
      rule: 'cool-down',
      text: 'Dana denied just this at 14:01 UTC: wrong⟨U+202E⟩table. Nobody is asked again before 14:16 UTC; do not use another tool to achieve it.',
    });
    expect(restraint({ denied, pending: 0 }, LIMITS, later(960))).toBeUndefined();
  });

  it('is not what policy denied', () => {
    const { denied_by: _, ...byPolicy } = denied;
    expect(restraint({ denied: byPolicy, pending: 0 }, LIMITS, later(61))).toBeUndefined();
  });
});

describe('an agent that floods people', () => {
  it('is denied, whatever it asks for', () => {
    expect(restraint({ pending: 2 }, LIMITS, T0)).toBeUndefined();
    const too = restraint({ pending: 3 }, LIMITS, T0);
    expect(too?.rule).toBe('too-many-pending');
    expect(asking({ restraint: too })).toMatchObject({
      type: 'decision.denied',
      reasons: [too, { rule: 'bulk-delete' }],
    });
  });
});

describe('people before whom too many requests are', () => {
  it('are not counted on, but may vote', () => {
    expect(asking({ weary: ['dana'] })).toMatchObject({
      type: 'decision.held',
      asked: [{ id: 'dana' }, { id: 'ben' }],
    });
  });

  it('are spared when nobody else is there, and the agent is told', () => {
    const event = asking({
      weary: ['dana', 'ben'],
      verdict: verdict({ approval: terms() }),
      members: [DANA, BEN, ANA],
    });
    expect(event).toMatchObject({ type: 'decision.denied', reasons: [{ rule: 'approvers-overloaded' }, {}] });
  });
});
