import { State, Vote, type Decision } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANYTHING,
  approvals,
  BOT,
  DANA,
  decisions,
  eventsOf,
  HOLD,
  newPlace,
  People,
  SAM,
  startGate,
  typesOf,
  type Gate,
} from '../../../test/gate.js';

// Leave for several actions of one session, over four processes and one database.

let place: Awaited<ReturnType<typeof newPlace>>;
let gates: Gate[];
const people = new People();
beforeAll(async () => {
  place = await newPlace();
  gates = [];
  for (let i = 0; i < 4; i++) gates.push(await startGate({ ...place, policies: ANYTHING, directory: people }));
});
afterAll(async () => {
  for (const gate of gates) await gate.stop();
  await place.remove();
});

const SESSION = {
  count: 5,
  expires_in: '30m',
  vary: ['/arguments/amount', '/resource/id'],
  limits: [{ pointer: '/arguments/amount', each: 50, total: 200 }],
};
let sessions = 0;
const newSession = () => `run-${(sessions += 1)}`;

const refund = (session: string, amount: number, order = 'A1', answer: object = {}) =>
  ({
    action: { name: 'payments.refund' },
    argumentsForm: { case: 'argumentsJson', value: JSON.stringify({ amount, currency: 'EUR' }) },
    resource: { type: 'order', id: order },
    contextForm: {
      case: 'contextJson',
      value: JSON.stringify({
        session_id: session,
        answer: { ...HOLD, approval: { ...HOLD.approval, session: SESSION }, ...answer },
      }),
    },
  }) as const;

const decide = (request: object, gate = gates[0]!) => gate.grpc.call(BOT, decisions.decide, request);

/** Dana approves the first refund of a session, and what she says besides. */
async function begun(session: string, choice: object | null = {}): Promise<Decision> {
  const { id } = await decide(refund(session, 40, `first of ${session}`));
  const { decision } = await gates[1]!.grpc.call(DANA, approvals.castVote, {
    id,
    vote: Vote.APPROVE,
    ...(choice ? { session: choice } : {}),
  });
  return decision!;
}

