import { verify, type KeyObject } from 'node:crypto';
import { readClaims, type GrantClaims } from './claims.js';
import { parseJws, type Jws } from './jws.js';
import { isRefused, refuse, type Refused } from './refusal.js';

export const GRANT_TYPE = 'countersign-grant+jwt';

/** A grant is a kilobyte; names and approvers may make it a few. */
const LONGEST = 16_384;

/** A grant that was signed with a key we trust. Whether it is for this place, action and time is another question. */
export interface Authentic {
  kid: string;
  claims: GrantClaims;
}

/** A grant that says which key signed it, and is otherwise not believed yet. */
export interface Presented extends Jws {
  kid: string;
}

/**
 * Takes a grant apart up to the question which key signed it. The type, the algorithm and everything else about the header
 * are ours to say and never the token's: "none", HMAC with a public key and keys that come along all start there.
 */
export function presentGrant(grant: string): Presented | Refused {
  const jws = parseJws(grant, LONGEST);
  if ('problem' in jws) return refuse('malformed', `this is not a grant: ${jws.problem}`);
  const { alg, typ, kid, ...others } = jws.header;
  if (alg !== 'EdDSA')
    return refuse('wrong-algorithm', `its algorithm is ${JSON.stringify(alg)}; only EdDSA is accepted`);
  if (typ !== GRANT_TYPE) return refuse('wrong-type', `its type is ${JSON.stringify(typ)}, not "${GRANT_TYPE}"`);
  const [stray] = Object.keys(others);
  if (stray !== undefined) {
    return refuse('wrong-header', `its header has ${JSON.stringify(stray)}; only alg, kid and typ are expected`);
  }
  if (typeof kid !== 'string') return refuse('unknown-key', 'it does not say which key signed it');
  return { ...jws, kid };
}

/** Whether a grant was signed with the key it names, and says all that a grant says. */
export function authenticate(presented: Presented, key: KeyObject | undefined): Authentic | Refused {
  const { kid, signed, signature, payload } = presented;
  if (!key) return refuse('unknown-key', `the key ${JSON.stringify(kid)} is not, or no longer, a key of grants`);
  const genuine =
    key.asymmetricKeyType === 'ed25519' && signature.length === 64 && verify(null, signed, key, signature);
  if (!genuine) return refuse('bad-signature', 'the signature is not that of the key it names');
  const claims = readClaims(payload);
  if ('problem' in claims) return refuse('wrong-claims', `it was signed, but ${claims.problem}`);
  return { kid, claims };
}

/** Both steps, for keys that are at hand. */
export function readGrant(grant: string, keys: ReadonlyMap<string, KeyObject>): Authentic | Refused {
  const presented = presentGrant(grant);
  return isRefused(presented) ? presented : authenticate(presented, keys.get(presented.kid));
}
