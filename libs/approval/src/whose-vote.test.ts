import { describe, expect, it } from 'vitest';
import {
  act,
  ANA,
  approved,
  BEN,
  DANA,
  later,
  pending,
  person,
  redeeming,
  T0,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import type { Person } from './request.js';

// One id, two people: a name that an identity provider has taken from one person and given to another.

const TWO = { verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 2 }] }) }) };
/** Whoever is called dana from three seconds on is somebody else than who voted before. */
const NEXT: Person = { ...DANA, since: later(3) };
/** The first Dana under her new name. */
const RENAMED = person('dana-roy', ['dba'], { since: later(3) });

describe('an id that is another person’s by now', () => {
  it('does not make two voters of one who is renamed, while somebody else takes the old name', () => {
    const once = act(pending(TWO), vote(DANA)).decision;
    expect(act(once, vote(RENAMED, { earlier: [NEXT] }), later(4)).decision.status).toBe('PENDING');
    expect(act(once, vote(BEN, { earlier: [DANA] }), later(4)).decision.status).toBe('ALLOWED');
  });

  it('votes for itself: the vote of whoever had it before neither counts, nor bars, nor can be taken back', () => {
    const once = act(pending(TWO), vote(DANA)).decision;
    expect(act(once, { type: 'retract', voter: NEXT, channel: 'api' }, later(4)).refused?.code).toBe('no-vote');
    expect(act(once, vote(NEXT, { earlier: [NEXT] }), later(4)).decision).toMatchObject({
      status: 'PENDING',
      approval: { votes: [{ voter: 'dana', at: later(4) }] },
    });
  });

  it('redeems nothing that whoever had it before approved', () => {
    const use = (approver: Person) => act(approved(), redeeming({ approvers: [approver] }), later(5));
    expect(use(DANA).refused).toBeUndefined();
    expect(use({ ...DANA, since: T0 }).refused).toBeUndefined();
    expect(use(NEXT).refused?.code).toBe('approver-gone');
  });
});

describe('whoever was asked for one group and joins another', () => {
  const both = terms({
    seats: [
      { group: 'dba', count: 1 },
      { group: 'finance', count: 1 },
    ],
  });
  const waiting = () => pending({ verdict: verdict({ approval: both }), members: [DANA, BEN, ANA] });

  it('is late there: one admin of groups does not fill the seat that is left', () => {
    const once = act(waiting(), vote(ANA)).decision;
    const joined = { ...ANA, groups: ['finance', 'dba'] };
    const moved = { ...DANA, groups: ['finance'] };
    expect(act(once, vote(moved, { earlier: [ANA] }), later(2)).refused?.code).toBe('joined-later');
    // Ana's own seat is hers as before, and she is not one more by having joined.
    expect(act(waiting(), vote(joined)).events).toMatchObject([{ type: 'vote.cast', groups: ['finance'] }]);
  });

  it('hands no seat over there either', () => {
    const seat = { group: 'dba', for: 'ana', name: 'Ana', groups: ['finance', 'dba'] };
    const holder = (more: object = {}) => person('max', ['web'], { stands_in: [{ ...seat, ...more }] });
    expect(act(waiting(), vote(holder())).refused?.code).toBe('joined-later');
    expect(act(waiting(), vote(holder({ for: 'ben' }))).refused).toBeUndefined();
    const asked = { ...ANA, stands_in: [{ ...seat, for: 'eve' }] };
    expect(act(waiting(), vote(asked)).events).toMatchObject([{ type: 'vote.cast', groups: ['finance'] }]);
  });

  it('may, once that group is asked later than they joined', () => {
    const climbing = terms({ escalate: [{ after_s: 60, seats: [{ group: 'finance', count: 1 }] }] });
    const start = pending({ verdict: verdict({ approval: climbing }), members: [DANA] });
    const up = { type: 'escalate' as const, members: [{ ...DANA, groups: ['dba', 'finance'] }, ANA], destinations: [] };
    const later2 = act(start, up, later(61)).decision;
    expect(later2.approval?.asked).toMatchObject([{ id: 'dana', groups: ['dba', 'finance'] }, { id: 'ana' }]);
    expect(act(later2, vote({ ...DANA, groups: ['finance'] }), later(62)).decision.status).toBe('ALLOWED');
  });
});
