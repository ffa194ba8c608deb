import { createPublicKey, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { actionDigest, GRANT_TYPE, thumbprint, type Action, type GrantClaims } from '../src/index.js';

// Grants as intake signs them, and as somebody else would like to.

export const NOW = new Date('2026-11-21T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
export const ISSUER = 'https://gate.example';
export const AUDIENCE = 'https://db.example';

export const { privateKey: KEY } = generateKeyPairSync('ed25519');
export const JWK = createPublicKey(KEY).export({ format: 'jwk' });
export const KID = thumbprint(JWK);
export const JWKS = { keys: [{ ...JWK, kid: KID, alg: 'EdDSA', use: 'sig' } as JsonWebKey] };

export const ACTION: Action = {
  action: { name: 'db.delete', properties: { rows: 12480 } },
  resource: { type: 'table', id: 'prod.orders' },
};

export const HEADER = { alg: 'EdDSA', typ: GRANT_TYPE, kid: KID };
export const CLAIMS: GrantClaims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'lee@acme.example',
  act: { sub: 'release-bot' },
  txn: 'dec_01',
  jti: 'grt_01',
  iat: SECONDS - 10,
  nbf: SECONDS - 10,
  exp: SECONDS + 60,
  max_uses: 1,
  pol: 'sha256:5f2a',
  authorization_details: [
    {
      type: 'countersign_action',
      action: 'db.delete',
      resource: 'prod.orders',
      action_hash: actionDigest(ACTION, 'release-bot')!,
    },
  ],
  approvals: [{ by: 'dana@acme.example', at: '2026-11-21T11:59:50.000Z' }],
};

export const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signed by our key unless another is given; header and claims may be given as text, to be as wrong as one likes. */
export function mint(
  claims: object | string = CLAIMS,
  header: object | string = HEADER,
  key: KeyObject = KEY,
  algorithm: string | null = null,
): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign(algorithm, Buffer.from(text), key).toString('base64url')}`;
}
