import { describe, expect, it } from 'vitest';
import {
  act,
  allowed,
  approved,
  BEN,
  DANA,
  deny,
  DIGEST,
  fold,
  later,
  pending,
  play,
  redeeming,
  SAM,
  T0,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { decide, type Command } from './decide.js';
import { evolve } from './evolve.js';
import type { Person } from './request.js';
import type { Decision } from './state.js';
import type { Verdict } from './verdict.js';

const revoke: Command = { type: 'revoke', by: DANA, reason: 'incident' };
const withdraw: Command = { type: 'withdraw', by: 'release-bot' };
const report: Command = { type: 'report', by: 'release-bot', success: true, summary: '12,480 rows' };
const wants = (...seats: { group: string; count: number }[]) => verdict({ approval: terms({ seats }) });

describe('a deadline that has passed is settled before anything else', () => {
  const commands: [string, Command][] = [
    ['a late approval', vote(DANA)],
    ['a late denial', deny(DANA)],
    ['a late vote of somebody who has none', vote(SAM)],
    ['a late withdrawal', withdraw],
    ['a late repetition', { type: 'repeat', request_id: 'r2' }],
    ['a late redemption', redeeming()],
    ['a late revocation', revoke],
    ['a late report', report],
  ];
  it.each(commands)('%s loses to the expiry of the request, even if no timer has run', (_, command) => {
    const { decision, events, refused } = act(pending(), command, later(900));
    expect(decision).toMatchObject({ status: 'EXPIRED', expired: 'approval' });
    expect(events[0]).toEqual({ type: 'decision.expired' });
    expect(events.slice(1)).toMatchObject(
      command.type === 'vote' ? [{ type: 'vote.refused', voter: command.voter.id, because: 'expired' }] : [],
    );
    expect(refused?.code).toBe('expired');
  });
  it.each(commands)('%s loses to the expiry of the grant', (_, command) => {
    const { decision, events, refused } = act(approved(), command, later(601));
    expect(decision).toMatchObject({ status: 'EXPIRED', expired: 'grant' });
    expect(events).toEqual([{ type: 'grant.expired', grant_id: 'grt_1', unused: 1 }]);
    expect(refused?.code).toBe('grant-expired');
  });

  it('a timer settles it without a refusal, once, and not a moment early', () => {
    expect(act(pending(), { type: 'expire' }, later(899.999)).events).toEqual([]);
    const { decision, refused } = act(pending(), { type: 'expire' }, later(900));
    expect(decision.status).toBe('EXPIRED');
    expect(refused).toBeUndefined();
    expect(act(decision, { type: 'expire' }, later(901)).events).toEqual([]);
    expect(act(approved(), { type: 'expire' }, later(600.999)).events).toEqual([]);
    expect(act(allowed(true), { type: 'expire' }, later(600)).decision).toMatchObject({ expired: 'grant' });
    expect(act(allowed(), { type: 'expire' }, later(1e6)).events).toEqual([]);
  });

  it.each(['2026-11-20T14:15:00Z', '2026-11-20T16:15:00.000+02:00', 'not a time'])(
    'another spelling of the moment buys no second: %s',
    (at) => expect(decide(pending(), vote(DANA), at).refused?.code).toBe('expired'),
  );

  it('the vote in the last millisecond counts', () => {
    expect(act(pending(), vote(DANA), later(899.999)).decision.status).toBe('ALLOWED');
  });
});

describe('redeem: an approval is not a bearer token', () => {
  it('the exact action, by approvers who still may, runs once', () => {
    const { decision, events, refused } = act(approved(), redeeming(), later(2));
    expect(refused).toBeUndefined();
    expect(events).toEqual([
      { type: 'grant.redeemed', grant_id: 'grt_1', by: 'release-bot', policy: { revision: 'rev-1' }, use: 1 },
    ]);
    expect(decision).toMatchObject({ status: 'REDEEMED', redeemed_at: later(2) });
  });

  it('a second redeem is refused', () => {
    const { refused, events, decision } = play(approved(), redeeming(), redeeming());
    expect(refused?.code).toBe('grant-used');
    expect(events).toEqual([{ type: 'grant.refused', grant_id: 'grt_1', by: 'release-bot', because: 'grant-used' }]);
    expect(decision.status).toBe('REDEEMED');
  });

  it('revoke, then redeem: the revocation wins', () => {
    expect(play(approved(), revoke, redeeming()).refused?.code).toBe('grant-revoked');
  });

  it('a digest that differs in one byte is another action', () => {
    for (let i = 0; i < DIGEST.length; i++) {
      const action_digest = DIGEST.slice(0, i) + (DIGEST[i] === 'A' ? 'B' : 'A') + DIGEST.slice(i + 1);
      expect(act(approved(), redeeming({ action_digest })).refused?.code).toBe('action-differs');
    }
    expect(act(approved(), redeeming({ action_digest: '' })).refused?.code).toBe('action-differs');
  });

  it('the grant of another decision does not fit', () => {
    expect(act(approved(), redeeming({ grant_id: 'grt_2' })).refused?.code).toBe('wrong-grant');
  });

  it('policy has the last word: an approval does not override a denial', () => {
    const denies: Verdict = verdict({
      effect: 'deny',
      approval: undefined,
      reasons: [
        { rule: 'freeze', text: 'a freeze is on' },
        { rule: 'x', text: 'and more' },
      ],
    });
    const { refused } = act(approved(), redeeming({ verdict: denies }));
    expect(refused).toMatchObject({ code: 'policy-denies' });
    expect(refused?.text).toContain('a freeze is on; and more');
  });

  it.each<[string, Person[]]>([
    ['has left the group', [{ ...DANA, groups: ['finance'] }]],
    ['is disabled', [{ ...DANA, disabled: true }]],
    ['is a guest now', [{ ...DANA, guest: true }]],
    ['is no longer in the directory', []],
  ])('an approver who %s no longer approves', (_, approvers) => {
    expect(act(approved(), redeeming({ approvers })).refused?.code).toBe('approver-gone');
  });

  it('an approver who owns the agent by now no longer approves', () => {
    expect(act(approved(), redeeming({ owner: 'Dana' })).refused?.code).toBe('approver-gone');
  });

  it('people who did not approve cannot stand in for one who has gone', () => {
    const approvers = [BEN, { ...DANA, groups: [] }];
    expect(act(approved(), redeeming({ approvers })).refused?.code).toBe('approver-gone');
  });

  it('what policy wants now counts as well as what it wanted then', () => {
    const dba = { group: 'dba', count: 1 };
    expect(act(approved(), redeeming({ verdict: wants(dba) })).decision.status).toBe('REDEEMED');
    for (const now of [
      wants(dba, { group: 'finance', count: 1 }),
      wants({ group: 'dba', count: 2 }),
      wants({ group: 'security', count: 1 }),
      wants(),
      verdict({ approval: undefined }),
      verdict({ approval: terms({ exclude: ['dana'] }) }),
    ]) {
      expect(act(approved(), redeeming({ verdict: now })).refused?.code).toBe('approver-gone');
    }
  });

  it('policy that has become milder does not undo what was asked for', () => {
    const seats = [
      { group: 'dba', count: 1 },
      { group: 'finance', count: 1 },
    ];
    const { decision } = play(pending({ verdict: wants(...seats) }), vote(DANA), vote(BEN));
    const now = wants({ group: 'dba', count: 1 });
    expect(act(decision, redeeming({ verdict: now, approvers: [DANA] })).refused?.code).toBe('approver-gone');
  });

  it('somebody who denied is no approver, whatever came of it', () => {
    const { approval } = approved();
    const votes = approval!.votes.map((one) => ({ ...one, vote: 'deny' as const }));
    const decision = { ...approved(), approval: { ...approval!, votes } } as Decision;
    expect(act(decision, redeeming()).refused?.code).toBe('approver-gone');
  });

  it('what policy allowed by itself is not run when policy now wants people', () => {
    expect(act(allowed(true), redeeming({ verdict: wants({ group: 'dba', count: 1 }) })).refused?.code).toBe(
      'policy-denies',
    );
    expect(act(allowed(true), redeeming()).decision.status).toBe('REDEEMED');
  });

  it('somebody who approved twice over, in two groups, is still one', () => {
    const seats = [
      { group: 'dba', count: 1 },
      { group: 'finance', count: 1 },
    ];
    const { decision } = play(pending({ verdict: wants(...seats) }), vote(BEN), vote(DANA));
    expect(act(decision, redeeming({ approvers: [BEN, { ...BEN }, { ...BEN, id: 'BEN' }] })).refused?.code).toBe(
      'approver-gone',
    );
  });

  it.each([
    ['PENDING', pending(), 'no-grant'],
    ['DENIED', act(pending(), deny(DANA)).decision, 'no-grant'],
    ['EXPIRED', act(pending(), { type: 'expire' }, later(900)).decision, 'grant-expired'],
    ['WITHDRAWN', act(pending(), withdraw).decision, 'no-grant'],
    ['ALLOWED outright', allowed(), 'no-grant'],
  ] as const)('there is nothing to redeem in %s', (_, decision, code) => {
    const { refused, events } = act(decision, redeeming());
    expect(refused?.code).toBe(code);
    expect(events).toMatchObject([{ type: 'grant.refused', because: code }]);
  });
});

describe('revoke, withdraw, report, repeat', () => {
  it('a permission that is not used yet can be taken back, with a reason', () => {
    expect(act(approved(), revoke).decision).toMatchObject({
      status: 'REVOKED',
      revoked_by: { id: 'dana', name: 'Dana', reason: 'incident' },
    });
    expect(act(approved(), { ...revoke, reason: '\u200B ' }).refused?.code).toBe('reason-required');
    expect(act(allowed(), revoke).refused).toMatchObject({ code: 'no-grant', text: expect.stringMatching('outright') });
  });

  it.each([
    ['PENDING', pending(), 'still waiting'],
    ['DENIED', act(pending(), deny(DANA)).decision, 'denied'],
    ['REDEEMED', act(approved(), redeeming()).decision, 'has been used'],
    ['REVOKED', act(approved(), revoke).decision, 'revoked'],
  ])('there is nothing to revoke in %s', (_, decision, text) => {
    const { refused, events } = act(decision, revoke);
    expect(refused).toMatchObject({ code: 'no-grant', text: expect.stringContaining(text) });
    expect(events).toEqual([]);
  });

  it('only what waits can be withdrawn', () => {
    expect(act(pending(), withdraw).decision).toMatchObject({ status: 'WITHDRAWN' });
    expect(act(pending(), { ...withdraw, reason: 'no need' }).decision).toMatchObject({ withdrawn_because: 'no need' });
    expect(act(approved(), withdraw).refused?.code).toBe('already-decided');
    expect(act(act(pending(), { type: 'expire' }, later(900)).decision, withdraw).refused?.code).toBe('expired');
  });

  it('an outcome is reported once, by who ran it, and only for what could run', () => {
    const ran = act(approved(), redeeming()).decision;
    const { decision } = act(ran, { ...report, details: { rows: 1 } }, later(5));
    expect(decision.outcome).toEqual({
      by: 'release-bot',
      success: true,
      summary: '12,480 rows',
      details: { rows: 1 },
      use: 1,
      at: later(5),
    });
    expect(act(decision, report)).toMatchObject({ events: [] });
    expect(act(decision, report).refused).toBeUndefined();
    expect(act(decision, { ...report, success: false }).refused?.code).toBe('already-reported');
    expect(act(decision, { ...report, summary: 'none' }).refused?.code).toBe('already-reported');
    // Of what was allowed outright there is one run, which has no number.
    const outright = act(allowed(), report).decision;
    expect(outright.outcome?.success).toBe(true);
    expect(act(outright, report).events).toEqual([]);
    expect(act(approved(), report).refused?.text).toContain('has not been redeemed');
    expect(act(pending(), report).refused).toMatchObject({
      code: 'not-acted',
      text: expect.stringContaining('waiting'),
    });
  });

  it('a repetition is written down and changes nothing', () => {
    const waiting = pending();
    const { decision, events } = act(waiting, { type: 'repeat', request_id: 'r2', submitted_by: 'gateway' });
    expect(events).toEqual([{ type: 'decision.repeated', request_id: 'r2', submitted_by: 'gateway' }]);
    expect(decision).toEqual({ ...waiting, version: 2 });
    expect(act(waiting, { type: 'repeat' }).events).toEqual([{ type: 'decision.repeated' }]);
  });
});

describe('evolve', () => {
  const recorded = (type: string, data: object, version = 9) => ({
    type,
    at: later(9),
    decision_id: 'dec_1',
    version,
    data,
  });

  it('an event that was counted already changes nothing', () => {
    const decision = approved();
    for (const version of [1, 2, 3]) {
      expect(evolve(decision, recorded('decision.revoked', { by: 'x', by_name: 'X', reason: 'r' }, version))).toBe(
        decision,
      );
    }
  });

  it('a type this version does not know moves nothing but the version', () => {
    const decision = pending();
    expect(evolve(decision, recorded('decision.delegated', { to: 'eve' }))).toEqual({ ...decision, version: 9 });
    expect(evolve(undefined, recorded('decision.delegated', {}, 1))).toBeUndefined();
    expect(evolve(undefined, recorded('vote.cast', {}, 1))).toBeUndefined();
  });

  it('facts that do not fit a state do not move it', () => {
    const facts: [string, object][] = [
      ['vote.cast', { voter: 'x', vote: 'approve', groups: ['dba'], channel: 'api', voter_name: 'X' }],
      ['decision.approved', { approvers: [], grant: { id: 'g', expires_at: later(1), uses: 1 } }],
      ['decision.rejected', { by: 'x', by_name: 'X', reason: 'r' }],
      ['decision.expired', {}],
      ['decision.withdrawn', { by: 'x' }],
      ['grant.redeemed', { grant_id: 'g', by: 'x', policy: { revision: 'r' } }],
      ['decision.revoked', { by: 'x', by_name: 'X', reason: 'r' }],
      ['grant.expired', { grant_id: 'g' }],
      ['decision.allowed', {}],
      ['decision.denied', {}],
      ['decision.held', {}],
      ['decision.repeated', {}],
      ['vote.refused', {}],
      ['grant.refused', {}],
    ];
    const ended = [
      act(pending(), deny(DANA)).decision,
      act(pending(), withdraw).decision,
      act(pending(), { type: 'expire' }, later(900)).decision,
      act(approved(), redeeming()).decision,
      act(approved(), revoke).decision,
    ];
    for (const decision of ended) {
      for (const [type, data] of facts)
        expect(evolve(decision, recorded(type, data))).toEqual({ ...decision, version: 9 });
    }
    expect(evolve(allowed(), recorded('grant.redeemed', {}))).toMatchObject({ status: 'ALLOWED' });
  });

  it('a denial by policy carries nobody who denied it', () => {
    const { request, agent, action_digest, reasons, risk, policy } = pending();
    const denied = fold([{ type: 'decision.denied', request, agent, action_digest, reasons, risk, policy }]);
    expect(denied).toEqual({
      id: 'dec_1',
      version: 1,
      status: 'DENIED',
      ...{ request, agent, action_digest, reasons, risk, policy, obligations: [], created_at: T0, updated_at: T0 },
    });
  });
});
