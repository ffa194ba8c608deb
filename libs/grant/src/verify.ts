import type { KeyObject } from 'node:crypto';
import { actionDigest, type Action } from './action.js';
import { authenticate, presentGrant, type Authentic } from './authentic.js';
import type { GrantClaims } from './claims.js';
import { JwksCache } from './jwks.js';
import { KeysUnavailable, readKeys, type Jwks, type KeySource } from './keys.js';
import type { Once, Used } from './once.js';
import { verifyProof, type Holder } from './proof.js';
import { isRefused, refuse, type Refused } from './refusal.js';
import { skewOf } from './skew.js';

/** What a grant must be for. */
export interface Expected {
  /** Countersign's public URL, exactly. */
  issuer: string;
  /** The name of this place, exactly as agents give it when they ask. */
  audience: string;
  /** What is about to run. */
  action: Action;
  /** Members of the context that bind, as Countersign is configured. */
  binding?: readonly string[];
  now?: Date;
  /** Seconds by which clocks may differ, at most 60. */
  clockSkew?: number;
  /** The proof that came with it, from the DPoP header. */
  proof?: string;
  /** The HTTP request the proof came with. */
  method?: string;
  url?: string;
}

export type VerifyOptions = Expected & { once: Once } & (
    { keys: Jwks | KeySource; jwksUrl?: undefined } | { jwksUrl: string; keys?: undefined }
  );

/** The action may run, now, once. */
export interface Verified extends Used {
  claims: GrantClaims;
}

/**
 * Verifies a grant for exactly this action and uses it. Nothing is used unless everything else is right, and nothing may run
 * unless it was used. A refusal is a value; only a bug throws.
 */
export async function verifyGrant(grant: string, options: VerifyOptions): Promise<Verified | Refused> {
  requireExpectations(options);
  const presented = presentGrant(grant);
  if (isRefused(presented)) return presented;
  const key = await findKey(options, presented.kid);
  if (key && 'refused' in key) return key;
  const authentic = authenticate(presented, key);
  if (isRefused(authentic)) return authentic;
  const { claims } = authentic;
  const stray = strayRefusal(authentic, options) ?? actionRefusal(claims, options.action, options.binding);
  if (stray) return stray;
  const holder = holderOf(grant, claims, options);
  if (holder && isRefused(holder)) return holder;
  const { action, audience, proof, once, now = new Date() } = options;
  const use = { grant, claims, action, audience, now };
  const used = await once.use({ ...use, ...(holder ? { holder } : {}), ...(proof ? { proof } : {}) });
  return isRefused(used) ? used : { claims, ...used };
}

/** Throws TypeError for a place that does not know its own name: a setting that is missing must not mean any place will do. */
function requireExpectations(options: Expected): void {
  for (const name of ['issuer', 'audience'] as const)
    if (typeof options[name] !== 'string' || options[name] === '')
      throw new TypeError(`${name} is required: a grant of anybody, or for anywhere, would do without it`);
}

/** Why a grant is not for here and now: issuer, audience, time. An expectation that is not given is not checked. */
export function strayRefusal({ claims }: Authentic, expected: Partial<Expected>): Refused | undefined {
  const { issuer, audience, now = new Date() } = expected;
  if (issuer !== undefined && claims.iss !== issuer)
    return refuse('wrong-issuer', `it was issued by ${claims.iss}, not by ${issuer}`);
  if (audience !== undefined && claims.aud !== audience) {
    return refuse('wrong-audience', `it is for ${claims.aud ?? 'no place in particular'}, and this is ${audience}`);
  }
  const [seconds, skew] = [now.getTime() / 1000, skewOf(expected)];
  if (seconds + skew < claims.nbf) return refuse('not-yet-valid', `it is not valid before ${timeOf(claims.nbf)}`);
  if (!(seconds - skew < claims.exp)) return refuse('expired', `it expired at ${timeOf(claims.exp)}`);
  return undefined;
}

/** Why a grant does not permit this action. */
export function actionRefusal(claims: GrantClaims, action: Action, binding?: readonly string[]): Refused | undefined {
  const digest = actionDigest(action, claims.act.sub, binding);
  if (digest === undefined) return refuse('unclear-action', 'the action holds what JSON does not carry exactly');
  if (digest === claims.authorization_details[0].action_hash) return undefined;
  return refuse('action-differs', 'it is for another action than the one given: the digests differ');
}

/** Who holds the key that the grant is bound to; undefined if it is bound to none. */
export function holderOf(
  grant: string,
  { cnf }: GrantClaims,
  expected: Pick<Partial<Expected>, 'proof' | 'now' | 'clockSkew' | 'method' | 'url'>,
): Holder | Refused | undefined {
  if (!cnf) return undefined;
  const { proof, now = new Date(), method, url } = expected;
  if (!proof) return refuse('proof-required', 'it is bound to a key, and no proof came with it');
  const shown = verifyProof(proof, {
    ...{ grant, now, clockSkew: skewOf(expected) },
    ...(method === undefined ? {} : { method }),
    ...(url === undefined ? {} : { url }),
  });
  if ('problem' in shown) return refuse('proof-invalid', `its proof is not valid: ${shown.problem}`);
  return shown.key === cnf.jkt ? shown : refuse('wrong-key', 'it is bound to another key than the one that was shown');
}

async function findKey({ keys, jwksUrl }: VerifyOptions, kid: string): Promise<KeyObject | Refused | undefined> {
  if (keys && 'keys' in keys) return readKeys(keys).get(kid);
  try {
    return await (keys ?? JwksCache.of(jwksUrl)).find(kid);
  } catch (error) {
    if (error instanceof KeysUnavailable) return refuse('keys-unavailable', error.message);
    throw error;
  }
}

function timeOf(seconds: number): string {
  return Math.abs(seconds) < 8.64e12 ? new Date(seconds * 1000).toISOString() : `second ${seconds}`;
}
