import { generateKeyPairSync, sign, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOfAction, parseAction } from './action.js';
import { checkGrant, GRANT_TYPE } from './grant-check.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const jwks = { keys: [{ ...(publicKey.export({ format: 'jwk' }) as JsonWebKey), kid: 'k1' }] };
const now = new Date('2026-11-21T12:00:00Z');
const action = parseAction({ action: 'db.delete', arg: ['rows=12480'], resource: 'table:prod.orders' });
const subject = { type: 'agent', id: 'release-bot' };
const CLAIMS = {
  jti: 'g1',
  sub: 'lee@acme.example',
  act: { sub: 'release-bot' },
  txn: 'dec_01',
  exp: now.getTime() / 1000 + 60,
  authorization_details: [
    { action: 'db.delete', resource: 'prod.orders', action_hash: digestOfAction(action, subject, []) },
  ],
};
const HEADER = { alg: 'EdDSA', typ: GRANT_TYPE, kid: 'k1' };

function mint(header: object = HEADER, claims: object = CLAIMS): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
}

describe('a grant checked offline', () => {
  it('is valid for the action it was given for', () => {
    expect(checkGrant(mint(), jwks, now, () => digestOfAction(action, subject, []))).toMatchObject({
      valid: true,
      kid: 'k1',
    });
  });

  it.each([
    ['another action', mint(), /digests differ/],
    ['no algorithm', mint({ ...HEADER, alg: 'none' }), /only EdDSA/],
    ['a symmetric algorithm', mint({ ...HEADER, alg: 'HS256' }), /only EdDSA/],
    ['another kind of token', mint({ ...HEADER, typ: 'JWT' }), /not a grant/],
    ['an unknown key', mint({ ...HEADER, kid: 'k2' }), /no Ed25519 key/],
    ['an unknown critical extension', mint({ ...HEADER, crit: ['b64'] }), /critical/],
    ['an expired one', mint(HEADER, { ...CLAIMS, exp: CLAIMS.exp - 60 }), /expired/],
    ['one from the future', mint(HEADER, { ...CLAIMS, nbf: CLAIMS.exp }), /not valid before/],
    [
      'two permissions',
      mint(HEADER, { ...CLAIMS, authorization_details: [...CLAIMS.authorization_details, {}] }),
      /incomplete/,
    ],
    ['missing claims', mint(HEADER, { sub: 'x' }), /incomplete/],
    [
      'changed claims',
      mint().replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'x' })).toString('base64url')}.`),
      /signature/,
    ],
    ['no token at all', 'abc', /compact JWS/],
    ['rubbish', 'a.b.c', /header/],
  ])('refuses %s', (_, jws, because) => {
    const check = checkGrant(jws, jwks, now, () => 'another');
    expect(check).toMatchObject({ valid: false, because: expect.stringMatching(because) });
  });
});
