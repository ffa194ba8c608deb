import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  act,
  AGENT,
  ANA,
  BEN,
  DANA,
  DIGEST,
  fold,
  later,
  LEE,
  pending,
  person,
  play,
  redeeming,
  REQUEST,
  SAM,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { renderCard } from './card.js';
import { decide } from './decide.js';
import type { SessionDrawn } from './event.js';
import type { ActionRequest, Person } from './request.js';
import { isVariable, LONGEST_SESSION_S, type Draw } from './session.js';
import type { Decision } from './state.js';
import type { ApprovalTerms, SessionTerms, Verdict } from './verdict.js';
import { nextDue } from './waiting.js';

// One approval for several refunds of one session: never more, never others, never longer than people meant and policy lets.

const session: SessionTerms = {
  expires_in_s: 1_800,
  count: 3,
  vary: ['/action/properties/amount', '/action/properties/order', '/resource/id'],
  limits: [{ pointer: '/action/properties/amount', each: 50, total: 120 }],
};
const refund = (amount: unknown = 40, more: Partial<ActionRequest> = {}): ActionRequest => ({
  ...REQUEST,
  action: { name: 'payments.refund', properties: { amount, order: 'A1', currency: 'EUR' } },
  resource: { type: 'order', id: 'A1' },
  context: { session_id: 'run-77', ticket: 'OPS-1' },
  ...more,
});
const asking = (more: Partial<ApprovalTerms> = {}): Verdict => verdict({ approval: terms({ session, ...more }) });
const waiting = (more: Partial<ApprovalTerms> = {}) => pending({ request: refund(), verdict: asking(more) });
/** Dana approved this refund of 40 and further ones like it. */
const given = (more: Partial<ApprovalTerms> = {}): Decision => act(waiting(more), vote(DANA, { session: {} })).decision;

const drawing = (more: Partial<Draw> = {}): Draw => ({
  type: 'draw',
  request: refund(20),
  decision_id: 'dec_2',
  action_digest: DIGEST,
  agent: AGENT,
  verdict: asking(),
  binding: ['ticket'],
  approvers: [DANA],
  ...more,
});
const refusal = (decision: Decision, more: Partial<Draw> = {}, at = later(60)) =>
  act(decision, drawing(more), at).refused?.code;

