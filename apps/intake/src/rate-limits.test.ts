import { Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  GATEWAY,
  HOLD,
  newPlace,
  READ,
  SAM,
  startGate,
  SUPPORT,
  typesOf,
  type Gate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;

beforeAll(async () => {
  place = await newPlace();
  // So slow that nothing comes back while a test runs.
  gate = await startGate({ ...place, env: { COUNTERSIGN_RATE_PER_AGENT: '0.001', COUNTERSIGN_REFUSED_VOTES: '3' } });
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

describe('a credential that asks faster than it may', () => {
  it('is refused before any work, with the time to wait, and nothing is recorded', async () => {
    await gate.grpc.call(SUPPORT, decisions.decide, READ);
    const { rows: before } = await place.admin.query('select from events');
    await expect(gate.grpc.call(SUPPORT, decisions.decide, READ)).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RATE_LIMITED',
    });
    const batch = await gate.grpc.call(SUPPORT, decisions.decideBatch, { requests: [READ, READ] });
    expect(batch.results.map(({ result }) => result.case)).toEqual(['error', 'error']);
    const { rows: after } = await place.admin.query('select from events');
    expect(after).toHaveLength(before.length);
  });
});

describe('a person whose votes are refused again and again', () => {
  it('is heard no more for a while, so that the record does not fill with it', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    const vote = (token: string) => gate.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE });
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => vote(SAM)));
    const codes = answers.map((answer) =>
      answer.status === 'rejected' ? (answer.reason as { code: string }).code : '',
    );
    expect(codes.filter((code) => code === 'PERMISSION_DENIED')).toHaveLength(3);
    expect(codes.filter((code) => code === 'RESOURCE_EXHAUSTED')).toHaveLength(5);
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.refused', 'vote.refused', 'vote.refused']);
    // To try to break the glass is to be refused like any other.
    await expect(gate.grpc.call(SAM, approvals.breakGlass, { decisionId: id, reason: 'now' })).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    });
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => gate.grpc.call(ANA, approvals.breakGlass, { decisionId: id, reason: 'now' })),
    );
    const reasons = tries.map((one) => (one.status === 'rejected' ? (one.reason as { reason: string }).reason : ''));
    expect(reasons.filter((reason) => reason === 'BREAK_GLASS_DENIED')).toHaveLength(3);
    expect(reasons.filter((reason) => reason === 'RATE_LIMITED')).toHaveLength(2);
    const types = await typesOf(place.admin, id);
    expect(types.filter((type) => type === 'break_glass.refused')).toHaveLength(3);
    expect(await vote(DANA)).toMatchObject({ id });
  });
});

describe('whoever would wear out the gate with the rights they have', () => {
  it('changes their mind so often and no more, so that the record does not fill with it', async () => {
    const own = await startGate({ ...place, policies: ANYTHING, env: { COUNTERSIGN_REFUSED_VOTES: '4' } });
    const approval = { seats: [{ group: 'dba', count: 2 }], expires_in: '1h' };
    const { id } = await own.grpc.call(BOT, decisions.decide, answered({ ...HOLD, approval }));
    const cast = (vote: Vote) => own.grpc.call(DANA, approvals.castVote, { id, vote });
    for (let i = 0; i < 4; i++) {
      await cast(Vote.APPROVE);
      await cast(Vote.RETRACT);
    }
    await expect(cast(Vote.APPROVE)).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    expect(await typesOf(place.admin, id)).toHaveLength(9);
    await own.stop();
  });

  it('watches so often at a time and no more', async () => {
    await gate.grpc.call(GATEWAY, decisions.decide, bulkDelete());
    const watch = () => gate.grpc.watch(ANA, approvals.watchApprovals, {});
    const views = Array.from({ length: 20 }, watch);
    await Promise.all(views.map((one) => one.next()));
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_WATCHES' };
    await expect(watch().next()).rejects.toMatchObject(refused);
    await Promise.all(views.map((one) => one.return(undefined)));
    await until(
      'there is room',
      async () =>
        (await watch()
          .next()
          .catch(() => undefined)) !== undefined,
    );
  });
});
