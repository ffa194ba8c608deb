import { generateKeyPairSync } from 'node:crypto';
import { Intake as AtIntake, isRefused, makeProof, thumbprint, UsedGrants, verifyGrant } from '@countersign/grant';
import { State } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
  approved,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  eventsOf,
  GATEWAY,
  HOLD,
  newPlace,
  READ,
  startGate,
  SUPPORT,
  type Gate,
} from '../../../test/gate.js';

// Where a grant works, and in whose hand, over the wire and at a target system that verifies it with libs/grant.

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let told: Gate;
beforeAll(async () => {
  place = await newPlace();
  gate = await startGate(place);
  told = await startGate({ ...place, policies: ANYTHING });
});
afterAll(async () => {
  await gate.stop();
  await told.stop();
  await place.remove();
});

const PLACE = 'https://db.example';
const ed = generateKeyPairSync('ed25519').privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const kidOf = (key: typeof ed) => thumbprint(key.export({ format: 'jwk' }));
const claimsOf = (grant: string) =>
  JSON.parse(Buffer.from(grant.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
const redeem = (grant: string, request: object, token = BOT, at = gate) =>
  at.grpc.call(token, decisions.redeemGrant, { ...request, grant });
const withPlace = (audience = PLACE) => ({ ...bulkDelete(), audience });

describe('a grant for one place', () => {
  it('says so in its claims, and works there alone, on record', async () => {
    const request = withPlace();
    const { id, grant } = await approved(gate, request);
    expect(claimsOf(grant)).toMatchObject({ aud: PLACE });
    for (const audience of ['', 'https://mail.example', `${PLACE}/`]) {
      await expect(redeem(grant, { ...request, audience })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        reason: 'WRONG_AUDIENCE',
      });
    }
    expect(await redeem(grant, request)).toMatchObject({ redeemed: true });
    const events = await eventsOf(place.admin, id);
    expect(events[0]).toMatchObject({ data: { request: { audience: PLACE } } });
    expect(events.at(-2)).toMatchObject({ type: 'grant.refused', data: { because: 'wrong-audience' } });
    expect(events.at(-1)).toMatchObject({ type: 'grant.redeemed', data: { audience: PLACE, use: 1 } });
  });

  it('comes with whatever is allowed there, also when nobody had to be asked', async () => {
    const request = { ...READ, audience: PLACE };
    const { grant, state } = await gate.grpc.call(BOT, decisions.decide, request);
    expect(state).toBe(State.ALLOWED);
    expect(await redeem(grant, request)).toMatchObject({ redeemed: true, decision: { state: State.REDEEMED } });
    expect((await gate.grpc.call(BOT, decisions.decide, READ)).grant).toBe('');
  });

  it('is not shared with a request for another place, or for another hand, that waits beside it', async () => {
    const request = withPlace();
    const ask = async (more: object) => (await gate.grpc.call(BOT, decisions.decide, { ...request, ...more })).id;
    const first = await ask({});
    expect(await ask({})).toBe(first);
    const others = await Promise.all([
      ask({ audience: '' }),
      ask({ audience: 'https://mail.example' }),
      ask({ holderKey: kidOf(ed) }),
      ask({ audience: '', holderKey: kidOf(ed) }),
      ask({ holderKey: kidOf(ec) }),
    ]);
    expect(new Set([first, ...others]).size).toBe(6);
    expect(await ask({ holderKey: kidOf(ec) })).toBe(others[4]);
  });

  it('is another request under the same request_id', async () => {
    const request = { ...withPlace(), requestId: 'the same' };
    await gate.grpc.call(BOT, decisions.decide, request);
    for (const more of [{ audience: '' }, { holderKey: kidOf(ed) }])
      await expect(gate.grpc.call(BOT, decisions.decide, { ...request, ...more })).rejects.toMatchObject({
        code: 'ABORTED',
        reason: 'REQUEST_ID_REUSED',
      });
  });

  it.each([
    ['audience', { audience: 'a'.repeat(257) }],
    ['audience', { audience: 'a\u0007' }],
    ['holder_key', { holderKey: 'a key' }],
    ['holder_key', { holderKey: kidOf(ed).slice(1) }],
    // The last character has two bits over; a second spelling of one thumbprint would be a second key.
    ['holder_key', { holderKey: `${'A'.repeat(42)}B` }],
  ])('has no %s like %j', async (field, more) => {
    await expect(gate.grpc.call(BOT, decisions.decide, { ...READ, ...more })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: [{ field }],
    });
  });
});