describe('leave for a session', () => {
  it('is given by the vote that says so, as far as policy lets', () => {
    const { decision, events } = act(waiting(), vote(DANA, { session: { count: 2, expires_in_s: 600 } }));
    expect(events).toMatchObject([
      { type: 'vote.cast', session: { count: 2, expires_in_s: 600 } },
      { type: 'decision.approved', session: { count: 2, expires_at: later(601) } },
    ]);
    expect(decision.session).toMatchObject({ used: 0, totals: [{ pointer: '/action/properties/amount', sum: 40 }] });
    expect(given().session).toMatchObject({ count: 3, expires_at: later(1_801) });
  });

  it('is not given by an approval that does not mention it', () => {
    const { decision } = act(waiting(), vote(DANA));
    expect(decision.session).toBeUndefined();
    expect(refusal(decision)).toBe('no-session');
  });

  it('is not given where policy has none, where there is no session, or for more than policy lets', () => {
    const refused = (decision: Decision, choice = {}) => act(decision, vote(DANA, { session: choice })).refused;
    expect(refused(pending({ request: refund() }))).toMatchObject({ code: 'no-session' });
    expect(refused(pending({ request: refund(40, { context: {} }), verdict: asking() }))?.text).toMatch(/no session/);
    expect(refused(waiting(), { count: 4 })).toMatchObject({ code: 'no-session' });
    expect(refused(waiting(), { expires_in_s: 1_801 })?.text).toMatch(/3 further actions within 30 minutes at most/);
    expect(act(waiting(), vote(DANA, { vote: 'deny', reason: 'no', session: {} })).events[0]).not.toHaveProperty(
      'session',
    );
  });

  it('takes everybody who approved, and is the least that any of them gave', () => {
    const two = {
      seats: [
        { group: 'dba', count: 1 },
        { group: 'finance', count: 1 },
      ],
    };
    const one = play(waiting(two), vote(DANA, { session: {} }), vote(ANA));
    expect(one.decision).toMatchObject({ status: 'ALLOWED' });
    expect(one.decision.session).toBeUndefined();
    const both = play(
      waiting(two),
      vote(DANA, { session: { count: 1 } }),
      vote(ANA, { session: { expires_in_s: 60 } }),
    );
    expect(both.decision.session).toMatchObject({ count: 1, expires_at: later(62) });
  });

  it('is not carried on by somebody whose approval gave none, once one who gave it has gone', () => {
    const two = {
      seats: [
        { group: 'dba', count: 1 },
        { group: 'finance', count: 1 },
      ],
    };
    const eve = person('eve', ['dba']);
    const asked = pending({ request: refund(), verdict: asking(two), members: [DANA, eve, ANA] });
    const { decision } = play(asked, vote(DANA, { session: {} }), vote(eve), vote(ANA, { session: {} }));
    expect(decision.session).toMatchObject({ used: 0 });
    const approvers = (...people: Person[]) => refusal(decision, { verdict: asking(two), approvers: people });
    expect(approvers(DANA, eve, ANA)).toBeUndefined();
    expect(approvers(eve, ANA)).toBe('approver-gone');
  });

  it('never lasts longer than an hour, whatever policy says', () => {
    const day = given({ session: { ...session, expires_in_s: 86_400 } });
    expect(day.session?.expires_at).toBe(later(1 + LONGEST_SESSION_S));
  });

  it('lets nothing differ that says who acts, for whom, where, or what is done', () => {
    expect(['/action/properties/amount', '/resource/id', '/resource/properties/x'].every(isVariable)).toBe(true);
    const never = ['', '/action', '/action/name', '/action/properties', '/action/properties/', '/subject/id'];
    expect([...never, '/principal', '/context/x', '/resource/type', '/resource/id/x'].some(isVariable)).toBe(false);
  });
});

it('leave that is not used up ends on record, apart from the grant it came with', () => {
  const decision = given();
  expect(nextDue(decision)).toEqual({ at: later(601), type: 'expire' });
  const expired = act(decision, { type: 'expire' }, later(601));
  expect(expired.events.map(({ type }) => type)).toEqual(['grant.expired']);
  expect(nextDue(expired.decision)).toEqual({ at: later(1_801), type: 'expire' });
  expect(act(expired.decision, { type: 'expire' }, later(1_800)).events).toEqual([]);
  const over = act(expired.decision, { type: 'expire' }, later(1_801));
  expect(over.events).toEqual([{ type: 'session.expired', unused: 3 }]);
  expect(nextDue(over.decision)).toBeUndefined();
  expect(refusal(over.decision, {}, later(1_800))).toBe('session-over');
  const both = act(decision, { type: 'expire' }, later(1_801));
  expect(both.events.map(({ type }) => type)).toEqual(['grant.expired', 'session.expired']);
});

it('a stop takes leave back for good, used or not', () => {
  const stop = {
    id: 'stp_1',
    scope: { all: true as const },
    by: 'olu',
    by_name: 'Olu',
    reason: 'incident',
    at: later(2),
  };
  const ends = (decision: Decision) =>
    decide(decision, { type: 'stop' }, later(3), stop as never).events.map(({ type }) => type);
  expect(ends(given())).toEqual(['session.ended', 'decision.revoked']);
  expect(ends(act(given(), redeeming({ approvers: [DANA] })).decision)).toEqual(['session.ended']);
});

