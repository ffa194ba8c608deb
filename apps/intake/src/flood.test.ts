import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
  SAM,
  startGate,
  SUPPORT,
  type Gate,
} from '../../../test/gate.js';

// How often an agent may have people asked, over two processes on one database.

const MOST = 10;
let place: Awaited<ReturnType<typeof newPlace>>;
let gates: Gate[];

beforeAll(async () => {
  place = await newPlace();
  const env = { COUNTERSIGN_ASKS_PER_HOUR: String(MOST) };
  gates = [
    await startGate({ ...place, policies: ANYTHING, env }),
    await startGate({ ...place, policies: ANYTHING, env }),
  ];
});
afterAll(async () => {
  for (const gate of gates) await gate.stop();
  await place.remove();
});
beforeEach(async () => {
  await place.admin.query('delete from decisions');
  await place.admin.query(`delete from events where decision_id like 'agt%'`);
});

const ask = (name: string, { gate = 0, agent = BOT } = {}) =>
  gates[gate]!.grpc.call(agent, decisions.decide, answered(HOLD, name));
const told = async () => {
  const { rows } = await place.admin.query<{ decision_id: string }>(
    `select decision_id from events where decision_id like 'agt%' order by tx, pos`,
  );
  return (await Promise.all(rows.map(({ decision_id }) => eventsOf(place.admin, decision_id)))).flat();
};

describe('an agent that asks for nearly the same again and again', () => {
  it('has people asked as often as it may and not once more, whatever process it asks, and its owner is told once', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `prod.orders ${i}`);
    const replies = await Promise.all(names.map((name, i) => ask(name, { gate: i % 2 })));
    const denied = replies.filter(({ state }) => state === State.DENIED);
    expect(replies.filter(({ state }) => state === State.PENDING)).toHaveLength(MOST);
    expect(denied).toHaveLength(60 - MOST);
    for (const reply of denied) {
      expect(reply).toMatchObject({ final: true, mayAct: false, reasons: [{ rule: 'flooding' }, { rule: 'held' }] });
      expect(reply.reasons[0]!.text).toMatch(/Nobody is asked again before \d\d:\d\d UTC: try again then/);
    }
    expect(await told()).toMatchObject([
      {
        type: 'agent.flooding',
        version: 1,
        data: { agent: 'release-bot', owner: 'sam@acme.example', asks: MOST, window_s: 3600 },
      },
    ]);
  });

  it('is not one that repeats itself: that joins what waits', async () => {
    const { id } = await ask('the same');
    for (let i = 1; i < MOST; i++) await ask(`other ${i}`);
    expect((await ask('the same', { gate: 1 })).id).toBe(id);
    expect(await told()).toEqual([]);
  });

  it('is not helped by answers: what people were asked and have answered counts, too', async () => {
    for (let i = 0; i < MOST; i++) {
      const { id } = await ask(`answered ${i}`);
      await gates[1]!.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
    }
    expect((await ask('one more')).reasons[0]?.rule).toBe('flooding');
  });

  it('keeps no other agent from asking', async () => {
    for (let i = 0; i <= MOST; i++) await ask(`mine ${i}`);
    expect((await ask('its own', { agent: SUPPORT })).state).toBe(State.PENDING);
  });

  it('may ask again when the hour is over', async () => {
    for (let i = 0; i <= MOST; i++) await ask(`early ${i}`);
    await place.admin.query(`update decisions set id = 'dec_00000000' || substr(id, 13)`);
    expect((await ask('later')).state).toBe(State.PENDING);
  });

  it('is seen by its owner where requests are listed, and by nobody else', async () => {
    for (let i = 0; i <= MOST; i++) await ask(`seen ${i}`);
    const listed = async (token: string) => (await gates[0]!.grpc.call(token, approvals.listApprovals, {})).notices;
    expect(await listed(SAM)).toMatchObject([expect.stringMatching(/^release-bot had people asked 10 times/)]);
    expect(await listed(DANA)).toEqual([]);
  });
});
