import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { State, Vote } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  BEN,
  BOT,
  DANA,
  decisions,
  eventsOf,
  HOLD,
  LEE,
  newPlace,
  People,
  SAM,
  SERVICE_TOKEN,
  startGate,
  typesOf,
  type Gate,
} from '../../../../test/gate.js';
import { until } from '../../../../test/until.js';

// Seats handed over, through two processes on one PostgreSQL: what one is told, the other acts by.

let place: Awaited<ReturnType<typeof newPlace>>;
let gates: [Gate, Gate];
const directory = new People();

beforeAll(async () => {
  place = await newPlace();
  const options = { ...place, directory, policies: ANYTHING };
  gates = [await startGate(options), await startGate(options)];
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all(gates.map((gate) => gate.stop()));
  await place.remove();
});
afterEach(async () => {
  for (const { id } of (await gates[0].grpc.call(DANA, approvals.listDelegations, {})).delegations)
    await gates[0].grpc.call(DANA, approvals.endDelegation, { id });
});

const inS = (seconds: number) => timestampFromMs(Date.now() + seconds * 1000);
const hand = (more: object = {}, token = DANA, gate = gates[0]) =>
  gate.grpc.call(token, approvals.delegateSeat, {
    ...{ to: 'lee@acme.example', group: 'dba', until: inS(3600), reason: 'on holiday' },
    ...more,
  });
const two = { ...HOLD, approval: { seats: [{ group: 'dba', count: 2 }], expires_in: '1h' } };
const ask = async (answer: object = HOLD) => {
  const request = answered(answer);
  return { request, id: (await gates[0].grpc.call(BOT, decisions.decide, request)).id };
};
const vote = (token: string, id: string, gate = gates[1], more: object = {}) =>
  gate.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE, ...more });