describe('a further action', () => {
  it('is allowed once for each use, and counts', () => {
    let decision = given();
    for (const use of [1, 2, 3]) {
      const step = act(decision, drawing({ decision_id: `dec_${use}` }), later(60 + use));
      expect(step.events).toMatchObject([
        { type: 'session.drawn', decision_id: `dec_${use}`, use, amounts: [{ amount: 20 }] },
      ]);
      decision = step.decision;
    }
    expect(decision).toMatchObject({ status: 'ALLOWED', session: { used: 3, totals: [{ sum: 100 }] } });
    expect(refusal(decision)).toBe('session-over');
  });

  it('is allowed whether or not the first was carried out', () => {
    expect(refusal(act(given(), redeeming({ approvers: [DANA] })).decision)).toBeUndefined();
    expect(refusal(act(given(), { type: 'expire' }, later(700)).decision)).toBeUndefined();
    // Also when no timer has said yet that the grant of the first has expired.
    expect(refusal(given(), {}, later(1_700))).toBeUndefined();
  });

  it('is not allowed once the time is over, or when the leave was taken back', () => {
    expect(refusal(given(), {}, later(1_801))).toBe('session-over');
    const revoke = { type: 'revoke' as const, by: BEN, reason: 'a mistake' };
    const { decision, events } = act(given(), revoke);
    expect(events.map(({ type }) => type)).toEqual(['session.ended', 'decision.revoked']);
    expect(refusal(decision)).toBe('session-over');
    const used = act(act(given(), redeeming({ approvers: [DANA] })).decision, revoke);
    expect(used.events.map(({ type }) => type)).toEqual(['session.ended']);
    expect(refusal(used.decision)).toBe('session-over');
    expect(act(used.decision, revoke).refused?.code).toBe('no-grant');
    expect(refusal(waiting())).toBe('no-session');
  });

  it.each<[string, Partial<ActionRequest>]>([
    ['another session', { context: { session_id: 'run-78', ticket: 'OPS-1' } }],
    ['another binding circumstance', { context: { session_id: 'run-77', ticket: 'OPS-2' } }],
    ['another principal', { principal: 'ana' }],
    ['another agent', { subject: { type: 'agent', id: 'other-bot' } }],
    ['another chain of delegation', { subject: { ...REQUEST.subject, properties: { act: { sub: 'eve' } } } }],
    ['another tool', { action: { ...refund().action, name: 'payments.payout' } }],
    [
      'an argument that may not differ',
      { action: { name: 'payments.refund', properties: { amount: 40, order: 'A1', currency: 'USD' } } },
    ],
    [
      'an argument more',
      { action: { name: 'payments.refund', properties: { ...refund().action.properties, to: 'eve' } } },
    ],
    ['another kind of resource', { resource: { type: 'account', id: 'A1' } }],
    ['another place', { audience: 'https://elsewhere.example' }],
    ['another submitter', { submitted_by: 'edge-gateway' }],
  ])('with %s is another question', (_, more) => {
    expect(refusal(given(), { request: refund(20, more) })).toBe('session-differs');
  });

  it('may differ where policy says so, then and now, and in what does not bind', () => {
    const context = { session_id: 'run-77', ticket: 'OPS-1', trace: 'other' };
    const other = refund(1, { context, resource: { type: 'order', id: 'B2' } });
    expect(refusal(given(), { request: other })).toBeUndefined();
    const narrower = asking({ session: { ...session, vary: ['/action/properties/amount'] } });
    expect(refusal(given(), { request: other, verdict: narrower })).toBe('session-differs');
    expect(refusal(given(), { verdict: verdict() })).toBe('no-session');
  });

  it('is bounded by each limit, of then and of now, whatever it is written as', () => {
    expect(refusal(given(), { request: refund(51) })).toBe('session-limit');
    for (const odd of ['20', -1, null, [20], { n: 20 }])
      expect(refusal(given(), { request: refund(odd) }), String(odd)).toBe('session-limit');
    const spent = act(given(), drawing({ request: refund(50) }), later(60)).decision;
    expect(refusal(spent, { request: refund(30) })).toBeUndefined();
    expect(refusal(spent, { request: refund(31) })).toBe('session-limit');
    const now = (limit: object) =>
      asking({ session: { ...session, limits: [{ pointer: '/action/properties/amount', ...limit }] } });
    expect(refusal(given(), { verdict: now({ each: 19 }) })).toBe('session-limit');
    expect(refusal(given(), { verdict: now({ total: 59 }) })).toBe('session-limit');
    expect(refusal(given(), { verdict: now({}) })).toBeUndefined();
    const uncounted = asking({ session: { ...session, limits: [{ pointer: '/action/properties/fee', total: 5 }] } });
    const fee = refund(20, {
      action: { ...refund(20).action, properties: { ...refund(20).action.properties, fee: 1 } },
    });
    expect(refusal(given(), { request: fee, verdict: uncounted })).toBe('session-differs');
    const kept = { ...session, vary: [...session.vary, '/action/properties/fee'] };
    const free = asking({ session: { ...kept, limits: [{ pointer: '/action/properties/fee', total: 5 }] } });
    expect(refusal(given({ session: kept }), { request: fee, verdict: free })).toBe('session-limit');
    const small = asking({ session: { ...kept, limits: [{ pointer: '/action/properties/fee', each: 5 }] } });
    expect(refusal(given({ session: kept }), { request: fee, verdict: small })).toBeUndefined();
  });

  it('has no limit on what policy does not limit', () => {
    const open = { ...session, limits: [] };
    const { events } = act(given({ session: open }), drawing({ verdict: asking({ session: open }) }), later(60));
    expect(events).toEqual([{ type: 'session.drawn', decision_id: 'dec_2', action_digest: DIGEST, use: 1 }]);
  });

  it('takes people who could approve it today, for what policy wants today', () => {
    expect(refusal(given(), { approvers: [] })).toBe('approver-gone');
    expect(refusal(given(), { approvers: [{ ...DANA, disabled: true }] })).toBe('approver-gone');
    expect(refusal(given(), { approvers: [person('dana', ['support'])] })).toBe('approver-gone');
    expect(refusal(given(), { approvers: [BEN] })).toBe('approver-gone');
    expect(refusal(given(), { agent: { ...AGENT, owner: 'dana' } })).toBe('approver-gone');
    expect(refusal(given(), { verdict: asking({ exclude: ['dana'] }) })).toBe('approver-gone');
    expect(refusal(given(), { verdict: asking({ seats: [{ group: 'dba', count: 2 }] }) })).toBe('approver-gone');
    expect(refusal(given(), { verdict: asking({ seats: [{ group: 'finance', count: 1 }] }) })).toBe('approver-gone');
    expect(refusal(given(), { verdict: asking({ step_up: true }) })).toBe('step-up-required');
  });
});

