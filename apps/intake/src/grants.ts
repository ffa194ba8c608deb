import { sign } from 'node:crypto';
import type { Allowed } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import {
  authenticate,
  GRANT_TYPE,
  isRefused,
  presentGrant,
  type GrantClaims,
  type GrantRefusal,
} from '@countersign/grant';
import { canonicalize } from '@countersign/ledger';
import type { GrantKeys } from './grant-keys.js';

// The grant: a compact JWS that says "this exact action, so often, until then, there and in that hand". Signing is
// deterministic (Ed25519), so a grant is never stored: it is made again from the decision whenever its owner asks.

export class Grants {
  constructor(
    readonly keys: GrantKeys,
    readonly issuer: string,
  ) {}

  /** The grant of a decision that carries one. Throws StatusError UNAVAILABLE when there is no key to sign with. */
  mint(decision: Allowed): string {
    const { grant, request, approval, broke_glass, drawn_from } = decision;
    if (!grant) throw new TypeError('the decision carries no grant');
    // A state kept from before the time was kept has not changed since the grant was issued.
    const issuedAt = Date.parse(decision.granted_at ?? decision.updated_at);
    const issued = Math.floor(issuedAt / 1000);
    const claims: GrantClaims = {
      iss: this.issuer,
      ...(request.audience ? { aud: request.audience } : {}),
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
      ...(broke_glass ? { break_glass: brokenClaim(broke_glass) } : {}),
      ...(drawn_from ? { session: leaveClaim(drawn_from) } : {}),
      ...(request.holder_key ? { cnf: { jkt: request.holder_key } } : {}),
    };
    const { kid, privateKey } = this.keys.signerAt(issuedAt);
    const text = `${encode({ alg: 'EdDSA', kid, typ: GRANT_TYPE })}.${encode(claims)}`;
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
  }

  /**
   * The claims of a grant we signed, expired or not. Throws StatusError INVALID_ARGUMENT for what is no grant at all and
   * PERMISSION_DENIED for one that is not ours. Whether it still works is for the decision to say.
   */
  read(grant: string): GrantClaims {
    const presented = presentGrant(grant);
    if (isRefused(presented)) throw refusedGrant(presented.refused);
    const key = this.keys.find(presented.kid);
    const authentic = authenticate(presented, key?.publicKey);
    if (isRefused(authentic)) throw refusedGrant(authentic.refused);
    const { claims } = authentic;
    if (claims.iss !== this.issuer)
      throw refusedGrant({ code: 'wrong-issuer', text: `it is of ${claims.iss}, not of ${this.issuer}` });
    return claims;
  }
}

function brokenClaim({ by, at, rule, overrode }: NonNullable<Allowed['broke_glass']>) {
  return { by, at, rule, ...(overrode ? { overrode } : {}) };
}

function leaveClaim({ decision_id, use, approvers }: NonNullable<Allowed['drawn_from']>) {
  return { txn: decision_id, use, approved_by: approvers.map(({ id }) => id) };
}

/** A grant that is not ours, or none: nothing is recorded for it, since nothing it says can be believed. */
function refusedGrant({ code, text }: GrantRefusal): StatusError {
  if (code === 'malformed') {
    return new StatusError('INVALID_ARGUMENT', `grant: ${text}`, {
      reason: 'MALFORMED_GRANT',
      violations: [{ field: 'grant', description: `${text}: send Decision.grant as it came` }],
    });
  }
  return new StatusError('PERMISSION_DENIED', `the grant is not one of ours: ${text}`, {
    reason: code.replaceAll('-', '_').toUpperCase(),
  });
}

function encode(value: object): string {
  return Buffer.from(canonicalize(value)).toString('base64url');
}
