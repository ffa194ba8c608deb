import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { Allowed } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import { canonicalize, digestOf } from '@countersign/ledger';

// The grant: a compact JWS that says "this exact action, once, until then". Signing is deterministic (Ed25519), so a grant is
// never stored: it is made again from the decision whenever its owner asks.

const TYPE = 'countersign-grant+jwt';
const MAX_LENGTH = 8_192;

export interface GrantClaims {
  /** The decision. */
  txn: string;
  /** The grant. */
  jti: string;
  /** Seconds since the epoch. */
  exp: number;
}

export class Grants {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #header: string;
  readonly jwks: { keys: object[] };

  constructor(
    key: KeyObject,
    readonly issuer: string,
  ) {
    this.#key = key;
    this.#public = createPublicKey(key);
    const { crv, kty, x } = this.#public.export({ format: 'jwk' });
    // RFC 7638 thumbprint.
    const kid = digestOf(canonicalize({ crv, kty, x }));
    this.#header = encode({ alg: 'EdDSA', kid, typ: TYPE });
    this.jwks = { keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] };
  }

  /** The grant of a decision that carries one. Claims as in RFC 7519, 8693 and 9396. */
  mint(decision: Allowed): string {
    const { grant, request, approval } = decision;
    if (!grant) throw new TypeError('the decision carries no grant');
    // A state kept from before the time was kept has not changed since the grant was issued.
    const issued = Math.floor(Date.parse(decision.granted_at ?? decision.updated_at) / 1000);
    const payload = {
      iss: this.issuer,
      sub: request.principal ?? request.subject.id,
      act: { sub: request.subject.id },
      txn: decision.id,
      jti: grant.id,
      iat: issued,
      nbf: issued,
      exp: Math.floor(Date.parse(grant.expires_at) / 1000),
      max_uses: grant.uses,
      pol: decision.policy.revision,
      authorization_details: [
        {
          type: 'countersign_action',
          action: request.action.name,
          resource: request.resource.id,
          action_hash: decision.action_digest,
        },
      ],
      approvals: (approval?.votes ?? [])
        .filter(({ vote }) => vote === 'approve')
        .map(({ voter, at }) => ({ by: voter, at })),
    };
    const signed = `${this.#header}.${encode(payload)}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#key).toString('base64url')}`;
  }

  /**
   * The claims of a grant we signed, expired or not. Throws StatusError INVALID_ARGUMENT for what is no grant at all and
   * PERMISSION_DENIED for one that is not ours. The algorithm is ours to know, never the token's to say.
   */
  read(grant: string): GrantClaims {
    const parts = grant.length <= MAX_LENGTH ? grant.split('.') : [];
    if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) {
      throw new StatusError('INVALID_ARGUMENT', 'grant: is not a compact JWS', {
        reason: 'MALFORMED_GRANT',
        violations: [{ field: 'grant', description: 'is not a compact JWS: send Decision.grant as it came' }],
      });
    }
    const [header, payload, signature] = parts as [string, string, string];
    const genuine =
      header === this.#header &&
      verify(null, Buffer.from(`${header}.${payload}`), this.#public, Buffer.from(signature, 'base64url'));
    if (!genuine)
      throw new StatusError('PERMISSION_DENIED', 'the grant was not signed here', { reason: 'FOREIGN_GRANT' });
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as GrantClaims & { iss: string };
    if (claims.iss !== this.issuer)
      throw new StatusError('PERMISSION_DENIED', 'the grant has another issuer', { reason: 'FOREIGN_GRANT' });
    return claims;
  }
}

function encode(value: object): string {
  return Buffer.from(canonicalize(value)).toString('base64url');
}