/** A further action that was allowed with that leave. */
const drawn = (origin = given()): Decision => {
  const { request, agent, action_digest, reasons, risk, policy } = origin;
  return fold([
    {
      type: 'decision.allowed',
      ...{ request, agent, action_digest, reasons, risk, policy, obligations: [] },
      grant: { id: 'grt_1', expires_at: later(600), uses: 1 },
      session: { decision_id: origin.id, use: 1, approvers: [{ id: 'dana', name: 'Dana' }] },
    },
  ])!;
};

describe('the grant of a further action', () => {
  const using = { approvers: [DANA], verdict: asking() };

  it('works once, as long as the leave stands and those who gave it could', () => {
    const origin = given();
    const { decision, refused } = act(drawn(), redeeming({ ...using, origin }));
    expect(refused).toBeUndefined();
    expect(decision.status).toBe('REDEEMED');
    expect(
      act(drawn(), redeeming({ ...using, origin, verdict: verdict({ effect: 'allow', approval: undefined }) })).refused,
    ).toBeUndefined();
  });

  it.each([
    [
      'the leave was taken back',
      'grant-revoked',
      { origin: act(given(), { type: 'revoke', by: BEN, reason: 'no' }).decision },
    ],
    ['the leave is not known', 'grant-revoked', { origin: undefined }],
    ['another leave is presented', 'grant-revoked', { origin: { ...given(), id: 'dec_9' } }],
    ['who gave it has left', 'approver-gone', { approvers: [] }],
    ['others are named', 'approver-gone', { approvers: [BEN, SAM, LEE] }],
    ['policy excludes who gave it', 'approver-gone', { verdict: asking({ exclude: ['dana'] }) }],
    ['policy wants more people', 'approver-gone', { verdict: asking({ seats: [{ group: 'dba', count: 2 }] }) }],
  ])('does not work when %s', (_, code, more) => {
    expect(act(drawn(), redeeming({ ...using, origin: given(), ...more })).refused?.code).toBe(code);
  });
});

