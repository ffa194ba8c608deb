import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { makeProof, thumbprint } from '@countersign/grant';
import { loadOrCreateSigningKey } from '@countersign/keys';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
  approved,
  BOT,
  DANA,
  decisions,
  HOLD,
  newPlace,
  People,
  startGate,
  type Gate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';
import type { Refusal } from '../../../test/wire.js';

// Whoever is refused must know why: every way not to get through has a reason and a text of its own.

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
const directory = new People();
const said = new Map<string, { reason: string; message: string }>();

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate({ ...place, directory, policies: ANYTHING });
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

const key = generateKeyPairSync('ed25519').privateKey;
const thief = generateKeyPairSync('ed25519').privateKey;
const PLACE = 'https://db.example';
const held = { audience: PLACE, holderKey: thumbprint(key.export({ format: 'jwk' })) };

interface Attempt {
  id: string;
  grant: string;
  request: ReturnType<typeof answered>;
  /** Redeems as the holder would, but for what is given. */
  redeem(more?: object): Promise<unknown>;
}

async function attempt(grantTerms: object = {}): Promise<Attempt> {
  const request = answered({ ...HOLD, grant: grantTerms });
  const asked = { ...request, ...held };
  const { id, grant } = await approved(gate, asked);
  const redeem = (more: object = {}) =>
    gate.grpc.call(BOT, decisions.redeemGrant, {
      ...{ ...request, grant, audience: PLACE, proof: makeProof(grant, key) },
      ...more,
    });
  return { id, grant, request, redeem };
}

/** The same grant, said to be something else, and signed by the gate's own key. */
function resigned(grant: string, header: object, claims: object): string {
  const parts = grant.split('.').slice(0, 2);
  const [head, body] = parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
  const text = [
    { ...head, ...header },
    { ...body, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const own = loadOrCreateSigningKey(join(place.dataDir, 'keys', 'grant.pem'));
  return `${text}.${sign(null, Buffer.from(text), own).toString('base64url')}`;
}

/** The same grant under HMAC, with what anybody can read in the JWKS as the secret. */
function shared(grant: string): string {
  const [head, body] = grant.split('.') as [string, string];
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
  const text = `${Buffer.from(JSON.stringify({ ...header, alg: 'HS256' })).toString('base64url')}.${body}`;
  const own = loadOrCreateSigningKey(join(place.dataDir, 'keys', 'grant.pem'));
  const secret = Buffer.from(own.export({ format: 'jwk' }).x!, 'base64url');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** The same grant with its algorithm said twice, differently. */
function twice(grant: string): string {
  const [head, ...rest] = grant.split('.') as [string, string, string];
  const header = Buffer.from(head, 'base64url').toString().replace('{', '{"alg":"none",');
  return [Buffer.from(header).toString('base64url'), ...rest].join('.');
}

it.each<[string, string, (one: Attempt) => Promise<unknown>]>([
  [
    'the digest differs in one byte',
    'ACTION_DIFFERS',
    ({ redeem, request }) => redeem({ resource: { ...request.resource, id: `${request.resource.id.slice(0, -1)}!` } }),
  ],
  [
    'it is used',
    'GRANT_USED',
    async ({ redeem }) => {
      await redeem();
      return redeem();
    },
  ],
  [
    'it is revoked',
    'GRANT_REVOKED',
    async ({ id, redeem }) => {
      await gate.grpc.call(DANA, approvals.revokeDecision, { id, reason: 'incident' });
      return redeem();
    },
  ],
  [
    'the approver has left the group',
    'APPROVER_GONE',
    async ({ redeem }) => {
      let answer: unknown;
      const leave = (text: string) => text.replace('groups: [dba, oncall]', 'groups: [oncall]');
      await directory.changed(leave, async () => {
        answer = await redeem().catch((error: unknown) => error);
      });
      throw answer;
    },
  ],
  [
    'policy now denies',
    'POLICY_DENIES',
    ({ redeem }) => redeem({ contextForm: answered({ ...HOLD, effect: 'deny', approval: undefined }).contextForm }),
  ],
  ['it is for another place', 'WRONG_AUDIENCE', ({ redeem }) => redeem({ audience: 'https://mail.example' })],
  ['there is no proof', 'PROOF_REQUIRED', ({ redeem }) => redeem({ proof: '' })],
  ['the proof is of another key', 'WRONG_KEY', ({ grant, redeem }) => redeem({ proof: makeProof(grant, thief) })],
  ['the proof is for something else', 'PROOF_INVALID', ({ redeem }) => redeem({ proof: makeProof('x', key) })],
  [
    'its algorithm is none',
    'WRONG_ALGORITHM',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { alg: 'none' }, {}) }),
  ],
  [
    'it is another kind of token',
    'WRONG_TYPE',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { typ: 'JWT' }, {}) }),
  ],
  [
    'it brings a key along',
    'WRONG_HEADER',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { jwk: { kty: 'OKP' } }, {}) }),
  ],
  [
    'its key is not ours',
    'UNKNOWN_KEY',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { kid: 'other' }, {}) }),
  ],
  [
    'its issuer is another',
    'WRONG_ISSUER',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, {}, { iss: 'https://evil.example' }) }),
  ],
  [
    'its claims are not all',
    'WRONG_CLAIMS',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, {}, { act: {} }) }),
  ],
  [
    'it is another grant than that of its decision',
    'WRONG_GRANT',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, {}, { jti: 'grt_other' }) }),
  ],
  [
    'its algorithm is that of a shared secret, and the secret is our public key',
    'WRONG_ALGORITHM',
    ({ grant, redeem }) => redeem({ grant: shared(grant) }),
  ],
  [
    'its key is a path',
    'UNKNOWN_KEY',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { kid: '../../../dev/null' }, {}) }),
  ],
  [
    'it has critical extensions',
    'WRONG_HEADER',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { crit: ['exp'] }, {}) }),
  ],
  [
    'its payload is not encoded',
    'WRONG_HEADER',
    ({ grant, redeem }) => redeem({ grant: resigned(grant, { b64: false }, {}) }),
  ],
  [
    'it has no signature',
    'MALFORMED_GRANT',
    ({ grant, redeem }) => redeem({ grant: grant.slice(0, grant.lastIndexOf('.') + 1) }),
  ],
  ['a member of its header is there twice', 'MALFORMED_GRANT', ({ grant, redeem }) => redeem({ grant: twice(grant) })],
  ['its signature is not', 'BAD_SIGNATURE', ({ grant, redeem }) => redeem({ grant: `${grant.slice(0, -6)}AAAAAA` })],
  ['it is no grant', 'MALFORMED_GRANT', ({ redeem }) => redeem({ grant: 'grant' })],
])('a grant is refused when %s: %s', async (what, reason, refused) => {
  const refusal = await refused(await attempt()).catch((error: unknown) => error as Refusal);
  expect(refusal).toMatchObject({ reason });
  said.set(what, { reason, message: (refusal as Refusal).message });
});

