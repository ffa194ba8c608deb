import { State, Vote, type Decision } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  approvals,
  BOT,
  COUNTING,
  DANA,
  decisions,
  eventsOf,
  GATEWAY,
  newPlace,
  startGate,
  SUPPORT,
  type Gate,
} from '../../../test/gate.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gates: [Gate, Gate];

beforeAll(async () => {
  place = await newPlace();
  gates = [await startGate({ ...place, policies: COUNTING }), await startGate({ ...place, policies: COUNTING })];
});
afterAll(async () => {
  for (const gate of gates) await gate.stop();
  await place.remove();
});

interface Acting {
  session?: string;
  principal?: string;
  args?: object;
  token?: string;
  context?: object;
  gate?: Gate;
}

let things = 0;

function act(name: string, { session, principal, args, token = BOT, context, gate = gates[0] }: Acting = {}) {
  const bound = { ...context, ...(session ? { session_id: session } : {}) };
  return gate.grpc.call(token, decisions.decide, {
    action: { name },
    resource: { type: 'thing', id: `thing ${(things += 1)}` },
    argumentsForm: { case: 'argumentsJson', value: JSON.stringify(args ?? {}) },
    contextForm: { case: 'contextJson', value: JSON.stringify(bound) },
    ...(principal ? { principal } : {}),
  });
}

const spend = (amount: number, more: Acting = {}) => act('shop.spend', { ...more, args: { ...more.args, amount } });

function rulesOf({ reasons }: Decision): string[] {
  return reasons.map(({ rule }) => rule);
}

describe('a limit on a sum', () => {
  it('lets an approved action be redeemed although it has been counted by then', async () => {
    const principal = 'redeem@acme.example';
    const request = {
      action: { name: 'shop.spend' },
      resource: { type: 'thing', id: 'a large thing' },
      argumentsForm: { case: 'argumentsJson', value: '{"amount":900,"ask":true}' },
      principal,
    } as const;
    const call = gates[0].grpc;
    const { id } = await call.call(BOT, decisions.decide, request);
    await call.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
    const { grant } = await call.call(BOT, decisions.getDecision, { id });
    const { principal: _, ...action } = request;
    expect(await call.call(BOT, decisions.redeemGrant, { grant, ...action })).toMatchObject({ redeemed: true });
  });

  it('is not passed by splitting, however many ask at once and whichever replica answers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) => spend(4, { principal: 'split@acme.example', gate: gates[i % 2]! })),
    );
    const allowed = answers.filter(({ state }) => state === State.ALLOWED);
    expect(allowed).toHaveLength(25);
    expect(answers.filter((answer) => rulesOf(answer).includes('limit'))).toHaveLength(39);
  });

  it('is not passed by two agents that work for the same person', async () => {
    const principal = 'two-agents@acme.example';
    const token = GATEWAY;
    const first = await spend(0, { principal });
    expect(first.state).toBe(State.ALLOWED);
    const answers = await Promise.all(
      [SUPPORT, token].flatMap((who) => Array.from({ length: 10 }, () => spend(90, { principal, token: who }))),
    );
    expect(answers.filter(({ state }) => state === State.ALLOWED)).toHaveLength(11);
  });

  it('is as it was after a restart', async () => {
    const again = await startGate({ ...place, policies: COUNTING });
    try {
      expect(rulesOf(await spend(4, { principal: 'split@acme.example', gate: again }))).toEqual(['limit']);
    } finally {
      await again.stop();
    }
  });

  it('counts what people approved when they approve it, and not before', async () => {
    const token = GATEWAY;
    const principal = 'held@acme.example';
    const held = await spend(1, { args: { ask: true }, principal, token });
    expect(held.state).toBe(State.PENDING);
    expect(await sumOf('principal', principal)).toBe(0);
    await gates[0].grpc.call(DANA, approvals.castVote, { id: held.id, vote: Vote.APPROVE });
    expect(await sumOf('principal', principal)).toBe(1);
    const rejected = await spend(1, { args: { ask: true }, principal, token });
    await gates[0].grpc.call(ANA, approvals.castVote, { id: rejected.id, vote: Vote.DENY, reason: 'no' });
    expect(await sumOf('principal', principal)).toBe(1);
  });

  it('is not used up by a dry run, and a dry run is told of it', async () => {
    const principal = 'dry@acme.example';
    const dry = await gates[0].grpc.call(SUPPORT, decisions.decide, {
      action: { name: 'shop.spend' },
      resource: { type: 'thing', id: 'x' },
      argumentsForm: { case: 'argumentsJson', value: '{"amount":2000}' },
      principal,
      dryRun: true,
    });
    expect(rulesOf(dry)).toEqual(['limit']);
    expect(await sumOf('principal', principal)).toBe(0);
  });
});

describe('what is sent out', () => {
  it('is stopped in a session that has read what strangers wrote and what is secret, and in no other', async () => {
    await act('web.read', { session: 'attacked' });
    expect((await act('mail.send', { session: 'attacked' })).state).toBe(State.ALLOWED);
    await act('crm.read', { session: 'attacked' });
    await act('crm.read', { session: 'plain' });
    expect(rulesOf(await act('mail.send', { session: 'attacked', gate: gates[1] }))).toEqual(['leak']);
    expect((await act('mail.send', { session: 'plain' })).state).toBe(State.ALLOWED);
  });

  it('is stopped under a new session name, too: a name washes nothing away', async () => {
    expect(rulesOf(await act('mail.send', { session: 'brand new' }))).toEqual(['leak']);
    expect(rulesOf(await act('mail.send'))).toEqual(['leak']);
    expect((await act('mail.send', { session: 'attacked', token: SUPPORT })).state).toBe(State.ALLOWED);
  });

  it('is judged by what was decided, not by what the agent says it did', async () => {
    const context = {
      activity: ['web.read', 'crm.read'],
      history: { flow: { untrusted_read: {}, sensitive_read: {} } },
    };
    expect((await act('mail.send', { session: 'storyteller', token: SUPPORT, context })).state).toBe(State.ALLOWED);
  });

  it('names in the record what policy was told, so that the verdict can be understood later', async () => {
    const { id } = await act('mail.send', { session: 'attacked' });
    const [denied] = await eventsOf(place.admin, id);
    expect(denied?.data).toMatchObject({
      flow: ['way_out'],
      history: {
        counters: {},
        flow: { untrusted_read: { action: 'web.read' }, sensitive_read: { action: 'crm.read' } },
      },
    });
  });
});

async function sumOf(scope: string, key: string): Promise<number> {
  const { rows } = await place.admin.query<{ sum: number }>(
    `select coalesce(sum(sum), 0)::float8 as sum from counters
      where id = left(encode(sha256(convert_to($1, 'utf8')), 'hex'), 32)::uuid`,
    [`${scope}\nspending\n${key}`],
  );
  return rows[0]!.sum;
}
