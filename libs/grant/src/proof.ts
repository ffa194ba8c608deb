import { createPublicKey, randomUUID, sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { canonicalize, digestOf } from '@countersign/ledger';
import { parseJws } from './jws.js';
import { publicKey, thumbprint } from './keys.js';
import { skewOf } from './skew.js';

// Proof that somebody holds the key a grant is bound to: a DPoP proof (RFC 9449) whose `ath` is the hash of the grant. Who
// steals the grant cannot make one; who steals a proof has one for a single use, for a minute.

const TYPE = 'dpop+jwt';
const LONGEST = 4_096;
/** What each kind of key signs with. Ed25519 is the name that RFC 9864 gives to EdDSA with such a key. */
const ALGORITHMS: Record<'ed25519' | 'ec', unknown[]> = { ed25519: ['EdDSA', 'Ed25519'], ec: ['ES256'] };
const LONGEST_AGE_S = 60;

/** The key that was shown to be held, by its thumbprint, and the id of the proof: no id may be taken twice. */
export interface Holder {
  key: string;
  id: string;
}

export interface ProofCircumstances {
  grant: string;
  now: Date;
  /** Seconds by which clocks may differ. */
  clockSkew?: number;
  /** The HTTP request it came with, where it came with one: then `htm` and `htu` must be its. */
  method?: string;
  url?: string;
}

/** Who holds the key, or what is wrong with the proof. The algorithm follows from the kind of key, never from the header. */
export function verifyProof(proof: string, given: ProofCircumstances): Holder | { problem: string } {
  const jws = parseJws(proof, LONGEST);
  if ('problem' in jws) return jws;
  const { typ, alg, jwk, ...others } = jws.header;
  if (typ !== TYPE) return { problem: `its type is ${JSON.stringify(typ)}, not "${TYPE}"` };
  const [stray] = Object.keys(others);
  if (stray !== undefined) return { problem: `its header has ${JSON.stringify(stray)}` };
  if (typeof jwk !== 'object' || jwk === null) return { problem: 'its header brings no key' };
  if ('d' in jwk) return { problem: 'its key is a private one, and not secret any more: make another' };
  const key = publicKey(jwk as JsonWebKey);
  if (!key) return { problem: 'its key is neither Ed25519 nor P-256' };
  const wanted = ALGORITHMS[key.asymmetricKeyType as keyof typeof ALGORITHMS];
  if (!wanted.includes(alg))
    return { problem: `its algorithm is ${JSON.stringify(alg)}, and its key is for ${wanted.join(' or ')}` };
  if (!isSigned(jws.signed, key, jws.signature)) return { problem: 'its signature is not that of its key' };
  const problem = claimsProblem(jws.payload, given);
  return problem === undefined ? { key: thumbprint(jwk as JsonWebKey), id: jws.payload['jti'] as string } : { problem };
}

function isSigned(signed: Buffer, key: KeyObject, signature: Buffer): boolean {
  if (signature.length !== 64) return false;
  return key.asymmetricKeyType === 'ed25519'
    ? verify(null, signed, key, signature)
    : verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function claimsProblem(
  { ath, iat, jti, htm, htu }: Record<string, unknown>,
  { grant, now, clockSkew, method, url }: ProofCircumstances,
): string | undefined {
  if (ath !== digestOf(grant)) return 'it was made for another grant';
  if (typeof jti !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(jti))
    return 'it has no "jti" of 1 to 128 visible characters';
  const skew = skewOf({ clockSkew });
  const age = now.getTime() / 1000 - (typeof iat === 'number' ? iat : NaN);
  if (!(age >= -skew)) return 'it was made in the future, or does not say when';
  if (age > LONGEST_AGE_S + skew) return `it is older than ${LONGEST_AGE_S} s`;
  if (method !== undefined && htm !== method) return 'it was made for another HTTP method';
  if (url !== undefined && htu !== url) return 'it was made for another URL';
  return undefined;
}

export interface ProofOptions {
  now?: Date;
  /** Never used before. */
  id?: string;
  method?: string;
  /** Without query and fragment. */
  url?: string;
}

/** A proof for one use of a grant, made by whoever holds the private key: Ed25519 or P-256. */
export function makeProof(grant: string, privateKey: KeyObject, options: ProofOptions = {}): string {
  const { now = new Date(), id = randomUUID(), method = 'POST', url } = options;
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const jwk = { kty, crv, x, ...(y ? { y } : {}) };
  const ed25519 = privateKey.asymmetricKeyType === 'ed25519';
  const header = { alg: ed25519 ? 'EdDSA' : 'ES256', jwk, typ: TYPE };
  const iat = Math.floor(now.getTime() / 1000);
  const payload = { ath: digestOf(grant), htm: method, ...(url ? { htu: url } : {}), iat, jti: id };
  const text = [header, payload].map((part) => Buffer.from(canonicalize(part)).toString('base64url')).join('.');
  const signature = ed25519
    ? sign(null, Buffer.from(text), privateKey)
    : sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
