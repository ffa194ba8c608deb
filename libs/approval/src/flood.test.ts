import { describe, expect, it } from 'vitest';
import { AGENT, later, pending, T0 } from '../test/office.js';
import { floodNotice, floodToTell } from './flood.js';
import { restraint } from './restraint.js';

const LIMITS = { cool_down_s: 900, pending_per_agent: 3, pending_per_approver: 5, asks_per_hour: 60 };

describe('an agent that has had people asked as often as it may', () => {
  it('is denied until the first of those requests is an hour old, and told when to try again', () => {
    expect(restraint({ pending: 0, full_since: T0 }, LIMITS, later(3599))).toEqual({
      rule: 'flooding',
      text: "No more than 60 of one agent's requests are put before people within an hour. Nobody is asked again before 15:00 UTC: try again then, do not reword the request, and do not use another tool to achieve it.",
    });
    expect(restraint({ pending: 0, full_since: T0 }, LIMITS, later(3600))).toBeUndefined();
  });

  it('is not told a time that is still too early', () => {
    expect(restraint({ pending: 0, full_since: later(1) }, LIMITS, later(9))?.text).toContain('before 15:01 UTC');
  });

  it('hears first that just this was denied, if it was', () => {
    const denied = { ...pending(), status: 'DENIED', denied_by: { id: 'dana', name: 'Dana', reason: 'no' } } as const;
    expect(restraint({ pending: 9, denied, full_since: T0 }, LIMITS, T0)?.rule).toBe('cool-down');
    expect(restraint({ pending: 9, full_since: T0 }, LIMITS, T0)?.rule).toBe('flooding');
  });
});

describe('the owner of an agent that floods people', () => {
  const first = floodToTell(AGENT, undefined, LIMITS, T0)!;
  const told = { ...first, told_at: T0 };

  it('is told at once', () => {
    expect(first).toEqual({
      agent: AGENT.id,
      owner: AGENT.owner,
      asks: 60,
      window_s: 3600,
      denied_since: T0,
    });
  });

  it('is told once an hour, and since when it goes on', () => {
    expect(floodToTell(AGENT, told, LIMITS, later(3599))).toBeUndefined();
    expect(floodToTell(AGENT, told, LIMITS, later(3600))).toMatchObject({ denied_since: T0 });
    expect(floodToTell(AGENT, told, LIMITS, later(7200))).toMatchObject({ denied_since: later(7200) });
  });

  it('is told although the one before knew', () => {
    expect(floodToTell({ ...AGENT, owner: 'eve' }, told, LIMITS, later(60))).toMatchObject({ owner: 'eve' });
  });

  it('reads nothing that the agent could have written', () => {
    expect(floodNotice({ ...first, agent: 'bot\u202E' })).toBe(
      'bot⟨U+202E⟩ had people asked 60 times within an hour, which is as often as it may. Its requests for approval have been denied since 14:00 UTC, and nobody sees them. You answer for it: find out what it is doing, and stop it if need be.',
    );
  });
});