describe('leave for a session', () => {
  it('lets further actions pass, each with its own grant, and puts both decisions on record', async () => {
    const session = newSession();
    const first = await begun(session, { count: 2 });
    expect(first.approval).toMatchObject({ sessionTerms: { count: 5 }, session: { count: 2, used: 0, ended: false } });
    const request = refund(session, 20, 'B2');
    const second = await decide({ ...request, requestId: `second of ${session}` }, gates[2]);
    expect(second).toMatchObject({
      state: State.ALLOWED,
      mayAct: true,
      reasons: [{ rule: 'session' }, { rule: 'held' }],
    });
    expect(second.reasons[0]!.text).toBe(`Dana Ito let the agent do this: 1 of 2, with ${first.id}.`);
    const again = await decide({ ...request, requestId: `second of ${session}` }, gates[3]);
    expect(again.id).toBe(second.id);
    const claims = JSON.parse(Buffer.from(second.grant.split('.')[1]!, 'base64url').toString()) as object;
    expect(claims).toMatchObject({ approvals: [], session: { txn: first.id, approved_by: ['dana@acme.example'] } });
    const used = await gates[3]!.grpc.call(BOT, decisions.redeemGrant, { ...request, grant: second.grant });
    expect(used).toMatchObject({ redeemed: true, usesLeft: 0 });
    expect(await typesOf(place.admin, second.id)).toEqual(['decision.allowed', 'grant.redeemed']);
    const facts = await eventsOf(place.admin, first.id);
    expect(facts.at(-1)).toMatchObject({ type: 'session.drawn', data: { decision_id: second.id, use: 1 } });
    expect((await decide(refund(session, 1, 'C3'))).state).toBe(State.ALLOWED);
    expect((await decide(refund(session, 1, 'D4'))).state).toBe(State.PENDING);
  });

  it('is not given by a plain approval, and not for another session, amount or argument', async () => {
    const plain = newSession();
    await begun(plain, null);
    expect((await decide(refund(plain, 1, 'B2'))).state).toBe(State.PENDING);
    const session = newSession();
    await begun(session);
    expect((await decide(refund(newSession(), 1, 'B2'))).state).toBe(State.PENDING);
    expect((await decide(refund(session, 51, 'B2'))).state).toBe(State.PENDING);
    const other = { case: 'argumentsJson', value: JSON.stringify({ amount: 1, currency: 'USD' }) };
    expect((await decide({ ...refund(session, 1, 'B3'), argumentsForm: other })).state).toBe(State.PENDING);
    expect((await decide(refund(session, 1, 'B4', { approval: HOLD.approval }))).state).toBe(State.PENDING);
  });

  it('never beats a denial by policy', async () => {
    const session = newSession();
    await begun(session);
    const denied = { effect: 'deny', approval: undefined };
    expect((await decide(refund(session, 1, 'B2', denied))).state).toBe(State.DENIED);
  });

  it('is refused for more than policy lets, and with anything but an approval', async () => {
    const { id } = await decide(refund(newSession(), 40, 'to be refused'));
    const cast = (more: object) => gates[0]!.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE, ...more });
    await expect(cast({ session: { count: 6 } })).rejects.toMatchObject({ reason: 'NO_SESSION' });
    await expect(cast({ session: { count: -1 } })).rejects.toMatchObject({ fields: [{ field: 'session.count' }] });
    await expect(cast({ vote: Vote.DENY, reason: 'no', session: {} })).rejects.toMatchObject({
      fields: [{ field: 'session' }],
    });
    await expect(cast({ session: { expiresIn: { seconds: 0n } } })).rejects.toMatchObject({
      fields: [{ field: 'session.expires_in' }],
    });
  });

  it('is spent exactly by 64 at once through four processes', async () => {
    const session = newSession();
    const first = await begun(session);
    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, i) => decide(refund(session, 30, `order ${i}`), gates[i % 4])),
    );
    // Five times 30 and the first 40 are 190 of 200.
    expect(replies.filter(({ state }) => state === State.ALLOWED)).toHaveLength(5);
    const drawn = (await eventsOf(place.admin, first.id)).filter(({ type }) => type === 'session.drawn');
    expect(drawn.map(({ data }) => (data as { use: number }).use)).toEqual([1, 2, 3, 4, 5]);
    const ids = drawn.map(({ data }) => (data as { decision_id: string }).decision_id).sort();
    expect(
      replies
        .filter(({ mayAct }) => mayAct)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids);
  });

  it('taken back stops further actions, and those that have not been carried out', async () => {
    const session = newSession();
    const first = await begun(session);
    const request = refund(session, 20, 'B2');
    const { grant } = await decide(request);
    await gates[1]!.grpc.call(DANA, approvals.revokeDecision, { id: first.id, reason: 'the customer is a fraud' });
    expect((await decide(refund(session, 1, 'C3'))).state).toBe(State.PENDING);
    await expect(gates[2]!.grpc.call(BOT, decisions.redeemGrant, { ...request, grant })).rejects.toMatchObject({
      reason: 'GRANT_REVOKED',
    });
  });

  it('ends for an approver who leaves the group, before a further action and before it is carried out', async () => {
    const session = newSession();
    await begun(session);
    const request = refund(session, 20, 'B2');
    const { grant } = await decide(request);
    const left = (text: string) => text.replace('groups: [dba, oncall]', 'groups: [oncall]');
    await people.changed(left, async () => {
      expect((await decide(refund(session, 1, 'C3'))).state).toBe(State.PENDING);
      await expect(gates[2]!.grpc.call(BOT, decisions.redeemGrant, { ...request, grant })).rejects.toMatchObject({
        reason: 'APPROVER_GONE',
      });
    });
  });

  it('does not let through what people have just denied', async () => {
    const session = newSession();
    const request = refund(session, 20, 'B2');
    const asked = await decide(request);
    await begun(session);
    // It was asked before there was leave: people answer it.
    await gates[0]!.grpc.call(DANA, approvals.castVote, { id: asked.id, vote: Vote.DENY, reason: 'not this one' });
    expect(await decide(request)).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'cool-down' }, {}] });
    await expect(
      gates[0]!.grpc.call(SAM, approvals.castVote, { id: asked.id, vote: Vote.APPROVE, session: {} }),
    ).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });
});
