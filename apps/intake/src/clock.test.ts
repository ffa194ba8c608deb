import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
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
import { chainProblems } from '../../../test/intake-writes.js';
import { until } from '../../../test/until.js';
import { openPool } from '@countersign/store';

const BEN = 'cs_dev_ben';
let place: Awaited<ReturnType<typeof newPlace>>;

beforeAll(async () => {
  place = await newPlace();
});
afterAll(() => place.remove());

const SOON = { ...HOLD, approval: { ...HOLD.approval, expires_in: '2s' } };
const open = () => startGate({ ...place, policies: ANYTHING });
const hold = async (gate: Gate) => (await gate.grpc.call(BOT, decisions.decide, answered(SOON))).id;
const deadlineOf = async (id: string) => {
  const { rows } = await place.admin.query<{ deadline: Date }>('select deadline from decisions where id = $1', [id]);
  return rows[0]!.deadline.getTime();
};
const past = async (id: string) => {
  const deadline = await deadlineOf(id);
  await until('its time is over', () => Date.now() > deadline);
};

describe('a request nobody answers', () => {
  it('expires: silence is never consent, and the agent that waits hears of it', async () => {
    const gate = await open();
    const id = await hold(gate);
    const answer = await gate.grpc.call(BOT, decisions.waitDecision, { id, wait: { seconds: 60n } }, 70_000);
    expect(answer).toMatchObject({
      state: State.EXPIRED,
      mayAct: false,
      final: true,
      reasons: [{ rule: 'approval-expired' }, { rule: 'held' }],
    });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'decision.expired']);
    expect(await deadlineOf(id).catch(() => 'none')).toBe('none');
    await expect(gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'EXPIRED',
    });
    await gate.stop();
  });

  it('expires also when nobody was running at the time, once, and a late click loses even before that', async () => {
    const first = await open();
    const ids = [await hold(first), await hold(first), await hold(first)];
    await first.stop();
    await past(ids[2]!);
    const second = await open();
    // At once: whether the timer was here first makes no difference.
    await expect(second.grpc.call(DANA, approvals.castVote, { id: ids[0]!, vote: Vote.APPROVE })).rejects.toMatchObject(
      {
        code: 'FAILED_PRECONDITION',
        reason: 'EXPIRED',
      },
    );
    for (const id of ids) {
      await until('it is recorded', async () => (await typesOf(place.admin, id)).length > 1);
      const clicked = id === ids[0] ? ['vote.refused'] : [];
      expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'decision.expired', ...clicked]);
    }
    await second.stop();
  });

  it('expires once, however many processes look', async () => {
    const gates = await Promise.all([open(), open(), open()]);
    const ids = await Promise.all(Array.from({ length: 30 }, (_, i) => hold(gates[i % 3]!)));
    const pending = async () => (await place.admin.query(`select 1 from decisions where status = 'PENDING'`)).rowCount;
    await until('all have expired', async () => (await pending()) === 0, 40_000);
    // Time for a second look of everybody.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    for (const id of ids) {
      expect((await eventsOf(place.admin, id)).map(({ type, version }) => [type, version])).toEqual([
        ['decision.held', 1],
        ['decision.expired', 2],
      ]);
    }
    await Promise.all(gates.map((gate) => gate.stop()));
  });

  it('expires although another one cannot be looked at', async () => {
    const gate = await open();
    await place.admin.query(
      `insert into decisions (id, version, status, subject_id, digest, deadline, state)
       values ('dec_broken', 1, 'PENDING', 'x', 'x', now() - interval '1 year', '{}')`,
    );
    const id = await hold(gate);
    try {
      await until('it is recorded', async () => (await typesOf(place.admin, id)).includes('decision.expired'));
    } finally {
      await place.admin.query(`delete from decisions where id = 'dec_broken'`);
      await gate.stop();
    }
  });
});

it('what two processes wrote, and published, is one order per decision without a gap', async () => {
  const gates = await Promise.all([open(), open()]);
  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => hold(gates[i % 2]!)));
  await Promise.allSettled(
    ids.map((id, i) => gates[(i + 1) % 2]!.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE })),
  );
  const published = () => gates.flatMap((gate) => gate.published);
  await until('everything is published', () =>
    ids.every((id) => published().filter(({ decision_id }) => decision_id === id).length === 3),
  );
  for (const id of ids) {
    const one = published().filter(({ decision_id }) => decision_id === id);
    expect(one.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(one).toEqual(await eventsOf(place.admin, id));
  }
  const pool = openPool(place.databaseUrl, 'intake');
  expect(await chainProblems(pool)).toEqual([]);
  await pool.end();
  await Promise.all(gates.map((gate) => gate.stop()));
});

describe('a request nobody answers for a while', () => {
  it('is put before further people, whose answer does as well, by whichever process looks first', async () => {
    const gates = [await open(), await open()];
    const seats = [{ group: 'security', count: 1 }];
    const approval = { ...HOLD.approval, escalate: [{ after: '1s', seats }] };
    const { id } = await gates[0]!.grpc.call(BOT, decisions.decide, answered({ ...HOLD, approval }));
    await expect(gates[0]!.grpc.call(BEN, approvals.castVote, { id, vote: Vote.APPROVE })).rejects.toMatchObject({
      reason: 'NOT_ASKED',
    });
    await until('others are asked', async () => (await typesOf(place.admin, id)).includes('approval.escalated'));
    const view = await gates[1]!.grpc.call(BEN, approvals.castVote, { id, vote: Vote.APPROVE });
    expect(view.decision).toMatchObject({ state: State.ALLOWED });
    expect(await typesOf(place.admin, id)).toEqual([
      'decision.held',
      'vote.refused',
      'approval.escalated',
      'vote.cast',
      'decision.approved',
    ]);
    for (const gate of gates) await gate.stop();
  });

  it('goes to those at once when nobody else is left who may answer, and says so', async () => {
    const gate = await open();
    const seats = [{ group: 'security', count: 1 }];
    // Sam owns the agent and is alone in this group.
    const approval = { ...HOLD.approval, seats: [{ group: 'ci', count: 1 }], escalate: [{ after: '1h', seats }] };
    const answer = await gate.grpc.call(BOT, decisions.decide, answered({ ...HOLD, approval }));
    expect(answer).toMatchObject({ state: State.PENDING, reasons: [{ rule: 'held' }, { rule: 'escalated' }] });
    await gate.stop();
  });
});
