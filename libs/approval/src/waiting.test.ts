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
import type { Calendars } from './hours.js';
import type { Person } from './request.js';
import type { Decision, Pending } from './state.js';
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

describe('working hours', () => {
  // Friday 20 November 2026, 14:00 UTC, is 15:00 in Berlin.
  const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
  const from = (hour: number, to: number) => ({
    ...{ zone: 'Europe/Berlin', hours: [{ days: DAYS, from: hour * 60, to: to * 60 }], holidays: [] },
  });
  const atWork = (hour: number, to: number) => ({ work: from(hour, to) });
  const MORNING = atWork(9, 12);
  const UNTIL_HALF = { work: { ...from(9, 15), hours: [{ days: DAYS, from: 540, to: 15 * 60 + 30 }] } };
  const held = (
    calendars: Calendars,
    more: Partial<ApprovalTerms> = climbing.verdict.approval!,
    members = [DANA, EVE],
  ) => holding({ ...wanting(more), members, calendars });
  const first = (calendars: Calendars, ...rest: [Partial<ApprovalTerms>?, Person[]?]) =>
    fold([held(calendars, ...rest)]) as Pending;

  it('bring in the next early when nobody who is asked is at work before it ends, and the request says why', () => {
    const event = held({ dba: MORNING });
    expect(event).toMatchObject({
      type: 'decision.held',
      expires_at: later(3600),
      approval: { alternatives: [[{ group: 'security', count: 1 }]], escalate: [{ after_s: 1200 }] },
      asked: [{ id: 'dana' }, { id: 'eve' }],
    });
    expect(event.reasons.at(-1)).toEqual({
      rule: 'escalated',
      text: 'Others are asked early: dba will not be at work before this expires.',
    });
    expect(event).not.toHaveProperty('away_from');
    // Who is not at work may still answer.
    expect(act(fold([event])!, vote(DANA)).decision.status).toBe('ALLOWED');
  });

  it('bring in the next when the last of those who are asked goes home', () => {
    const asked = first({ dba: UNTIL_HALF });
    expect(asked.approval).toMatchObject({ away_from: later(1800), terms: { escalate: [{ after_s: 600 }, {}] } });
    expect(nextDue(asked)).toEqual({ at: later(600), type: 'escalate' });
    const patient = {
      ...climbing.verdict.approval,
      escalate: [{ after_s: 3000, seats: [{ group: 'security', count: 1 }] }],
    };
    const waits = first({ dba: UNTIL_HALF }, patient);
    const { decision } = act(waits, { type: 'remind', members: [DANA] }, later(1800));
    expect(nextDue(decision)).toEqual({ at: later(1800), type: 'escalate' });
    const { events, decision: after } = act(decision, { ...climb(), calendars: { dba: UNTIL_HALF } }, later(1800));
    expect(events).toMatchObject([
      { type: 'approval.escalated', reason: { text: expect.stringContaining('dba will not be at work') as string } },
    ]);
    expect(after.reasons).toHaveLength(2);
    expect(after.approval).not.toHaveProperty('away_from');
    expect(act(decision, { ...climb(), calendars: { dba: UNTIL_HALF } }, later(1799)).events).toEqual([]);
  });

  it('go on to those who will be at work, past those who will not', () => {
    const sleeping = { dba: MORNING, security: MORNING };
    const oncall = [person('zoe', ['oncall']), person('max', ['oncall'])];
    const event = held(sleeping, climbing.verdict.approval, [DANA, EVE, ...oncall]);
    expect(event).toMatchObject({ approval: { alternatives: [{}, [{ group: 'oncall', count: 2 }]] } });
    const sleepers = first({ dba: UNTIL_HALF, security: UNTIL_HALF }, climbing.verdict.approval, [
      DANA,
      EVE,
      ...oncall,
    ]);
    const calendars = { dba: UNTIL_HALF, security: UNTIL_HALF };
    const { decision } = act(sleepers, { ...climb(), calendars }, later(1800));
    expect(decision.approval!.away_from).toBe(later(1800));
    expect(nextDue(decision)).toEqual({ at: later(1200), type: 'escalate' });
  });

  it('change nothing when nobody else will be at work, or too few are left, or there is nobody else', () => {
    const everywhere = { dba: MORNING, security: MORNING, oncall: MORNING };
    const { escalate } = terms(climbing.verdict.approval);
    expect(held(everywhere)).toMatchObject({ type: 'decision.held', approval: { escalate } });
    expect(held({ dba: MORNING }, climbing.verdict.approval, [DANA])).toMatchObject({ approval: { escalate } });
    expect(held({ dba: MORNING }, {})).not.toHaveProperty('away_from');
    const asked = first(everywhere);
    expect(nextDue(asked)).toEqual({ at: later(600), type: 'escalate' });
    expect(act(asked, { type: 'expire' }, later(3600)).decision.status).toBe('EXPIRED');
  });

  it('of one of several groups in a quorum are the hours of the quorum', () => {
    const both = [
      { group: 'dba', count: 1 },
      { group: 'finance', count: 1 },
    ];
    const more = { ...climbing.verdict.approval, seats: both };
    const members = [DANA, person('ann', ['finance']), EVE];
    expect(first({ finance: MORNING }, more, members).approval.terms.alternatives).toHaveLength(1);
    const either = { ...more, seats: [both[0]!], alternatives: [[both[1]!]] };
    expect(first({ finance: MORNING }, either, members).approval.terms.alternatives).toHaveLength(1);
    expect(first({ dba: MORNING, finance: MORNING }, either, members).approval.terms.alternatives).toHaveLength(2);
  });

  describe('in quiet hours nobody is paged', () => {
    const quietUntil15 = { quiet: { ...from(0, 1), hours: [{ days: DAYS, from: 0, to: 15 * 60 + 45 }] } };
    const reminded = (decision: Decision, at: string, calendars: Calendars, members: Person[]) =>
      act(decision, { type: 'remind', members, calendars }, at);

    it('the reminder waits until they are over, and the deadline waits for nobody', () => {
      const calendars = { dba: quietUntil15 };
      const { decision, events } = reminded(first({}, { expires_in_s: 3600 }), later(1800), calendars, [DANA]);
      expect(events).toEqual([
        { type: 'approval.reminded', people: [], waiting: [{ group: 'dba', until: later(2700) }] },
      ]);
      expect(nextDue(decision)).toEqual({ at: later(2700), type: 'remind' });
      expect(reminded(decision, later(2699), calendars, [DANA]).events).toEqual([]);
      const then = reminded(decision, later(2700), calendars, [DANA]);
      expect(then.events).toMatchObject([{ people: [{ id: 'dana' }] }]);
      expect(then.events[0]).not.toHaveProperty('waiting');
      expect(nextDue(then.decision)).toEqual({ at: later(3600), type: 'expire' });
      expect(act(decision, { type: 'expire' }, later(3600)).decision.status).toBe('EXPIRED');
    });

    it('whoever is asked for a group that is awake is reminded at once, and only once', () => {
      const either = { expires_in_s: 3600, alternatives: [[{ group: 'finance', count: 1 }]] };
      const members = [DANA, { ...BEN, groups: ['dba', 'finance'] }];
      const calendars = { dba: quietUntil15 };
      const { decision, events } = reminded(first({}, either, members), later(1800), calendars, members);
      expect(events).toMatchObject([{ people: [{ id: 'ben', groups: ['finance'] }], waiting: [{ group: 'dba' }] }]);
      const then = reminded(decision, later(2700), {}, members);
      expect(then.events).toMatchObject([{ people: [{ id: 'dana', groups: ['dba'] }] }]);
    });

    it('of a group that works until after the end there is no reminder', () => {
      const { decision, events } = reminded(first({}, { expires_in_s: 3600 }), later(1800), { dba: MORNING }, [DANA]);
      expect(events).toMatchObject([{ people: [], waiting: [{ group: 'dba', until: later(3600) }] }]);
      expect(nextDue(decision)?.type).toBe('expire');
    });
  });
});
