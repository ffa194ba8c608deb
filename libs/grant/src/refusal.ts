// Why a grant is not taken. A value: whoever asked is told, and nothing runs.

export type GrantRefusalCode =
  /** Not a compact JWS with canonical base64url and strict JSON inside. */
  | 'malformed'
  /** Another kind of token, perhaps of the same key. */
  | 'wrong-type'
  /** Signed, or said to be signed, in a way we do not take. */
  | 'wrong-algorithm'
  /** Its header brings a key along, points at one, or wants something special. */
  | 'wrong-header'
  | 'unknown-key'
  | 'bad-signature'
  /** Signed, but not a grant we understand whole. */
  | 'wrong-claims'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'not-yet-valid'
  | 'expired'
  /** The action about to run cannot be hashed without loss. */
  | 'unclear-action'
  | 'action-differs'
  | 'proof-required'
  | 'proof-invalid'
  | 'proof-replayed'
  | 'wrong-key'
  | 'used'
  /** The memory of used grants holds no more: better refuse than forget. */
  | 'memory-full'
  | 'keys-unavailable'
  /** Intake said no; `reason` is its own code. */
  | 'not-redeemed'
  /** Intake did not answer: nothing may run. */
  | 'unavailable';

export interface GrantRefusal {
  code: GrantRefusalCode;
  /** For people: what is wrong. */
  text: string;
  /** Of `not-redeemed`: intake's code, such as GRANT_REVOKED. */
  reason?: string;
}

export interface Refused {
  refused: GrantRefusal;
}

export function refuse(code: GrantRefusalCode, text: string, reason?: string): Refused {
  return { refused: { code, text, ...(reason ? { reason } : {}) } };
}

/** Tells a refusal from what a check gives otherwise. */
export function isRefused(value: object): value is Refused {
  return 'refused' in value;
}
