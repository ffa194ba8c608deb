import { createHmac, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION, AUDIENCE, CLAIMS, encode, HEADER, ISSUER, JWK, JWKS, KEY, KID, mint, NOW } from '../test/mint.js';
import { actionDigest, makeProof, thumbprint, UsedGrants, verifyGrant, type VerifyOptions } from './index.js';

const verify = (grant: string, more: Partial<VerifyOptions> = {}) =>
  verifyGrant(grant, {
    ...{ keys: JWKS, issuer: ISSUER, audience: AUDIENCE, action: ACTION, now: NOW, once: new UsedGrants() },
    ...more,
  } as VerifyOptions);
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const other = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ed448 = generateKeyPairSync('ed448');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const hmac = (header: object, secret: string | Buffer) => {
  const text = `${encode(header)}.${encode(CLAIMS)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
};
const claims = JSON.stringify(CLAIMS);

describe('a grant', () => {
  it('lets exactly its action run, at its place, once', async () => {
    const once = new UsedGrants();
    expect(await verify(mint(), { once })).toEqual({ claims: CLAIMS, use: 1 });
    expect(await verify(mint(), { once })).toMatchObject({ refused: { code: 'used' } });
  });

  it.each(['issuer', 'audience'] as const)('is not verified by a place whose %s is not set', async (name) => {
    const once = new UsedGrants();
    for (const missing of [undefined, ''])
      await expect(verify(mint(), { once, [name]: missing as never })).rejects.toThrow(`${name} is required`);
    expect(once.size).toBe(0);
  });

  it('is judged by the time, give or take what clocks may differ', async () => {
    for (const [now, clockSkew, code] of [
      [later(64), 5, undefined],
      [later(65), 5, 'expired'],
      [later(60), 0, 'expired'],
      [later(59), 0, undefined],
      [later(-15), 5, undefined],
      [later(-16), 5, 'not-yet-valid'],
      [new Date(NaN), 5, 'expired'],
    ] as const) {
      const result = await verify(mint(), { now, clockSkew });
      expect('refused' in result ? result.refused.code : undefined).toBe(code);
    }
    await expect(verify(mint(), { clockSkew: 61 })).rejects.toThrow(RangeError);
    await expect(verify(mint(), { clockSkew: NaN })).rejects.toThrow(RangeError);
  });

  it.each<[string, string, string]>([
    ['with the algorithm none', `${encode({ ...HEADER, alg: 'none' })}.${encode(CLAIMS)}.AA`, 'wrong-algorithm'],
    ['with no signature', `${encode(HEADER)}.${encode(CLAIMS)}.`, 'malformed'],
    [
      'with HMAC over the public key',
      hmac({ ...HEADER, alg: 'HS256' }, Buffer.from(JWK.x!, 'base64url')),
      'wrong-algorithm',
    ],
    [
      'with HMAC over the text of the public key',
      hmac({ ...HEADER, alg: 'HS256' }, JSON.stringify(JWK)),
      'wrong-algorithm',
    ],
    ['that says EdDSA over an HMAC', hmac(HEADER, Buffer.from(JWK.x!, 'base64url')), 'bad-signature'],
    ['with RSA', mint(CLAIMS, { ...HEADER, alg: 'RS256' }, rsa, 'sha256'), 'wrong-algorithm'],
    ['that says EdDSA over RSA', mint(CLAIMS, HEADER, rsa, 'sha256'), 'bad-signature'],
    ['with ES256', mint(CLAIMS, { ...HEADER, alg: 'ES256' }, p256, 'sha256'), 'wrong-algorithm'],
    ['with EdDSA on another curve', mint(CLAIMS, HEADER, ed448.privateKey), 'bad-signature'],
    ['with its algorithm in other letters', mint(CLAIMS, { ...HEADER, alg: 'eddsa' }), 'wrong-algorithm'],
    ['of another key that it brings along', mint(CLAIMS, { ...HEADER, jwk: JWK }, other), 'wrong-header'],
    ['that points at a key elsewhere', mint(CLAIMS, { ...HEADER, jku: 'https://evil.example/jwks' }), 'wrong-header'],
    [
      'that points at a certificate elsewhere',
      mint(CLAIMS, { ...HEADER, x5u: 'https://evil.example/' }),
      'wrong-header',
    ],
    ['that brings certificates', mint(CLAIMS, { ...HEADER, x5c: ['MIIB'] }), 'wrong-header'],
    ['with critical extensions', mint(CLAIMS, { ...HEADER, crit: ['exp'] }), 'wrong-header'],
    ['with b64 switched off', mint(CLAIMS, { ...HEADER, b64: false, crit: ['b64'] }), 'wrong-header'],
    ['of no key in particular', mint(CLAIMS, { ...HEADER, kid: undefined }), 'unknown-key'],
    ['of a key by a number', mint(CLAIMS, { ...HEADER, kid: 1 }), 'unknown-key'],
    ['of a key nobody knows', mint(CLAIMS, { ...HEADER, kid: 'other' }, other), 'unknown-key'],
    ['of a key with the name of ours', mint(CLAIMS, HEADER, other), 'bad-signature'],
    ['of our key and of type JWT', mint(CLAIMS, { ...HEADER, typ: 'JWT' }), 'wrong-type'],
    ['of our key and of no type', mint(CLAIMS, { alg: 'EdDSA', kid: KID }), 'wrong-type'],
    [
      'with a member of its header twice',
      mint(CLAIMS, `{"alg":"none","alg":"EdDSA","kid":"${KID}","typ":"${HEADER.typ}"}`),
      'malformed',
    ],
    ['with a claim twice', mint(claims.replace('{', '{"exp":9999999999,')), 'malformed'],
    ['with text after its claims', mint(`${claims} x`), 'malformed'],
    ['with claims that are a list', mint('[]'), 'malformed'],
    [
      'with claims that are not UTF-8',
      `${encode(HEADER)}.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.AA`,
      'malformed',
    ],
    ['with a mark before its claims', mint(`\ufeff${claims}`), 'malformed'],
    ['of four parts', `${mint()}.x`, 'malformed'],
    ['with padding', `${mint()}==`, 'malformed'],
    ['with a line end', `${mint()}\n`, 'malformed'],
    ['in ordinary base64', mint().replace(/\.[^.]+$/, `.${'+'.repeat(86)}`), 'malformed'],
    ['without end', 'a'.repeat(20_000), 'malformed'],
    ['of another issuer', mint({ ...CLAIMS, iss: 'https://evil.example' }), 'wrong-issuer'],
    ['of an issuer that differs by a slash', mint({ ...CLAIMS, iss: `${ISSUER}/` }), 'wrong-issuer'],
    ['for another place', mint({ ...CLAIMS, aud: 'https://mail.example' }), 'wrong-audience'],
    ['for no place', mint({ ...CLAIMS, aud: undefined }), 'wrong-audience'],
    ['for several places', mint({ ...CLAIMS, aud: [AUDIENCE] }), 'wrong-claims'],
    ['without an end', mint({ ...CLAIMS, exp: undefined }), 'wrong-claims'],
    ['with an end in words', mint({ ...CLAIMS, exp: 'never' }), 'wrong-claims'],
    ['for no use', mint({ ...CLAIMS, max_uses: 0 }), 'wrong-claims'],
    [
      'for two actions',
      mint({ ...CLAIMS, authorization_details: [...CLAIMS.authorization_details, {}] }),
      'wrong-claims',
    ],
    [
      'for something else than an action',
      mint({ ...CLAIMS, authorization_details: [{ type: 'payment' }] }),
      'wrong-claims',
    ],
    [
      'without a digest',
      mint({ ...CLAIMS, authorization_details: [{ type: 'countersign_action', action: 'a', resource: 'b' }] }),
      'wrong-claims',
    ],
    ['without an agent', mint({ ...CLAIMS, act: {} }), 'wrong-claims'],
    ['without a number', mint({ ...CLAIMS, jti: '' }), 'wrong-claims'],
    ['that does not say who approved', mint({ ...CLAIMS, approvals: undefined }), 'wrong-claims'],
    [
      'of a broken glass that nobody broke',
      mint({ ...CLAIMS, break_glass: { rule: 'r', at: 'then' } }),
      'wrong-claims',
    ],
    [
      'of a broken glass that beat more than a denial',
      mint({ ...CLAIMS, break_glass: { by: 'dana', rule: 'r', at: 'then', overrode: 'guardrail' } }),
      'wrong-claims',
    ],
    ['of a session without a number', mint({ ...CLAIMS, session: { txn: 'd', approved_by: [] } }), 'wrong-claims'],
    ['of a session of nobody', mint({ ...CLAIMS, session: { txn: 'd', use: 1, approved_by: '' } }), 'wrong-claims'],
    ['bound to a certificate', mint({ ...CLAIMS, cnf: { 'x5t#S256': 'abc' } }), 'wrong-claims'],
    ['bound to a key and a certificate', mint({ ...CLAIMS, cnf: { jkt: KID, 'x5t#S256': 'abc' } }), 'wrong-claims'],
  ])('%s is refused', async (_, grant, code) => {
    const once = new UsedGrants();
    expect(await verify(grant, { once })).toMatchObject({ refused: { code } });
    // Nothing is used, so nothing forged can use up what is genuine.
    expect(once.size).toBe(0);
  });

  it('spelt with stray bits at the end of a part is refused, although it decodes to the same bytes', async () => {
    const [head, body, tail] = mint().split('.') as [string, string, string];
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four bits over in the last character.
    const stray = tail.slice(0, -1) + digits[digits.indexOf(tail.at(-1)!) + 1];
    expect(Buffer.from(stray, 'base64url')).toEqual(Buffer.from(tail, 'base64url'));
    expect(await verify(`${head}.${body}.${stray}`)).toMatchObject({ refused: { code: 'malformed' } });
  });

  it('changed in any one character is refused', async () => {
    const grant = mint();
    await fc.assert(
      fc.asyncProperty(fc.nat(grant.length - 1), fc.constantFrom(...'AZaz09-_.'), async (at, character) => {
        fc.pre(grant[at] !== character);
        const changed = grant.slice(0, at) + character + grant.slice(at + 1);
        expect(await verify(changed)).toHaveProperty('refused');
      }),
      { numRuns: 500 },
    );
  });

  it('is never a reason to throw, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => mint(json)),
          fc.json().map((json) => mint(CLAIMS, json)),
        ),
        async (grant) => {
          expect(await verify(grant)).toHaveProperty('refused');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('keys of grants', () => {
  it('are what they are, whatever they are called, and only of one kind', async () => {
    const named = { keys: [{ ...JWK, kid: 'some other name' } as JsonWebKey] };
    expect(await verify(mint(), { keys: named })).toHaveProperty('use');
    const ed448Jwk = ed448.publicKey.export({ format: 'jwk' });
    const kid = thumbprint(ed448Jwk);
    const grant = mint(CLAIMS, { ...HEADER, kid }, ed448.privateKey);
    expect(await verify(grant, { keys: { keys: [{ ...ed448Jwk, kid } as JsonWebKey] } })).toMatchObject({
      refused: { code: 'unknown-key' },
    });
    for (const wrong of [
      { ...JWK, use: 'enc' },
      { ...JWK, x: `${JWK.x}A` },
      { ...JWK, x: undefined },
      { kty: 'oct', k: 'AAAA' },
    ])
      expect(await verify(mint(), { keys: { keys: [wrong] } })).toMatchObject({ refused: { code: 'unknown-key' } });
  });
});

describe('the action', () => {
  it.each<[string, object]>([
    ['one argument', { action: { name: 'db.delete', properties: { rows: 12481 } } }],
    ['the type of an argument', { action: { name: 'db.delete', properties: { rows: '12480' } } }],
    ['one argument more', { action: { name: 'db.delete', properties: { rows: 12480, where: '' } } }],
    ['no arguments', { action: { name: 'db.delete' } }],
    ['the name', { action: { name: 'db.drop', properties: { rows: 12480 } } }],
    ['the resource', { resource: { type: 'table', id: 'prod.Orders' } }],
    ['the agent', { subject: { id: 'support-bot' } }],
    ['the kind of agent', { subject: { type: 'user', id: 'release-bot' } }],
  ])('with %s changed is another action', async (_, change) => {
    expect(await verify(mint(), { action: { ...ACTION, ...change } })).toMatchObject({
      refused: { code: 'action-differs' },
    });
  });

  it('is the same however it is put together', async () => {
    const subject = { id: 'release-bot', properties: { act: { sub: 'pipeline' } } };
    const action = {
      ...ACTION,
      subject,
      context: { ticket: 'OPS-1' },
      resource: { ...ACTION.resource, properties: {} },
    };
    expect(await verify(mint(), { action })).toHaveProperty('use');
    expect(await verify(mint(), { action, binding: ['ticket'] })).toMatchObject({
      refused: { code: 'action-differs' },
    });
    expect(await verify(mint(), { action, binding: ['toString'] })).toHaveProperty('use');
  });

  it.each([2 ** 53 + 2, NaN, '\ud800', () => 1])(
    'holding %s cannot be told from others, so it is refused',
    async (rows) => {
      const action = { ...ACTION, action: { name: 'db.delete', properties: { rows } } };
      expect(actionDigest(action, 'release-bot')).toBeUndefined();
      expect(await verify(mint(), { action })).toMatchObject({ refused: { code: 'unclear-action' } });
    },
  );
});

describe('a grant bound to a key', () => {
  const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const bound = (key: typeof holder) => mint({ ...CLAIMS, max_uses: 2, cnf: { jkt: thumbprint(publicJwk(key)) } });
  const publicJwk = (key: typeof holder) => {
    const { d: _, ...jwk } = key.export({ format: 'jwk' });
    return jwk;
  };

  it.each([
    ['P-256', holder],
    ['Ed25519', other],
  ])('of kind %s works for its holder, with a new proof for every use', async (_, key) => {
    const grant = bound(key);
    const once = new UsedGrants();
    const proof = makeProof(grant, key, { now: NOW, method: 'POST', url: 'https://db.example/run' });
    expect(await verify(grant, { proof, once, method: 'POST', url: 'https://db.example/run' })).toMatchObject({
      use: 1,
    });
    expect(await verify(grant, { proof, once })).toMatchObject({ refused: { code: 'proof-replayed' } });
    expect(await verify(grant, { proof: makeProof(grant, key, { now: NOW }), once })).toMatchObject({ use: 2 });
    expect(await verify(grant, { proof: makeProof(grant, key, { now: NOW }), once })).toMatchObject({
      refused: { code: 'used' },
    });
  });

  it('is worth nothing to whoever has stolen it', async () => {
    const grant = bound(holder);
    expect(await verify(grant)).toMatchObject({ refused: { code: 'proof-required' } });
    expect(await verify(grant, { proof: makeProof(grant, other, { now: NOW }) })).toMatchObject({
      refused: { code: 'wrong-key' },
    });
    expect(await verify(grant, { proof: makeProof(mint(), holder, { now: NOW }) })).toMatchObject({
      refused: { code: 'proof-invalid', text: expect.stringContaining('another grant') },
    });
  });
});

it('grants of our own tests are signed by the key they name', () => {
  expect(HEADER.kid).toBe(thumbprint(KEY.export({ format: 'jwk' })));
});
