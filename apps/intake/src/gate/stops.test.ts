import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { GateService, State, StopActionsRequestSchema, Vote } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
  approved,
  BOT,
  DANA,
  decisions,
  eventsOf,
  GATEWAY,
  HOLD,
  LEE,
  newPlace,
  SAM,
  startGate,
  SUPPORT,
  typesOf,
  type Gate,
} from '../../../../test/gate.js';
import { until } from '../../../../test/until.js';

// The kill switch over two processes of intake and one database.

/** An operator. */
const OLU = 'cs_dev_ops';
const gates = GateService.method;
const ALLOW = { effect: 'allow', reasons: [{ rule: 'fine', text: 'is fine' }], risk: { level: 'low', factors: [] } };
const GRANT = { ...ALLOW, grant: { expires_in: '10m', uses: 1 } };
const REASON = 'its key is public';

let place: Awaited<ReturnType<typeof newPlace>>;
let one: Gate;
let other: Gate;

beforeAll(async () => {
  place = await newPlace();
  const env = { COUNTERSIGN_PENDING_PER_AGENT: '5000', COUNTERSIGN_PENDING_PER_APPROVER: '5000' };
  one = await startGate({ ...place, policies: ANYTHING, env });
  other = await startGate({ ...place, policies: ANYTHING, env });
});
afterEach(async () => {
  const { stops } = await one.grpc.call(OLU, gates.listStops, {});
  for (const { id } of stops) await one.grpc.call(OLU, gates.resumeActions, { id, reason: 'over' });
});
afterAll(async () => {
  await one.stop();
  await other.stop();
  await place.remove();
});

async function stop(more: object, token = OLU) {
  const answer = await one.grpc.call(
    token,
    gates.stopActions,
    create(StopActionsRequestSchema, { reason: REASON, ...more }),
  );
  expect(answer.inEffectEverywhere).toBe(true);
  return answer.stop!;
}
const ask = (gate: Gate, answer: object, token = BOT) => gate.grpc.call(token, decisions.decide, answered(answer));
const finished = (id: string) =>
  until('the stop is carried through', async () => {
    const { stops } = await other.grpc.call(OLU, gates.listStops, {});
    return stops.some((each) => each.id === id && each.finished);
  });
const stateOf = async (id: string, token = BOT) => (await other.grpc.call(token, decisions.getDecision, { id })).state;

