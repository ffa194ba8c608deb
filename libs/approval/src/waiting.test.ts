import { describe, expect, it } from 'vitest';
import {
  act,
  allowed,
  approved,
  BEN,
  DANA,
  EVERYONE,
  fold,
  holding,
  later,
  pending,
  person,
  SAM,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import type { Person } from './request.js';
import type { ApprovalTerms } from './verdict.js';
import { nextDue } from './waiting.js';

const wanting = (more: Partial<ApprovalTerms>, members: readonly Person[] = EVERYONE) => ({
  verdict: verdict({ approval: terms(more) }),
  members,
});
const EVE = person('eve', ['security']);
const climbing = wanting({
  expires_in_s: 3600,
  escalate: [
    { after_s: 600, seats: [{ group: 'security', count: 1 }] },
    { after_s: 1200, seats: [{ group: 'oncall', count: 2 }] },
  ],
});
const C0 = { channel: 'slack' as const, address: 'C0SEC', group: 'security' };
const climb = (members: readonly Person[] = [EVE]) => ({ type: 'escalate' as const, members, destinations: [C0] });

describe('half the time', () => {
  it('reminds once, and decides nothing', () => {
    const asked = pending();
    expect(nextDue(asked)).toEqual({ at: later(450), type: 'remind' });
    expect(act(asked, { type: 'remind' }, later(449.999)).events).toEqual([]);
    const { decision, events } = act(asked, { type: 'remind' }, later(450));
    expect(events).toEqual([{ type: 'approval.reminded', people: [] }]);
    expect(decision.status).toBe('PENDING');
    expect(act(decision, { type: 'remind' }, later(460)).events).toEqual([]);
    expect(nextDue(decision)).toEqual({ at: later(900), type: 'expire' });
  });

  it('comes before those who would be asked later still', () => {
    const late = wanting({
      expires_in_s: 3600,
      escalate: [{ after_s: 3000, seats: [{ group: 'security', count: 1 }] }],
    });
    expect(nextDue(pending(late))).toEqual({ at: later(1800), type: 'remind' });
  });

  it('of a short time is not worth a reminder, and of what is decided there is none', () => {
    expect(nextDue(pending(wanting({ expires_in_s: 119 })))?.type).toBe('expire');
    expect(act(approved(), { type: 'remind' }).refused?.code).toBe('already-decided');
    expect(nextDue(approved())).toEqual({ at: later(601), type: 'expire' });
    expect(nextDue(allowed())).toBeUndefined();
    expect(nextDue(fold([holding({ members: [] })])!)).toBeUndefined();
  });
});

describe('silence', () => {
  it('brings in further people, in their order, whose quorum does as well', () => {
    const asked = pending(climbing);
    expect(nextDue(asked)).toEqual({ at: later(600), type: 'escalate' });
    expect(act(asked, climb(), later(599)).events).toEqual([]);
    const { decision, events } = act(asked, climb(), later(600));
    expect(events).toEqual([
      {
        type: 'approval.escalated',
        seats: [{ group: 'security', count: 1 }],
        asked: [{ id: 'eve', name: 'Eve', groups: ['security'] }],
        members: ['eve'],
        destinations: [C0],
      },
    ]);
    expect(decision.approval!.destinations).toContainEqual(C0);
    expect(decision.approval!.asked.map(({ id }) => id)).toContain('eve');
    expect(nextDue(decision)).toEqual({ at: later(1200), type: 'escalate' });
    expect(act(decision, vote(EVE), later(601)).decision.status).toBe('ALLOWED');
    expect(act(decision, vote(DANA), later(601)).decision.status).toBe('ALLOWED');
    const twice = act(decision, climb([DANA]), later(1200)).decision;
    expect(twice.approval!.terms.alternatives).toHaveLength(2);
    expect(twice.approval!.destinations.filter(({ address }) => address === 'C0SEC')).toHaveLength(1);
    expect(nextDue(twice)).toEqual({ at: later(1800), type: 'remind' });
    expect(act(twice, climb(), later(3000)).events).toEqual([]);
  });

  it('approves nothing, however long it lasts', () => {
    const reminded = act(pending(climbing), { type: 'remind' }, later(1800)).decision;
    const escalated = act(reminded, climb(), later(1800)).decision;
    expect(act(escalated, { type: 'expire' }, later(3600)).decision.status).toBe('EXPIRED');
  });

  it('brings in nobody who may not vote', () => {
    const owner = { ...SAM, groups: ['security'] };
    const { events } = act(pending(climbing), climb([owner, { ...EVE, guest: true }]), later(600));
    expect(events).toMatchObject([{ asked: [] }]);
    const taken = act(pending(climbing), { ...climb([EVE]), owner: 'eve' }, later(600));
    expect(taken.events).toMatchObject([{ asked: [] }]);
  });

  it('bars nobody by the time they joined where policy does not', () => {
    const late = wanting({ ...climbing.verdict.approval, late_members: true });
    const { decision, events } = act(pending(late), climb(), later(600));
    expect(events[0]).not.toHaveProperty('members');
    expect(decision.approval).not.toHaveProperty('members');
    expect(act(decision, vote(person('newcomer', ['security'])), later(601)).decision.status).toBe('ALLOWED');
  });

  it('changes nothing about what is decided', () => {
    expect(act(approved(climbing), climb(), later(2)).refused?.code).toBe('already-decided');
    const events = [...['approval.reminded', 'vote.retracted'], 'approval.escalated'].map((type) => ({
      ...{ type, voter: 'dana', channel: 'api', seats: [], asked: [], destinations: [] },
    }));
    const before = approved(climbing);
    for (const event of events) expect(fold([event as never], later(3), before)).toMatchObject({ status: 'ALLOWED' });
  });
});

describe('when exclusions leave too few', () => {
  it('the next who would be asked are asked at once, and the reasons say so', () => {
    const event = holding({ ...climbing, members: [SAM, EVE] });
    expect(event).toMatchObject({
      type: 'decision.held',
      approval: { alternatives: [[{ group: 'security', count: 1 }]], escalate: [{ after_s: 1200 }] },
      asked: [{ id: 'eve' }],
    });
    expect(event.reasons).toContainEqual({
      rule: 'escalated',
      text: 'Others are asked at once: dba needs 1 and has 0.',
    });
    expect(act(fold([event])!, vote(EVE)).decision.status).toBe('ALLOWED');
  });

  it('it is denied at once when nobody is left to escalate to', () => {
    expect(holding({ ...climbing, members: [SAM] })).toMatchObject({
      type: 'decision.denied',
      reasons: [{ rule: 'nobody-eligible' }, {}],
    });
    expect(holding({ ...climbing, members: [BEN] }).type).toBe('decision.held');
  });
});
