import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { digestOf } from '@countersign/ledger';
import { describe, expect, it } from 'vitest';
import { encode, mint, NOW } from '../test/mint.js';
import { makeProof, thumbprint, verifyProof } from './index.js';

const grant = mint();
const ed = generateKeyPairSync('ed25519').privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const publicJwk = (key: KeyObject) => {
  const { d: _, ...jwk } = key.export({ format: 'jwk' });
  return jwk;
};
const HEADER = { typ: 'dpop+jwt', alg: 'EdDSA', jwk: publicJwk(ed) };
const CLAIMS = { ath: digestOf(grant), htm: 'POST', iat: NOW.getTime() / 1000, jti: 'p1' };

function proof(header: object, claims: object = CLAIMS, key: KeyObject = ed): string {
  const text = `${encode(header)}.${encode(claims)}`;
  const signature =
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, Buffer.from(text), key)
      : sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
const check = (text: string, more: object = {}) => verifyProof(text, { grant, now: NOW, ...more });

describe('a proof that somebody holds a key', () => {
  it.each([
    ['Ed25519', ed],
    ['P-256', ec],
  ])('of kind %s says which', (_, key) => {
    expect(check(makeProof(grant, key, { now: NOW, id: 'p1' }))).toEqual({ key: thumbprint(publicJwk(key)), id: 'p1' });
  });

  it('may call its algorithm by the name of its curve, as RFC 9864 does', () => {
    expect(check(proof({ ...HEADER, alg: 'Ed25519' }))).toHaveProperty('key');
    expect(check(proof({ ...HEADER, alg: 'Ed25519', jwk: publicJwk(ec) }, CLAIMS, ec))).toHaveProperty('problem');
  });

  it('names its key as RFC 7638 and RFC 8037 do', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
    expect(thumbprint({ kty: 'OKP', crv: 'Ed25519', x })).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const hmacText = `${encode({ ...HEADER, alg: 'HS256' })}.${encode(CLAIMS)}`;
  it.each<[string, string, RegExp]>([
    ['of another type', proof({ ...HEADER, typ: 'JWT' }), /its type is "JWT"/],
    ['that is a grant', mint(), /its type is/],
    ['without a key', proof({ ...HEADER, jwk: undefined }), /brings no key/],
    ['with a private key', proof({ ...HEADER, jwk: ed.export({ format: 'jwk' }) }), /private/],
    ['with no algorithm', `${encode({ ...HEADER, alg: 'none' })}.${encode(CLAIMS)}.AA`, /its algorithm is "none"/],
    [
      'with a secret',
      `${hmacText}.${createHmac('sha256', publicJwk(ed).x!).update(hmacText).digest('base64url')}`,
      /"HS256"/,
    ],
    ['with the algorithm of another key', proof({ ...HEADER, jwk: publicJwk(ec) }, CLAIMS, ec), /for ES256/],
    ['with an RSA key', proof({ ...HEADER, alg: 'RS256', jwk: publicJwk(rsa) }, CLAIMS), /neither Ed25519 nor P-256/],
    ['with a key on another curve', proof({ ...HEADER, alg: 'ES384', jwk: publicJwk(p384) }, CLAIMS), /neither/],
    [
      'with a point that is on no curve',
      proof({ ...HEADER, alg: 'ES256', jwk: { ...publicJwk(ec), y: publicJwk(ec).x } }),
      /neither/,
    ],
    [
      'with coordinates in a second spelling',
      proof({ ...HEADER, jwk: { ...publicJwk(ed), x: `${publicJwk(ed).x}=` } }),
      /neither/,
    ],
    [
      'signed by another key',
      proof({ ...HEADER, jwk: publicJwk(generateKeyPairSync('ed25519').privateKey) }),
      /signature/,
    ],
    ['with a signature of another length', `${proof(HEADER).split('.').slice(0, 2).join('.')}.AAAA`, /signature/],
    ['that points at a key elsewhere', proof({ ...HEADER, jku: 'https://evil.example' }), /"jku"/],
    ['with critical extensions', proof({ ...HEADER, crit: ['b64'], b64: false }), /"crit"|"b64"/],
    ['for another grant', proof(HEADER, { ...CLAIMS, ath: digestOf(`${grant} `) }), /another grant/],
    ['for no grant', proof(HEADER, { ...CLAIMS, ath: undefined }), /another grant/],
    ['without an id', proof(HEADER, { ...CLAIMS, jti: '' }), /"jti"/],
    ['with an id that is not seen', proof(HEADER, { ...CLAIMS, jti: 'p\u200b1' }), /"jti"/],
    ['that does not say when', proof(HEADER, { ...CLAIMS, iat: undefined }), /say when/],
    ['that says when in words', proof(HEADER, { ...CLAIMS, iat: 'now' }), /say when/],
    ['from the future', proof(HEADER, { ...CLAIMS, iat: CLAIMS.iat + 6 }), /future/],
    ['that is old', proof(HEADER, { ...CLAIMS, iat: CLAIMS.iat - 66 }), /older than 60 s/],
    ['that is no JWS', 'proof', /not a compact JWS/],
    ['that is very long', `a.${'a'.repeat(5_000)}.a`, /longer/],
  ])('%s is none', (_, text, problem) => {
    expect(check(text)).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  it('is for one HTTP request, where it came with one', () => {
    const made = makeProof(grant, ed, { now: NOW, method: 'POST', url: 'https://db.example/run' });
    expect(check(made, { method: 'POST', url: 'https://db.example/run' })).toHaveProperty('key');
    expect(check(made, { method: 'GET' })).toEqual({ problem: 'it was made for another HTTP method' });
    expect(check(made, { url: 'https://db.example/drop' })).toEqual({ problem: 'it was made for another URL' });
    expect(check(makeProof(grant, ed, { now: NOW }), { url: 'https://db.example/run' })).toHaveProperty('problem');
  });
});
