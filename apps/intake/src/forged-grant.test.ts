import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { thumbprint } from '@countersign/grant';
import { loadOrCreateSigningKey } from '@countersign/keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, BOT, bulkDelete, decisions, eventsOf, newPlace, startGate, type Gate } from '../../../test/gate.js';

// Everything that has been done to the tokens of others, done to a grant, over the wire. Our own key signs where somebody
// might make it sign: a token of the same key is not yet a grant.

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let request: ReturnType<typeof bulkDelete>;
let id: string;
let real: string;
let key: KeyObject;

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate(place);
  request = bulkDelete();
  ({ id, grant: real } = await approved(gate, request));
  key = loadOrCreateSigningKey(join(place.dataDir, 'keys', 'grant.pem'));
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

const redeem = (grant: string) => gate.grpc.call(BOT, decisions.redeemGrant, { ...request, grant });
const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const text = (part: number) => Buffer.from(real.split('.')[part]!, 'base64url').toString();
const header = () => JSON.parse(text(0)) as Record<string, unknown>;
const claims = () => JSON.parse(text(1)) as Record<string, unknown>;
const signed = (head: object | string, body: object | string, by = key, algorithm: string | null = null) => {
  const both = `${encode(head)}.${encode(body)}`;
  return `${both}.${sign(algorithm, Buffer.from(both), by).toString('base64url')}`;
};
const hmac = (head: object, secret: string | Buffer) => {
  const both = `${encode(head)}.${encode(claims())}`;
  return `${both}.${createHmac('sha256', secret).update(both).digest('base64url')}`;
};
const publicX = () => Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
const other = generateKeyPairSync('ed25519').privateKey;
const publicJwk = () => {
  const { d: _, ...jwk } = other.export({ format: 'jwk' });
  return jwk;
};
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed448 = generateKeyPairSync('ed448').privateKey;
const parts = () => real.split('.') as [string, string, string];