describe('a stop of an agent', () => {
  it('denies what it asks, allowed or held, in every process, and tells it what to do', async () => {
    await stop({ agent: 'release-bot' });
    for (const gate of [one, other]) {
      for (const answer of [ALLOW, GRANT, HOLD]) {
        const decision = await ask(gate, answer);
        expect(decision).toMatchObject({ state: State.DENIED, mayAct: false, final: true });
        expect(decision.reasons[0]).toMatchObject({ rule: 'stopped' });
        expect(decision.reasons[0]!.text).toContain(`Olu Peters has stopped all that release-bot does`);
        expect(decision.nextStep).toContain('do not use another tool');
      }
    }
    const denied = await ask(one, { ...ALLOW, effect: 'deny', reasons: [{ rule: 'no', text: 'no' }] });
    expect(denied.reasons.map(({ rule }) => rule)).toEqual(['no']);
    const dry = await one.grpc.call(BOT, decisions.decide, { ...answered(ALLOW), dryRun: true });
    expect(dry).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'stopped' }, { rule: 'fine' }] });
    expect((await ask(other, ALLOW, SUPPORT)).state).toBe(State.ALLOWED);
  });

  it('ends what waits: its vote comes too late', async () => {
    const { id } = await ask(one, HOLD);
    const { id: spared } = await ask(one, HOLD, SUPPORT);
    const { id: stopped } = await stop({ agent: 'release-bot' });
    await finished(stopped);
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'decision.stopped']);
    const decision = await other.grpc.call(BOT, decisions.getDecision, { id });
    expect(decision).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'stopped' }, { rule: 'held' }] });
    await expect(other.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'ALREADY_DECIDED',
    });
    expect(await stateOf(spared, SUPPORT)).toBe(State.PENDING);
  });

  it('takes back what people or policy have permitted: redeeming it is refused for its own reason', async () => {
    const request = answered(HOLD);
    const { id, grant } = await approved(one, request);
    const outright = answered(GRANT);
    const { id: counted, grant: second } = await one.grpc.call(BOT, decisions.decide, outright);
    const { id: stopped } = await stop({ agent: 'release-bot' });
    for (const [asked, token] of [
      [request, grant],
      [outright, second],
    ] as const)
      await expect(other.grpc.call(BOT, decisions.redeemGrant, { ...asked, grant: token })).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'STOPPED',
      });
    await finished(stopped);
    for (const each of [id, counted]) {
      const events = await eventsOf(place.admin, each);
      expect(events.filter(({ type }) => type === 'decision.revoked')).toMatchObject([
        { data: { by: 'ops@acme.example', reason: REASON, stop: stopped } },
      ]);
      expect(await stateOf(each)).toBe(State.REVOKED);
    }
    await one.grpc.call(OLU, gates.resumeActions, { id: stopped, reason: 'it has a new key' });
    await expect(other.grpc.call(BOT, decisions.redeemGrant, { ...request, grant })).rejects.toMatchObject({
      reason: 'STOPPED',
    });
  });

  it('covers what a gateway submits for it, and a stop of the gateway what it submits for others', async () => {
    const through = { ...answered(ALLOW), subject: { type: 'agent', id: 'release-bot' } };
    await stop({ agent: 'release-bot' });
    expect((await one.grpc.call(GATEWAY, decisions.decide, through)).state).toBe(State.DENIED);
    await stop({ agent: 'edge-gateway' });
    const forSupport = { ...answered(ALLOW), subject: { type: 'agent', id: 'support-bot' } };
    expect((await other.grpc.call(GATEWAY, decisions.decide, forSupport)).state).toBe(State.DENIED);
  });

  it('cannot be crowded out by the owner of an agent, who fills the table with stops of their own', async () => {
    const place = (i: number) => stop({ agent: 'support-bot', reason: `again ${i}` }, LEE);
    for (let i = 0; i < 5; i++) await place(i);
    await expect(place(5)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_STOPS' });
    expect(await place(0)).toMatchObject({ reason: 'again 0' });
    await stop({ agent: 'support-bot' });
    await stop({ all: true });
  });

  it('may be placed by its owner, who may lift only what they placed themselves', async () => {
    const own = await stop({ agent: 'support-bot' }, LEE);
    await expect(one.grpc.call(LEE, gates.stopActions, { area: 'db', reason: REASON })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'NOT_OPERATOR',
    });
    const theirs = await stop({ agent: 'support-bot', security: true });
    await expect(one.grpc.call(LEE, gates.resumeActions, { id: theirs.id, reason: 'fine' })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'OWN_AGENT',
    });
    await one.grpc.call(LEE, gates.resumeActions, { id: own.id, reason: 'fine again' });
    expect((await ask(one, ALLOW, SUPPORT)).state).toBe(State.DENIED);
  });
});

