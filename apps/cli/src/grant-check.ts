import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';

// A grant checked with nothing but public keys. What this can say: who signed it, for what, until when. What it can not:
// that the grant is unused and not revoked, that the approvers still count, that policy still agrees. Only redeeming says.

export const GRANT_TYPE = 'countersign-grant+jwt';

/** As RFC 7519, 8693 and 9396 name them. */
export interface Claims {
  jti: string;
  /** The principal, or the agent when it acts for nobody. */
  sub: string;
  /** The agent. */
  act: { sub: string };
  /** The decision. */
  txn: string;
  iss?: string;
  /** Seconds since 1970. */
  exp: number;
  nbf?: number;
  authorization_details: [Permission];
}

/** The one action that is permitted. */
export interface Permission {
  action: string;
  resource: string;
  /** base64url SHA-256 of the canonical action. */
  action_hash: string;
}

export type GrantCheck =
  { valid: true; kid: string; claims: Claims } | { valid: false; because: string; claims?: Claims };

export interface Jwks {
  keys: (JsonWebKey & { kid?: string })[];
}

/** Checks signature, type and time, and the digest when the action is known. */
export function checkGrant(jws: string, jwks: Jwks, now: Date, digest?: (claims: Claims) => string): GrantCheck {
  const parts = jws.split('.');
  if (parts.length !== 3) return no('it is no compact JWS: three parts with dots between are expected');
  const [head, body, signature] = parts as [string, string, string];
  const header = decode(head);
  if (!header) return no('its header is not JSON');
  // The algorithm is ours to choose, never the token's: "none" and HMAC with a public key both start here.
  if (header['alg'] !== 'EdDSA') return no(`its algorithm is ${JSON.stringify(header['alg'])}; only EdDSA is accepted`);
  if (header['typ'] !== GRANT_TYPE)
    return no(`its type is ${JSON.stringify(header['typ'])}, not "${GRANT_TYPE}": it is not a grant`);
  if ('crit' in header) return no('it has critical extensions, and none is known');
  const kid = header['kid'];
  const jwk = jwks.keys.find((key) => key.kid === kid && key.kty === 'OKP' && key.crv === 'Ed25519');
  if (typeof kid !== 'string' || !jwk)
    return no(`no Ed25519 key with the id ${JSON.stringify(kid)} is among the keys given`);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) {
    return no('the signature is not that of the key it names');
  }
  const claims = decode(body);
  if (!claims || !isClaims(claims))
    return no('its claims are incomplete: jti, sub, act, txn, exp and one action are required');
  const seconds = now.getTime() / 1000;
  if (claims.exp <= seconds) return no(`it expired at ${new Date(claims.exp * 1000).toISOString()}`, claims);
  if (claims.nbf !== undefined && claims.nbf > seconds)
    return no(`it is not valid before ${new Date(claims.nbf * 1000).toISOString()}`, claims);
  if (digest && digest(claims) !== claims.authorization_details[0].action_hash)
    return no('it is for another action than the one given: the digests differ', claims);
  return { valid: true, kid, claims };
}

function no(because: string, claims?: Claims): GrantCheck {
  return { valid: false, because, ...(claims ? { claims } : {}) };
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isClaims(value: object): value is Claims {
  const claims = value as Partial<Record<keyof Claims, unknown>>;
  const actor = claims.act as { sub?: unknown } | undefined;
  const details = claims.authorization_details;
  // More than one permission would make it unclear which one the digest is compared with.
  const permission = Array.isArray(details) && details.length === 1 ? (details[0] as Partial<Permission> | null) : null;
  return (
    [claims.jti, claims.sub, claims.txn, actor?.sub].every((text) => typeof text === 'string') &&
    [permission?.action, permission?.resource, permission?.action_hash].every((text) => typeof text === 'string') &&
    typeof claims.exp === 'number' &&
    (claims.nbf === undefined || typeof claims.nbf === 'number')
  );
}