describe('a forged grant', () => {
  it.each<[string, () => string, string]>([
    [
      'with another payload',
      () => [parts()[0], encode({ ...claims(), exp: 9e9 }), parts()[2]].join('.'),
      'BAD_SIGNATURE',
    ],
    [
      'with another signature',
      () => [parts()[0], parts()[1], `${parts()[2].slice(0, -8)}AAAAAAAA`].join('.'),
      'BAD_SIGNATURE',
    ],
    ['of another key that says it is ours', () => signed(header(), claims(), other), 'BAD_SIGNATURE'],
    ['of another key', () => signed({ ...header(), kid: thumbprint(publicJwk()) }, claims(), other), 'UNKNOWN_KEY'],
    ['of no key in particular', () => signed({ ...header(), kid: undefined }, claims()), 'UNKNOWN_KEY'],
    ['of a key by a path', () => signed({ ...header(), kid: '../../../dev/null' }, claims()), 'UNKNOWN_KEY'],
    ['with algorithm none', () => `${encode({ ...header(), alg: 'none' })}.${parts()[1]}.AA`, 'WRONG_ALGORITHM'],
    ['with algorithm None', () => `${encode({ ...header(), alg: 'None' })}.${parts()[1]}.AA`, 'WRONG_ALGORITHM'],
    [
      'with HS256 and our public key as the secret',
      () => hmac({ ...header(), alg: 'HS256' }, publicX()),
      'WRONG_ALGORITHM',
    ],
    ['that hides HS256 behind EdDSA', () => hmac(header(), publicX()), 'BAD_SIGNATURE'],
    ['with RS256', () => signed({ ...header(), alg: 'RS256' }, claims(), rsa, 'sha256'), 'WRONG_ALGORITHM'],
    ['with ES256', () => signed({ ...header(), alg: 'ES256' }, claims(), p256, 'sha256'), 'WRONG_ALGORITHM'],
    ['with EdDSA on another curve', () => signed(header(), claims(), ed448), 'BAD_SIGNATURE'],
    [
      'with a key it brings along (jwk)',
      () => signed({ ...header(), jwk: publicJwk() }, claims(), other),
      'WRONG_HEADER',
    ],
    [
      'with a key elsewhere (jku)',
      () => signed({ ...header(), jku: 'https://evil.example/jwks' }, claims()),
      'WRONG_HEADER',
    ],
    [
      'with a certificate elsewhere (x5u)',
      () => signed({ ...header(), x5u: 'https://evil.example/c' }, claims()),
      'WRONG_HEADER',
    ],
    ['with certificates (x5c)', () => signed({ ...header(), x5c: ['MIIB'] }, claims()), 'WRONG_HEADER'],
    ['with critical extensions (crit)', () => signed({ ...header(), crit: ['exp'] }, claims()), 'WRONG_HEADER'],
    [
      'with an unencoded payload (b64=false)',
      () => signed({ ...header(), b64: false, crit: ['b64'] }, claims()),
      'WRONG_HEADER',
    ],
    ['that is an ordinary JWT of our key', () => signed({ ...header(), typ: 'JWT' }, claims()), 'WRONG_TYPE'],
    [
      'that is a token of our key without a type',
      () => signed({ ...header(), typ: undefined }, claims()),
      'WRONG_TYPE',
    ],
    ['that is a proof of our key', () => signed({ ...header(), typ: 'dpop+jwt' }, claims()), 'WRONG_TYPE'],
    [
      'of our key and another issuer',
      () => signed(header(), { ...claims(), iss: 'https://evil.example' }),
      'WRONG_ISSUER',
    ],
    [
      'of our key for two actions',
      () => signed(header(), { ...claims(), authorization_details: [{}, {}] }),
      'WRONG_CLAIMS',
    ],
    [
      'of our key for another grant of the decision',
      () => signed(header(), { ...claims(), jti: 'grt_other' }),
      'WRONG_GRANT',
    ],
  ])('%s is refused', async (_, forge, reason) => {
    await expect(redeem(forge())).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason });
  });

  it.each<[string, () => string]>([
    ['nothing', () => ''],
    ['a word', () => 'grant'],
    ['without a signature', () => `${parts()[0]}.${parts()[1]}.`],
    ['of four parts', () => `${real}.x`],
    ['followed by a line end', () => `${real}\n`],
    ['padded', () => `${real}==`],
    ['in ordinary base64', () => real.replaceAll('-', '+').replaceAll('_', '/').concat('/')],
    ['without end', () => 'a.'.repeat(50_000)],
    ['with a member of its header twice', () => signed(text(0).replace('{', '{"alg":"none",'), claims())],
    ['with a claim twice', () => signed(header(), text(1).replace('{', '{"exp":9999999999,'))],
    ['with claims that are no object', () => signed(header(), '[]')],
    [
      'with stray bits at the end of its signature',
      () => {
        const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        return real.slice(0, -1) + digits[digits.indexOf(real.at(-1)!) + 1];
      },
    ],
  ])('that is %s is no grant', async (_, forge) => {
    await expect(redeem(forge())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'MALFORMED_GRANT',
      fields: [{ field: 'grant' }],
    });
  });

  it('is refused over HTTP in the same way', async () => {
    const body = { ...{ action: request.action, resource: request.resource, arguments: { rows: 12480 } } };
    const grant = signed({ ...header(), alg: 'none' }, claims());
    await expect(gate.http(BOT, '/v1/grants:redeem', { body: { ...body, grant } })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'WRONG_ALGORITHM',
      httpStatus: 403,
    });
  });

  it('leaves no trace on the decision it names, as nothing it says can be believed, and the real one works', async () => {
    const types = (await eventsOf(place.admin, id)).map(({ type }) => type);
    // One was of our own key and named a grant that is not there: that is worth knowing.
    expect(types).toEqual(['decision.held', 'vote.cast', 'decision.approved', 'grant.refused']);
    expect(await redeem(real)).toMatchObject({ redeemed: true, use: 1, usesLeft: 0 });
  });
});
