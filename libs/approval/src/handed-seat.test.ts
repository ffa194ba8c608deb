import { describe, expect, it } from 'vitest';
import {
  act,
  allowed,
  approved,
  deny,
  EVERYONE,
  fold,
  holding,
  later,
  pending,
  person,
  redeeming,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { renderCard } from './card.js';
import type { HandedSeat, Person } from './request.js';
import { isConcerned } from './sight.js';
import type { Pending } from './state.js';
import type { ApprovalTerms } from './verdict.js';

const DANA = person('dana', ['dba']);
const ANA = person('ana', ['dba', 'finance']);
const seatOf = (whose: Person, group = 'dba'): HandedSeat => ({
  group,
  for: whose.id,
  name: whose.name,
  groups: whose.groups,
});
const holder = (id: string, groups: string[], ...seats: HandedSeat[]): Person =>
  person(id, groups, { stands_in: seats });
/** In no group that is asked; holds Dana's seat. */
const MAX = holder('max', ['web'], seatOf(DANA));
const two = (more: Partial<ApprovalTerms> = {}) =>
  verdict({ approval: terms({ seats: [{ group: 'dba', count: 2 }], ...more }) });
const asked = (given = two(), members: Person[] = [DANA, ANA, MAX]) => pending({ verdict: given, members });

describe('whoever holds the seat of another', () => {
  it('fills it, and the card and the record say whose it is', () => {
    const { decision, events } = act(asked(), vote(MAX));
    expect(events).toMatchObject([{ groups: ['dba'], standing_in: [{ id: 'dana', name: 'Dana', group: 'dba' }] }]);
    const done = act(decision, vote(ANA, { earlier: [MAX] }), later(2)).decision;
    expect(done.status).toBe('ALLOWED');
    expect(renderCard(done).outcome).toMatch(/^Approved by Max for Dana in .*; Ana in /);
  });

  it('is not one more when its own person votes too, in either order, and is told of both', () => {
    for (const [first, second] of [
      [MAX, DANA],
      [DANA, MAX],
    ] as const) {
      const once = act(asked(), vote(first)).decision;
      const { refused } = act(once, vote(second, { earlier: [first] }), later(2));
      expect(refused?.code).toBe('already-voted');
      if (second === MAX) expect(refused?.text).toContain('You hold the seat of Dana: together you are one vote.');
      expect(act(once, vote(ANA, { earlier: [first] }), later(3)).decision.status).toBe('ALLOWED');
    }
  });

  it('is not one of two who deny either', () => {
    const once = act(asked(two({ deny_quorum: 2 })), deny(MAX)).decision;
    expect(act(once, { ...deny(DANA), earlier: [MAX] }, later(2)).decision.status).toBe('PENDING');
    expect(act(once, { ...deny(ANA), earlier: [MAX] }, later(2)).decision.status).toBe('DENIED');
  });

  it('is not counted on beside its own person when it is asked whether enough are left', () => {
    expect(holding({ verdict: two(), members: [DANA, MAX] })).toMatchObject({
      type: 'decision.denied',
      reasons: [{ rule: 'nobody-eligible' }, {}],
    });
  });

  it('is one of those who hold the seat of one person, and no more', () => {
    const ZOE = holder('zoe', [], seatOf(DANA));
    const once = act(asked(two(), [DANA, ANA, MAX, ZOE]), vote(MAX)).decision;
    expect(act(once, vote(ZOE, { earlier: [MAX] }), later(2)).refused?.code).toBe('already-voted');
    const both = holder('zoe', [], seatOf(DANA), seatOf(ANA));
    expect(act(once, vote(both, { earlier: [MAX] }), later(2)).decision.status).toBe('ALLOWED');
  });

  it('is refused when they may not decide, whoever handed it to them', () => {
    const owner = holder('sam', [], seatOf(DANA));
    expect(act(asked(), vote(owner)).refused?.text).toBe(
      'You own the agent that asks, so someone else has to decide. The seat of Dana does not change that. Asked: Dana, Ana, Max.',
    );
  });

  it.each([
    ['sam', {}, 'self-approval', 'who owns the agent that asks'],
    ['lee', {}, 'self-approval', 'on whose behalf the agent acts'],
    ['eve', { exclude: ['contractors'] }, 'excluded', 'whom policy excludes from this request'],
  ])('is refused on the seat of %s, who may not decide, and both are named', (id, more, code, why) => {
    const whose = person(id, ['dba', 'contractors']);
    const given = asked(two(more), [DANA, ANA]);
    const { refused } = act(given, vote(holder('max', [], seatOf(whose))));
    expect(refused?.code).toBe(code);
    expect(refused?.text).toContain(`You, Max, hold the seat of ${whose.name}, ${why}, so neither of you can decide.`);
  });

  it('is refused on the seat of whoever owns the agent by now, by whatever name', () => {
    const nameless = holder('max', [], { group: 'dba', for: 'dana' });
    expect(act(asked(), vote(nameless, { owner: 'dana' })).refused?.text).toContain('hold the seat of dana, who owns');
    const linked = holder('max', [], { group: 'dba', for: 'x', also: ['Dana'] });
    expect(act(asked(), vote(linked, { owner: 'dana' })).refused?.code).toBe('self-approval');
    expect(act(asked(), vote(nameless)).events[0]).toMatchObject({ standing_in: [{ name: 'dana' }] });
  });

  it('counts only while they hold it: when the quorum completes, and when the grant is used', () => {
    const once = act(asked(), vote(MAX)).decision;
    const over = person('max', ['web']);
    expect(act(once, vote(ANA, { earlier: [over] }), later(2)).decision.status).toBe('PENDING');
    const done = act(once, vote(ANA, { earlier: [MAX] }), later(2)).decision;
    expect(act(done, redeeming({ approvers: [over, ANA] }), later(3)).refused?.code).toBe('approver-gone');
    expect(act(done, redeeming({ approvers: [MAX, ANA] }), later(3)).decision.status).toBe('REDEEMED');
  });
});

describe('a duty that is taken in turns', () => {
  const onDuty = person('dana', ['oncall'], { rota: ['oncall'] });
  const before = person('dana', [], { rota: ['oncall'] });
  const next = person('ana', ['oncall'], { rota: ['oncall'] });
  const calls = (more: Partial<ApprovalTerms> = {}) =>
    pending({
      verdict: verdict({ approval: terms({ seats: [{ group: 'oncall', count: 1 }], ...more }) }),
      members: [onDuty],
    });

  it('stays with whoever was asked, for what was asked, when it is handed over', () => {
    const done = act(calls(), vote(before)).decision;
    expect(done.status).toBe('ALLOWED');
    expect(act(done, redeeming({ approvers: [before] }), later(3)).decision.status).toBe('REDEEMED');
    expect(isConcerned(calls(), before)).toBe(true);
    expect(isConcerned(calls(), person('dana', []))).toBe(false);
  });

  it('is nothing to whoever has left, and to those whose turn it was not', () => {
    expect(act(calls(), vote(person('dana', []))).refused?.code).toBe('not-asked');
    expect(act(calls(), vote(person('ben', [], { rota: ['oncall'] }))).refused?.code).toBe('not-asked');
  });

  it('comes to whoever is next only where policy lets late members vote', () => {
    expect(act(calls(), vote(next)).refused?.code).toBe('joined-later');
    const late = act(calls({ late_members: true }), vote(next)).decision;
    expect(late.status).toBe('ALLOWED');
    const handedOn = person('ana', [], { rota: ['oncall'] });
    expect(act(late, redeeming({ approvers: [handedOn] }), later(3)).decision.status).toBe('REDEEMED');
  });
});

it('whoever comes too late is refused and on the record, although no timer has run', () => {
  const { events, refused, decision } = act(pending() as Pending, vote(DANA), later(901));
  expect(events).toEqual([
    { type: 'decision.expired' },
    { type: 'vote.refused', voter: 'dana', vote: 'approve', because: 'expired', channel: 'api' },
  ]);
  expect([refused?.code, decision.status]).toEqual(['expired', 'EXPIRED']);
  expect(act(approved(), redeeming({ approvers: EVERYONE }), later(5_000)).events).toHaveLength(1);
  expect([allowed().status, fold([])]).toEqual(['ALLOWED', undefined]);
});