describe('a stop', () => {
  it('of an area stops that area, and one of everything everything', async () => {
    const area = await stop({ area: 'db' });
    expect((await ask(other, ALLOW)).state).toBe(State.DENIED);
    await one.grpc.call(OLU, gates.resumeActions, { id: area.id, reason: 'restored' });
    await stop({ area: 'iam' });
    expect((await ask(other, ALLOW)).state).toBe(State.ALLOWED);
    await stop({ all: true });
    expect((await ask(other, ALLOW, SUPPORT)).state).toBe(State.DENIED);
  });

  it('is on the record as one stream with its end, and its time ends it', async () => {
    const end = timestampFromMs(Date.now() + 1_500);
    const { id } = await stop({ agent: 'release-bot', until: end, security: true });
    expect((await ask(other, ALLOW)).state).toBe(State.DENIED);
    await until('its end is recorded', async () => (await eventsOf(place.admin, id)).length === 2);
    expect(await eventsOf(place.admin, id)).toMatchObject([
      {
        type: 'gate.stopped',
        version: 1,
        data: { scope: { agent: 'release-bot' }, security: true, by: 'ops@acme.example' },
      },
      { type: 'gate.resumed', version: 2, data: { scope: { agent: 'release-bot' } } },
    ]);
    expect((await ask(other, ALLOW)).state).toBe(State.ALLOWED);
  });

  it('that is placed twice in a hurry is one', async () => {
    const [first, second] = [await stop({ all: true }), await stop({ all: true })];
    expect(second.id).toBe(first.id);
  });

  it('is seen wherever somebody looks', async () => {
    const { id } = await stop({ agent: 'release-bot' });
    expect(await one.http(SAM, '/v1/stops')).toMatchObject({
      stops: [{ id, agent: 'release-bot', by_name: 'Olu Peters' }],
    });
    expect(await other.http(undefined, '/readyz')).toMatchObject({
      warnings: { stops: 'stopped: all that release-bot does' },
    });
    const metrics = await fetch(`http://127.0.0.1:${other.httpPort}/metrics`).then((answer) => answer.text());
    expect(metrics).toContain('countersign_stops 1');
    const lifted = await other.http(OLU, `/v1/stops/${id}:resume`, { body: { reason: 'over' } });
    expect(lifted).toMatchObject({ stop: { id }, in_effect_everywhere: true });
    expect((await one.grpc.call(OLU, gates.listStops, {})).stops).toEqual([]);
  });

  it.each<[string, string, object, object]>([
    ['an agent', BOT, { all: true, reason: REASON }, { code: 'PERMISSION_DENIED', reason: 'NOT_A_PERSON' }],
    [
      'a person who is no operator',
      DANA,
      { all: true, reason: REASON },
      { code: 'PERMISSION_DENIED', reason: 'NOT_OPERATOR' },
    ],
    ['nobody without a reason', OLU, { all: true }, { code: 'INVALID_ARGUMENT', fields: [{ field: 'reason' }] }],
    ['nobody with two scopes', OLU, { all: true, area: 'db', reason: REASON }, { fields: [{ field: 'all' }] }],
    ['nobody without a scope', OLU, { reason: REASON }, { fields: [{ field: 'all' }] }],
    ['nobody for an agent that is none', OLU, { agent: 'nobody', reason: REASON }, { fields: [{ field: 'agent' }] }],
    ['nobody for the name of an action', OLU, { area: 'db.delete', reason: REASON }, { fields: [{ field: 'area' }] }],
    [
      'nobody for the past',
      OLU,
      { all: true, reason: REASON, until: timestampFromMs(1) },
      { fields: [{ field: 'until' }] },
    ],
    // It could be kept, and no list over HTTP that it stands in could be written as JSON.
    [
      'nobody until a year that has five digits',
      OLU,
      { all: true, reason: REASON, until: timestampFromMs(Date.UTC(10_000, 0)) },
      { fields: [{ field: 'until' }] },
    ],
  ])('is placed by no wrong caller or request: %s', async (_, token, request, refusal) => {
    const placing = one.grpc.call(token, gates.stopActions, create(StopActionsRequestSchema, request));
    await expect(placing).rejects.toMatchObject(refusal);
    expect((await one.grpc.call(OLU, gates.listStops, {})).stops).toEqual([]);
  });

  it('that is not there cannot be lifted', async () => {
    const id = `stp_${'0'.repeat(26)}`;
    await expect(one.grpc.call(OLU, gates.resumeActions, { id, reason: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(one.grpc.call(OLU, gates.resumeActions, { id: 'all', reason: '' })).rejects.toMatchObject({
      fields: [{ field: 'id' }, { field: 'reason' }],
    });
  });
});

const recorded = async () => Number((await place.admin.query('select count(*) from events')).rows[0].count);

it('64 who ask, approve and redeem all the time: nothing is permitted behind the moment the stop is in effect', async () => {
  for (let round = 0; round < 3; round++) {
    let asking = true;
    const busy = Array.from({ length: 64 }, async (_, i) => {
      const gate = i % 2 === 0 ? one : other;
      while (asking) {
        const request = answered([ALLOW, GRANT, HOLD][i % 3]!);
        const { id, grant } = await gate.grpc.call(BOT, decisions.decide, request);
        if (i % 3 === 2)
          await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE }).catch(() => undefined);
        else if (grant) await gate.grpc.call(BOT, decisions.redeemGrant, { ...request, grant }).catch(() => undefined);
      }
    });
    const begun = await recorded();
    await until('all of them are at it', async () => (await recorded()) > begun + 64);
    const { id } = await stop({ agent: 'release-bot' });
    const { rows: before } = await place.admin.query<{ tx: string; pos: string }>(
      'select e.tx::text, e.pos::text from events e order by e.tx desc, e.pos desc limit 1',
    );
    const stopped = await recorded();
    await until('they ask on', async () => (await recorded()) > stopped + 64);
    asking = false;
    await Promise.all(busy);
    await finished(id);
    const { rows } = await place.admin.query<{ body: Buffer }>(
      'select body from events where (tx, pos) > ($1::xid8, $2::bigint)',
      [before[0]!.tx, before[0]!.pos],
    );
    const types = rows.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type);
    expect(types.length).toBeGreaterThan(20);
    for (const type of ['decision.allowed', 'decision.held', 'decision.approved', 'grant.redeemed'])
      expect(types).not.toContain(type);
    const { rows: open } = await place.admin.query(
      `select 1 from decisions where due is not null and subject_id = 'release-bot' limit 1`,
    );
    expect(open).toEqual([]);
    await one.grpc.call(OLU, gates.resumeActions, { id, reason: 'once more' });
  }
}, 60_000);