describe('a seat that is handed over', () => {
  it('is sat on at once, through every process, and the record and the card say whose it is', async () => {
    const { id } = await ask();
    await expect(vote(LEE, id)).rejects.toMatchObject({ reason: 'NOT_ASKED' });
    const { delegation } = await hand();
    const view = await vote(LEE, id);
    expect(view).toMatchObject({
      decision: { state: State.ALLOWED },
      card: { outcome: expect.stringContaining('Approved by Lee Chan for Dana Ito') as string },
    });
    expect(await eventsOf(place.admin, delegation!.id)).toMatchObject([
      {
        type: 'seat.delegated',
        version: 1,
        data: { by: 'dana@acme.example', to: 'lee@acme.example', group: 'dba', reason: 'on holiday' },
      },
    ]);
    expect((await eventsOf(place.admin, id)).find(({ type }) => type === 'vote.cast')).toMatchObject({
      data: { voter: 'lee@acme.example', standing_in: [{ id: 'dana@acme.example', name: 'Dana Ito', group: 'dba' }] },
    });
  });

  it('and its own person never count as two', async () => {
    await hand();
    const { id } = await ask(two);
    await vote(LEE, id, gates[0]);
    await expect(vote(DANA, id)).rejects.toMatchObject({ reason: 'ALREADY_VOTED' });
    await expect(vote(LEE, id, gates[0])).rejects.toMatchObject({ reason: 'ALREADY_VOTED' });
    expect(await vote(ANA, id)).toMatchObject({ decision: { state: State.ALLOWED } });
  });

  it('does not let anybody decide who may not, and tells them of both', async () => {
    await hand();
    const about = (principal: string) => gates[0].grpc.call(BOT, decisions.decide, { ...answered(HOLD), principal });
    const forDana = await about('dana@acme.example');
    await expect(vote(LEE, forDana.id)).rejects.toMatchObject({
      reason: 'SELF_APPROVAL',
      message: expect.stringContaining('You, Lee Chan, hold the seat of Dana Ito, on whose behalf') as string,
    });
    const forLee = await about('lee@acme.example');
    await expect(vote(LEE, forLee.id)).rejects.toMatchObject({
      reason: 'SELF_APPROVAL',
      message: expect.stringContaining('The seat of Dana Ito does not change that') as string,
    });
    expect(await typesOf(place.admin, forLee.id)).toEqual(['decision.held', 'vote.refused']);
  });

  it('is gone for all processes when either ends it: votes on it no longer count', async () => {
    const { id: handed } = await hand();
    const { id } = await ask(two);
    await vote(LEE, id);
    const list = await gates[1].grpc.call(LEE, approvals.listDelegations, {});
    expect(list.delegations).toMatchObject([{ id: handed, byName: 'Dana Ito', toName: 'Lee Chan', group: 'dba' }]);
    await expect(gates[1].grpc.call(BEN, approvals.endDelegation, { id: handed })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const ended = await gates[1].grpc.call(LEE, approvals.endDelegation, { id: handed });
    expect(ended.inEffectEverywhere).toBe(true);
    expect(await vote(ANA, id, gates[0])).toMatchObject({ decision: { state: State.PENDING } });
    expect(await typesOf(place.admin, handed)).toEqual(['seat.delegated', 'seat.delegation_ended']);
  });

  it('goes back by itself when its time is over: while votes are counted, and when the grant is used', async () => {
    const { id: handed } = await hand({ until: inS(4) });
    const { id, request } = await ask();
    await vote(LEE, id);
    const { grant } = await gates[0].grpc.call(BOT, decisions.getDecision, { id });
    const { id: waiting } = await ask(two);
    await vote(LEE, waiting);
    await until('its end is recorded', async () => (await typesOf(place.admin, handed)).length === 2, 15_000);
    expect((await eventsOf(place.admin, handed))[1]!.data).not.toHaveProperty('ended_by');
    expect(await vote(ANA, waiting)).toMatchObject({ decision: { state: State.PENDING } });
    await expect(gates[1].grpc.call(BOT, decisions.redeemGrant, { grant, ...request })).rejects.toMatchObject({
      reason: 'APPROVER_GONE',
    });
    const { id: later } = await ask();
    await expect(vote(LEE, later)).rejects.toMatchObject({ reason: 'NOT_ASKED' });
  });

  it('is of no use once its own person has left the group', async () => {
    await hand();
    const { id } = await ask();
    await directory.changed(
      (text) => text.replace('groups: [dba, oncall]', 'groups: [oncall]'),
      async () => expect(vote(LEE, id)).rejects.toMatchObject({ reason: 'NOT_ASKED' }),
    );
  });

  it('is handed over once, by however many processes it is asked at a time', async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) =>
        hand({ to: i % 2 ? 'lee@acme.example' : 'ben@acme.example' }, DANA, gates[i % 2]),
      ),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of asked)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ reason: 'SEAT_HANDED_OVER' });
    expect((await gates[1].grpc.call(DANA, approvals.listDelegations, {})).delegations).toHaveLength(1);
  });

  it.each([
    ['of a group that is not one’s own', DANA, { group: 'finance' }, 'FAILED_PRECONDITION', 'NOT_YOUR_SEAT'],
    ['to oneself', DANA, { to: 'dana@acme.example' }, 'FAILED_PRECONDITION', 'NOT_A_DELEGATE'],
    ['to a member of the group', DANA, { to: 'ana@acme.example' }, 'FAILED_PRECONDITION', 'NOT_A_DELEGATE'],
    ['to nobody', DANA, { to: 'nobody@acme.example' }, 'NOT_FOUND', 'NO_SUCH_PERSON'],
    ['for more than 30 days', DANA, { until: inS(31 * 86_400) }, 'FAILED_PRECONDITION', 'NOT_A_TIME'],
    [
      'for more than 30 days, later',
      DANA,
      { startsAt: inS(86_400), until: inS(32 * 86_400) },
      'FAILED_PRECONDITION',
      'NOT_A_TIME',
    ],
    [
      'from a time that nobody remembers',
      DANA,
      { startsAt: inS(91 * 86_400), until: inS(92 * 86_400) },
      'FAILED_PRECONDITION',
      'NOT_A_TIME',
    ],
    ['until a time that is over', DANA, { until: inS(-1) }, 'FAILED_PRECONDITION', 'NOT_A_TIME'],
    ['until a time of no calendar', DANA, { until: inS(2 ** 43) }, 'INVALID_ARGUMENT', 'INVALID_REQUEST'],
    ['from a time of no calendar', DANA, { startsAt: inS(2 ** 43) }, 'INVALID_ARGUMENT', 'INVALID_REQUEST'],
    ['by an agent', BOT, {}, 'PERMISSION_DENIED', 'NOT_A_PERSON'],
    ['by the notifier', SERVICE_TOKEN, {}, 'PERMISSION_DENIED', 'NOT_A_PERSON'],
  ])('is not handed over %s', async (_, token, more, code, reason) => {
    await expect(hand(more, token)).rejects.toMatchObject({ code, reason });
  });

  it('is not handed over without saying to whom, of what and until when, and is not handed on', async () => {
    await expect(gates[0].grpc.call(SAM, approvals.delegateSeat, {})).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: [{ field: 'to' }, { field: 'group' }, { field: 'until' }],
    });
    await hand();
    await expect(hand({ to: 'ben@acme.example' }, LEE)).rejects.toMatchObject({
      reason: 'NOT_YOUR_SEAT',
      message: 'The seat you hold in dba is not your own and cannot be handed on.',
    });
  });

  it('over HTTP is the same', async () => {
    const body = { to: 'lee@acme.example', group: 'dba', until: new Date(Date.now() + 3_600_000).toISOString() };
    const { id } = await gates[0].http<{ id: string }>(DANA, '/v1/delegations', { body });
    expect(await gates[1].http(LEE, '/v1/delegations')).toMatchObject({ delegations: [{ id, to_name: 'Lee Chan' }] });
    expect(await gates[1].http(DANA, `/v1/delegations/${id}:end`, { body: {} })).toMatchObject({ delegation: { id } });
  });

  // The last one, since it moves the clock on, which no clock goes back from.
  it('may begin later: until then nobody sits on it, and the record says from when', async () => {
    const starts = Date.now() + 1_800_000;
    const { id: handed, delegation } = await hand({
      startsAt: timestampFromMs(starts),
      until: timestampFromMs(starts + 30 * 86_400_000),
    });
    expect(Number(delegation!.since!.seconds)).toBe(Math.floor(starts / 1000));
    const { id } = await ask();
    await expect(vote(LEE, id)).rejects.toMatchObject({ reason: 'NOT_ASKED' });
    expect((await eventsOf(place.admin, handed))[0]!.data).toMatchObject({ starts_at: new Date(starts).toISOString() });
    // One seat is handed over once, also when it has not begun.
    await expect(hand({ to: 'ben@acme.example' })).rejects.toMatchObject({ reason: 'SEAT_HANDED_OVER' });
    vi.useFakeTimers({ toFake: ['Date'], now: starts });
    expect(await vote(LEE, id)).toMatchObject({ decision: { state: State.ALLOWED } });
  });
});
