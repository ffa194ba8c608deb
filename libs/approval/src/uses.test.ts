import { describe, expect, it } from 'vitest';
import {
  act,
  allowed,
  approved,
  DANA,
  DIGEST,
  fold,
  later,
  pending,
  play,
  redeeming,
  verdict,
} from '../test/office.js';
import { renderCard } from './card.js';
import type { Command } from './decide.js';
import { evolve } from './evolve.js';
import { grantTerms } from './hold.js';
import { usesMade, type Decision } from './state.js';

// A grant that policy lets be used several times: counted one by one, never more, and what is left over lapses on record.

const granting = (uses: number) => ({ verdict: verdict({ grant: { expires_in_s: 600, uses } }) });
const three = approved(granting(3));
const report: Command = { type: 'report', by: 'release-bot', success: true, summary: 'done' };

it('an outcome that is reported again in the same words is the same, also where nothing was counted', () => {
  const { decision } = act(allowed(), report);
  expect(act(decision, report)).toMatchObject({ events: [] });
  expect(act(decision, report).refused).toBeUndefined();
  expect(act(decision, { ...report, success: false }).refused?.code).toBe('already-reported');
});

describe('a grant of three uses', () => {
  it('is used three times, each with its number, and then never again', () => {
    let decision: Decision = three;
    for (const use of [1, 2, 3]) {
      const step = act(decision, redeeming(), later(use + 1));
      expect(step.refused).toBeUndefined();
      expect(step.events).toMatchObject([{ type: 'grant.redeemed', use }]);
      expect(step.decision).toMatchObject({ status: use < 3 ? 'ALLOWED' : 'REDEEMED', used: use });
      decision = step.decision;
    }
    expect(decision).toMatchObject({ redeemed_at: later(4), granted_at: later(1) });
    const { refused, events } = act(decision, redeeming());
    expect(refused).toMatchObject({ code: 'grant-used', text: expect.stringContaining('used 3 times') });
    expect(events).toMatchObject([{ type: 'grant.refused', because: 'grant-used' }]);
  });

  it('is what the approver was told it would be', () => {
    const waiting = pending(granting(3));
    expect(renderCard(waiting).effect).toBe('Approving lets this exact call run up to 3 times.');
    expect(waiting.approval.grant).toEqual({ expires_in_s: 600, uses: 3 });
    expect(three).toMatchObject({ grant: { uses: 3 } });
    expect(renderCard(play(three, redeeming()).decision).outcome).toMatch(/ Used once of 3\.$/);
    expect(renderCard(play(three, redeeming(), redeeming()).decision).outcome).toMatch(/ Used 2 times of 3\.$/);
  });

  it('works once when policy says nothing', () => {
    expect(grantTerms({})).toEqual({ expires_in_s: 600, uses: 1 });
    expect(play(approved(), redeeming(), redeeming()).refused?.text).toContain('It works once');
  });

  it('lapses with what is left of it, on record, once', () => {
    const used = play(three, redeeming()).decision;
    const { decision, events, refused } = act(used, redeeming(), later(601));
    expect(events).toEqual([{ type: 'grant.expired', grant_id: 'grt_1', unused: 2 }]);
    expect(refused).toMatchObject({ code: 'grant-expired', text: expect.stringContaining('before all of its uses') });
    expect(decision).toMatchObject({ status: 'EXPIRED', expired: 'grant', used: 1 });
    expect(renderCard(decision).outcome).toMatch(/Expired: it was used once\.$/);
    expect(act(decision, { type: 'expire' }, later(602)).events).toEqual([]);
  });

  it('can be taken back after a use', () => {
    const { decision } = play(three, redeeming(), { type: 'revoke', by: DANA, reason: 'incident' });
    expect(decision.status).toBe('REVOKED');
    expect(act(decision, redeeming()).refused?.code).toBe('grant-revoked');
  });

  it('is judged anew at every use', () => {
    const used = play(three, redeeming()).decision;
    expect(act(used, redeeming({ action_digest: 'another' })).refused?.code).toBe('action-differs');
    expect(act(used, redeeming({ approvers: [] })).refused?.code).toBe('approver-gone');
    const fewer = verdict({ effect: 'allow', approval: undefined, grant: { expires_in_s: 600, uses: 1 } });
    expect(act(three, redeeming({ verdict: fewer })).refused).toBeUndefined();
    expect(act(used, redeeming({ verdict: fewer })).refused).toMatchObject({
      code: 'policy-denies',
      text: expect.stringContaining('to 1.'),
    });
  });

  it('has an outcome for every use, and none for a use that was not made', () => {
    const twice = play(three, redeeming(), redeeming()).decision;
    const first = act(twice, { ...report, use: 1 });
    expect(first.events).toEqual([
      { type: 'outcome.reported', by: 'release-bot', success: true, summary: 'done', use: 1 },
    ]);
    expect(act(first.decision, { ...report, use: 1 })).toMatchObject({ events: [] });
    expect(act(first.decision, { ...report, use: 1, success: false }).refused?.code).toBe('already-reported');
    expect(act(first.decision, { ...report, use: 3 }).refused).toMatchObject({
      code: 'not-acted',
      text: expect.stringContaining('Use 3 of the grant has not been made'),
    });
    // Without a number it is the last one.
    const second = act(first.decision, { ...report, success: false });
    expect(second.decision).toMatchObject({ outcome: { use: 2, success: false }, reported: [1, 2] });
    expect(act(second.decision, { ...report, use: 1 }).refused?.code).toBe('already-reported');
    const { decision } = play(second.decision, { type: 'revoke', by: DANA, reason: 'incident' });
    expect(act(decision, report).refused?.code).toBe('already-reported');
    expect(act(act(twice, { type: 'expire' }, later(601)).decision, report, later(602)).events).toHaveLength(1);
    expect(act(three, report).refused?.text).toContain('has not been redeemed');
    expect(act(allowed(), { ...report, use: 4 }).events).toEqual([
      { type: 'outcome.reported', by: 'release-bot', success: true, summary: 'done' },
    ]);
  });
});

