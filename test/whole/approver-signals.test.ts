import { Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countersign } from '../../apps/cli/test/terminal-run.js';
import { ANA, approvals, BOT, bulkDelete, DANA, decisions, LEE, newPlace, SAM, startGate, type Gate } from '../gate.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
const dana = 'dana@acme.example';

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate({ ...place, env: { COUNTERSIGN_COOL_DOWN: '0' } });
  for (const [token, vote] of [
    [DANA, Vote.APPROVE],
    [DANA, Vote.APPROVE],
    [DANA, Vote.DENY],
    [ANA, Vote.APPROVE],
  ] as const) {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    await gate.grpc.call(token, approvals.castVote, { id, vote, reason: 'looked at it' });
  }
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

const signals = (token: string, request = {}) => gate.grpc.call(token, approvals.listApproverSignals, request);

describe('signals of approvers', () => {
  it('are numbers of what one did oneself', async () => {
    const { approvers, incomplete } = await signals(DANA, { fastS: 3_600 });
    expect(approvers).toMatchObject([
      { person: dana, habits: { votes: 3, approvals: 2, fast: 3 }, streak: 0, longestStreak: 2, cutApprovals: 0 },
    ]);
    expect(approvers[0]!.before).toBeUndefined();
    expect(incomplete).toBe(false);
    expect((await signals(SAM)).approvers).toEqual([]);
  });

  it('of others are for those who look after the record or the gate', async () => {
    const refused = { code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' };
    await expect(signals(LEE, { everyone: true })).rejects.toMatchObject(refused);
    await expect(signals(LEE, { person: dana })).rejects.toMatchObject(refused);
    await expect(signals(BOT)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    const { approvers } = await signals(ANA, { everyone: true });
    expect(approvers.map(({ person, habits }) => [person, habits?.votes])).toEqual([
      [dana, 3],
      ['ana@acme.example', 1],
    ]);
    expect((await signals(ANA, { person: dana })).approvers).toHaveLength(1);
  });

  it('are of a time that ends, and there is something before it', async () => {
    const wrong = { code: 'INVALID_ARGUMENT' };
    await expect(signals(DANA, { period: { seconds: 91n * 86_400n } })).rejects.toMatchObject(wrong);
    await expect(signals(DANA, { period: { seconds: -1n } })).rejects.toMatchObject(wrong);
    await expect(signals(DANA, { fastS: 4_000 })).rejects.toMatchObject(wrong);
    await expect(signals(DANA, { person: dana, everyone: true })).rejects.toMatchObject(wrong);
  });

  it('come over HTTP and in a terminal, too', async () => {
    expect(await gate.http(DANA, '/v1/approver-signals?period=86400s&fast_s=1')).toMatchObject({
      approvers: [{ person: dana, habits: { votes: 3, approvals: 2 } }],
      fast_s: 1,
    });
    const on = ['--address', `127.0.0.1:${gate.grpcPort}`, '--token', DANA];
    const { stdout, code } = await countersign(['signals', '--days', '7', ...on]);
    expect(code).toBe(0);
    expect(stdout).toContain('3 votes, 67 % approve, 0 in a row up to the last');
    expect((await countersign(['signals', '--days', '91', ...on])).code).toBe(2);
  });

  it('name nobody where metrics are read', async () => {
    const text = await (await fetch(`http://127.0.0.1:${gate.httpPort}/metrics`)).text();
    expect(text).toContain('countersign_votes_total{vote="approve"} 3');
    expect(text).toContain('countersign_decisions_total{outcome="rejected"} 1');
    expect(text).toContain('countersign_time_to_decide_seconds_count 4');
    expect(text).not.toContain('acme.example');
  });
});