it('no order of further actions ever comes to more than people gave leave for', () => {
  const choice = fc.record({ amount: fc.integer({ min: 0, max: 60 }), seconds: fc.integer({ min: 0, max: 2_400 }) });
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 12 }), (choices) => {
      let decision = given();
      const made: SessionDrawn[] = [];
      for (const { amount, seconds } of choices) {
        const step = act(decision, drawing({ request: refund(amount) }), later(seconds));
        for (const event of step.events) if (event.type === 'session.drawn') made.push(event);
        if (step.events.length > 0) expect(seconds).toBeLessThan(1_801);
        expect(step.decision.status).toBe('ALLOWED');
        decision = step.decision;
      }
      const amounts = made.map((event) => event.amounts![0]!.amount);
      expect(made.length).toBeLessThanOrEqual(3);
      expect(40 + amounts.reduce((sum, amount) => sum + amount, 0)).toBeLessThanOrEqual(120);
      expect(Math.max(0, ...amounts)).toBeLessThanOrEqual(50);
      expect(made.map(({ use }) => use)).toEqual(made.map((_, i) => i + 1));
    }),
  );
});

it('the card says what an approval for the session lets through, and afterwards by whom it was', () => {
  expect(renderCard(waiting()).effect).toBe(
    'Approving lets this exact call run once. Approving for the session lets up to 3 more like it run within 30 min, where only amount (up to 50 each, 120 in all) and order and resource/id may differ.',
  );
  const exact = waiting({ session: { expires_in_s: 60, count: 1, vary: [], limits: [] } });
  const limits = [
    { pointer: '/action/properties/amount', each: 50 },
    { pointer: '/action/properties/order', total: 9 },
  ];
  expect(renderCard(waiting({ session: { ...session, limits } })).effect).toMatch(
    /only amount \(up to 50 each\) and order \(up to 9 in all\) and/,
  );
  expect(renderCard(exact).effect).toMatch(/up to 1 more like it run within 1 min, exactly the same\.$/);
  expect(renderCard(waiting()).session).toEqual({ count: 3, expires_in_s: 1800 });
  // Who names no session can be given none, so nobody is offered it.
  const { context: _, ...alone } = waiting().request;
  expect(renderCard({ ...waiting(), request: alone })).toMatchObject({
    effect: 'Approving lets this exact call run once.',
  });
  expect(renderCard({ ...waiting(), request: alone }).session).toBeUndefined();
  expect(renderCard(drawn()).session).toBeUndefined();
  expect(renderCard(drawn()).outcome).toBe('Allowed for the session by Dana, with dec_1.');
});

it('leave that was never given can neither be used nor taken back by a recorded event', () => {
  const decision = act(waiting(), vote(DANA)).decision;
  const after = fold(
    [
      { type: 'session.drawn', decision_id: 'dec_2', action_digest: DIGEST, use: 1 },
      { type: 'session.ended', by: 'dana', by_name: 'Dana', reason: 'x' },
    ],
    later(9),
    decision,
  )!;
  const silent = fold(
    [{ type: 'session.drawn', decision_id: 'dec_2', action_digest: DIGEST, use: 1 }],
    later(9),
    given(),
  )!;
  expect(silent.session).toMatchObject({ used: 1, totals: [{ sum: 40 }] });
  const odd = pending({ request: refund('forty'), verdict: asking() });
  expect(act(odd, vote(DANA, { session: {} })).decision.session?.totals).toMatchObject([{ sum: 0 }]);
  expect(after.session).toBeUndefined();
  expect(after.status).toBe('ALLOWED');
});
