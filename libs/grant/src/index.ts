// What a target system needs to let nothing run but what was granted: it verifies the grant an agent brings for exactly the
// action about to run, and uses it up. It guarantees that a grant of another key, place, action, time or holder is refused,
// each for a reason of its own. It refuses to know how grants come about, and it takes nothing from npm.
export { actionDigest, type Action } from './action.js';
export { authenticate, GRANT_TYPE, presentGrant, readGrant, type Authentic, type Presented } from './authentic.js';
export type { GrantClaims, GrantedAction } from './claims.js';
export { Intake, type IntakeOptions } from './intake.js';
export { JwksCache, type JwksOptions } from './jwks.js';
export { KeysUnavailable, publicKey, readKeys, thumbprint, type Jwks, type KeySet, type KeySource } from './keys.js';
export type { Once, Use, Used } from './once.js';
export { makeProof, verifyProof, type Holder, type ProofCircumstances, type ProofOptions } from './proof.js';
export { isRefused, type GrantRefusal, type GrantRefusalCode, type Refused } from './refusal.js';
export { UsedGrants } from './used.js';
export { actionRefusal, holderOf, strayRefusal, verifyGrant } from './verify.js';
export type { Expected, Verified, VerifyOptions } from './verify.js';