describe('what was recorded when every grant worked once', () => {
  const recorded = (type: string, data: object, version: number) => ({
    ...{ type, at: later(9), decision_id: 'dec_1', version, data },
  });
  const use = { grant_id: 'grt_1', by: 'release-bot', policy: { revision: 'rev-1' } };

  it.each([1, 3])('folds as it did: one use was the last, even if the number said %i', (uses) => {
    const issued = allowed(true, uses);
    const used = evolve(issued, recorded('grant.redeemed', use, 2))!;
    expect(used).toMatchObject({ status: 'REDEEMED', redeemed_at: later(9), used: 1 });
    expect(evolve(used, recorded('outcome.reported', { by: 'release-bot', success: true }, 3))).toMatchObject({
      outcome: { by: 'release-bot', success: true, at: later(9) },
    });
    expect(evolve(issued, recorded('grant.expired', { grant_id: 'grt_1' }, 2))).toMatchObject({ status: 'EXPIRED' });
  });

  it('is understood in the states that were kept, which have no number either', () => {
    const { used: _, ...kept } = play(approved(), redeeming()).decision;
    expect(usesMade(kept as Decision)).toBe(1);
    const reported = act(kept as Decision, report).decision;
    const { reported: __, ...old } = reported;
    expect(act(old as Decision, report).events).toEqual([]);
    expect(act(old as Decision, { ...report, success: false }).refused?.code).toBe('already-reported');
    expect(usesMade(allowed())).toBe(0);
  });

  it('says more now, and a fact that says more than the grant allowed still ends it', () => {
    const used = fold([{ type: 'grant.redeemed', ...use, use: 7 }], later(2), three)!;
    expect(used).toMatchObject({ status: 'REDEEMED', used: 7, action_digest: DIGEST });
  });
});
