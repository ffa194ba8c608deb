import { State } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
  approved,
  BOT,
  DANA,
  decisions,
  eventsOf,
  HOLD,
  newPlace,
  startGate,
  typesOf,
  type Gate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';

// Grants that policy lets be used several times.

let place: Awaited<ReturnType<typeof newPlace>>;
let gates: Gate[];
beforeAll(async () => {
  place = await newPlace();
  gates = [];
  for (let i = 0; i < 4; i++) gates.push(await startGate({ ...place, policies: ANYTHING }));
});
afterAll(async () => {
  for (const gate of gates) await gate.stop();
  await place.remove();
});

const granting = (uses: number, expires_in = '1m') => answered({ ...HOLD, grant: { uses, expires_in } });
const redeem = (grant: string, request: object, gate = gates[0]!) =>
  gate.grpc.call(BOT, decisions.redeemGrant, { ...request, grant });

describe('a grant of several uses', () => {
  it('works so often, each use with its number on record, and its outcome', async () => {
    const request = granting(3);
    const decided = await approved(gates[0]!, request);
    const { id, grant } = decided;
    expect(decided.grantUsesLeft).toBe(3);
    for (const use of [1, 2, 3]) {
      const answer = await redeem(grant, request);
      expect(answer).toMatchObject({
        ...{ redeemed: true, use, usesLeft: 3 - use },
        decision: { state: use < 3 ? State.ALLOWED : State.REDEEMED, mayAct: use < 3 },
      });
      // It stays the same grant, however often it has been used.
      if (use < 3) expect((await gates[0]!.grpc.call(BOT, decisions.getDecision, { id })).grant).toBe(grant);
      await gates[0]!.grpc.call(BOT, decisions.reportOutcome, { id, success: use !== 2, use });
    }
    await expect(redeem(grant, request)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'GRANT_USED' });
    const facts = (await eventsOf(place.admin, id)).map(({ type, data }) => [type, (data as { use?: number }).use]);
    expect(facts.slice(2)).toEqual([
      ['decision.approved', undefined],
      ...[1, 2, 3].flatMap((use) => [
        ['grant.redeemed', use],
        ['outcome.reported', use],
      ]),
      ['grant.refused', undefined],
    ]);
  });

  it('cannot be used more often by 64 at once through four processes', async () => {
    const request = granting(5);
    const { id, grant } = await approved(gates[0]!, request);
    const results = await Promise.allSettled(
      Array.from({ length: 64 }, (_, i) => redeem(grant, request, gates[i % 4])),
    );
    const uses = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.use : []));
    expect(uses.sort()).toEqual([1, 2, 3, 4, 5]);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ reason: 'GRANT_USED' });
    const types = await typesOf(place.admin, id);
    expect(types.filter((type) => type === 'grant.redeemed')).toHaveLength(5);
    expect(types.filter((type) => type === 'grant.refused')).toHaveLength(59);
  });

  it('lapses with the uses that are left, on record', async () => {
    const request = granting(3, '2s');
    const { id, grant } = await approved(gates[0]!, request);
    await redeem(grant, request);
    await until('it is over', async () => (await typesOf(place.admin, id)).includes('grant.expired'));
    expect((await eventsOf(place.admin, id)).at(-1)).toMatchObject({ type: 'grant.expired', data: { unused: 2 } });
    await expect(redeem(grant, request)).rejects.toMatchObject({ reason: 'GRANT_EXPIRED' });
    expect(await gates[0]!.grpc.call(BOT, decisions.getDecision, { id })).toMatchObject({
      ...{ state: State.EXPIRED, mayAct: false, grant: '', grantUsesLeft: 0 },
    });
  });

  it('is over when it is revoked, whatever was left', async () => {
    const request = granting(3);
    const { id, grant } = await approved(gates[0]!, request);
    await redeem(grant, request);
    await gates[1]!.grpc.call(DANA, approvals.revokeDecision, { id, reason: 'incident' });
    await expect(redeem(grant, request, gates[2])).rejects.toMatchObject({ reason: 'GRANT_REVOKED' });
    // What ran, ran: its outcome is still wanted.
    await gates[0]!.grpc.call(BOT, decisions.reportOutcome, { id, success: true });
    expect((await typesOf(place.admin, id)).at(-1)).toBe('outcome.reported');
  });

  it('is judged by policy at every use', async () => {
    const request = granting(3);
    const { grant } = await approved(gates[0]!, request);
    await redeem(grant, request);
    const fewer = answered({ ...HOLD, grant: { uses: 1 } });
    await expect(redeem(grant, { ...request, contextForm: fewer.contextForm })).rejects.toMatchObject({
      reason: 'POLICY_DENIES',
    });
    expect(await redeem(grant, request)).toMatchObject({ use: 2 });
  });
});