describe('a grant bound to a key', () => {
  it.each([
    ['Ed25519', ed],
    ['P-256', ec],
  ])('of kind %s works for its holder', async (_, key) => {
    const request = { ...bulkDelete(), holderKey: kidOf(key) };
    const { id, grant } = await approved(gate, request);
    expect(claimsOf(grant)).toMatchObject({ cnf: { jkt: kidOf(key) } });
    expect(await redeem(grant, { ...request, proof: makeProof(grant, key, { id: 'p1' }) })).toMatchObject({ use: 1 });
    expect((await eventsOf(place.admin, id)).at(-1)).toMatchObject({ data: { proof: { key: kidOf(key), id: 'p1' } } });
  });

  it('is refused without a proof, with that of a thief, and with one that was made for something else', async () => {
    const request = { ...bulkDelete(), holderKey: kidOf(ed) };
    const { grant } = await approved(gate, request);
    const alike = { ...bulkDelete(), holderKey: kidOf(ed) };
    const { grant: another } = await approved(gate, alike);
    const old = new Date(Date.now() - 120_000);
    for (const [proof, reason] of [
      ['', 'PROOF_REQUIRED'],
      [makeProof(grant, ec), 'WRONG_KEY'],
      [makeProof(another, ed), 'PROOF_INVALID'],
      [makeProof(grant, ed, { now: old }), 'PROOF_INVALID'],
      [grant, 'PROOF_INVALID'],
      ['proof', 'PROOF_INVALID'],
      [`${makeProof(grant, ed).slice(0, -4)}AAAA`, 'PROOF_INVALID'],
    ]) {
      await expect(redeem(grant, { ...request, proof })).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason });
    }
    expect(await redeem(grant, { ...request, proof: makeProof(grant, ed) })).toMatchObject({ redeemed: true });
  });

  it('does not take one proof for two uses, through whichever process', async () => {
    const request = { ...answered({ ...HOLD, grant: { uses: 2 } }), holderKey: kidOf(ed) };
    const { grant } = await approved(told, request);
    const second = await startGate({ ...place, policies: ANYTHING });
    const proof = makeProof(grant, ed);
    const uses = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => redeem(grant, { ...request, proof }, BOT, i % 2 ? told : second)),
    );
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const use of uses)
      if (use.status === 'rejected') expect(use.reason).toMatchObject({ reason: 'PROOF_REPLAYED' });
    expect(await redeem(grant, { ...request, proof: makeProof(grant, ed) }, BOT, second)).toMatchObject({ use: 2 });
    await second.stop();
  });
});

describe('a target system', () => {
  const action = (table: string) => ({
    action: { name: 'db.delete', properties: { rows: 12480 } },
    resource: { type: 'table', id: table },
  });
  const here = (table: string, more: object) => ({
    ...{ issuer: 'https://gate.example', audience: PLACE, action: action(table) },
    jwksUrl: `http://127.0.0.1:${gate.httpPort}/.well-known/jwks.json`,
    once: new UsedGrants(),
    ...more,
  });
  const atIntake = () => new AtIntake({ url: `http://127.0.0.1:${gate.httpPort}`, credential: GATEWAY });

  it('verifies offline what the gate has signed, for exactly the action', async () => {
    const request = { ...withPlace(), holderKey: kidOf(ec) };
    const table = request.resource.id;
    const { grant, id } = await approved(gate, request);
    const proof = makeProof(grant, ec);
    const once = new UsedGrants();
    expect(await verifyGrant(grant, here('prod.other', { proof, once }))).toMatchObject({
      refused: { code: 'action-differs' },
    });
    expect(await verifyGrant(grant, here(table, { proof, once }))).toMatchObject({ use: 1, claims: { txn: id } });
    expect(await verifyGrant(grant, here(table, { proof, once }))).toMatchObject({ refused: { code: 'used' } });
  });

  it('redeems online: once over all instances, and not what was revoked since', async () => {
    const request = { ...withPlace(), holderKey: kidOf(ec) };
    const { grant } = await approved(gate, request);
    const options = here(request.resource.id, { once: atIntake() });
    const results = await Promise.all(
      Array.from({ length: 8 }, () => verifyGrant(grant, { ...options, proof: makeProof(grant, ec) })),
    );
    expect(results.filter((result) => !isRefused(result))).toHaveLength(1);
    for (const result of results)
      if (isRefused(result)) expect(result.refused).toMatchObject({ code: 'not-redeemed', reason: 'GRANT_USED' });

    const other = withPlace();
    const revoked = await approved(gate, other);
    await gate.grpc.call(DANA, approvals.revokeDecision, { id: revoked.id, reason: 'incident' });
    expect(await verifyGrant(revoked.grant, here(other.resource.id, { once: atIntake() }))).toMatchObject({
      refused: { code: 'not-redeemed', reason: 'GRANT_REVOKED' },
    });
  });

  it('may not redeem with a credential that speaks for itself alone', async () => {
    const request = withPlace();
    const { grant } = await approved(gate, request);
    const once = new AtIntake({ url: `http://127.0.0.1:${gate.httpPort}`, credential: SUPPORT });
    expect(await verifyGrant(grant, here(request.resource.id, { once }))).toMatchObject({
      refused: { code: 'not-redeemed', reason: 'NOT_YOURS' },
    });
  });
});