it('a grant is refused when its time is over: GRANT_EXPIRED', async () => {
  const { id, redeem } = await attempt({ expires_in: '1s' });
  await until('it is over', async () => Date.now() > (await expiryOf(id)));
  const refusal = await redeem().catch((error: unknown) => error as Refusal);
  expect(refusal).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'GRANT_EXPIRED' });
  said.set('it is over', { reason: 'GRANT_EXPIRED', message: (refusal as Refusal).message });
});

it('a grant is refused when its proof has been used before: PROOF_REPLAYED', async () => {
  const { grant, redeem } = await attempt({ uses: 2 });
  const proof = makeProof(grant, key);
  await redeem({ proof });
  const refusal = await redeem({ proof }).catch((error: unknown) => error as Refusal);
  expect(refusal).toMatchObject({ reason: 'PROOF_REPLAYED' });
  said.set('its proof is old', { reason: 'PROOF_REPLAYED', message: (refusal as Refusal).message });
});

it('and every cause has words of its own, and every kind of cause its own reason', () => {
  expect(new Set([...said.values()].map(({ message }) => message)).size).toBe(said.size);
  const reasons = [...said.values()].map(({ reason }) => reason);
  // Tricks with one part of a token share the reason that names the part.
  const shared = [
    'MALFORMED_GRANT',
    'MALFORMED_GRANT',
    'UNKNOWN_KEY',
    'WRONG_ALGORITHM',
    'WRONG_HEADER',
    'WRONG_HEADER',
  ];
  expect([said.size, new Set(reasons).size]).toEqual([26, 20]);
  const again = reasons.filter((reason, i) => reasons.indexOf(reason) !== i);
  expect(again.sort()).toEqual(shared);
});

async function expiryOf(id: string): Promise<number> {
  const { rows } = await place.admin.query<{ state: { grant: { expires_at: string } } }>(
    'select state from decisions where id = $1',
    [id],
  );
  return Date.parse(rows[0]!.state.grant.expires_at);
}
