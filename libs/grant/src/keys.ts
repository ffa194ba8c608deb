import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { canonicalize, digestOf } from '@countersign/ledger';
import { bytesOf } from './jws.js';

/** Where public keys of grants come from. `undefined` means that there is no such key. */
export interface KeySource {
  /** Throws KeysUnavailable when it cannot be known. */
  find(kid: string): Promise<KeyObject | undefined>;
}

/** The keys could not be fetched, so nothing can be verified. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** A JWK Set (RFC 7517) as it was parsed. */
export interface Jwks {
  keys: readonly JsonWebKey[];
}

export type KeySet = ReadonlyMap<string, KeyObject>;

/**
 * The Ed25519 keys of a set, by their RFC 7638 thumbprint: a key is what it is, whatever name it is given. Keys of other
 * kinds are not for grants and are left out.
 */
export function readKeys({ keys }: Jwks): KeySet {
  const found = new Map<string, KeyObject>();
  for (const jwk of keys) {
    if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || (jwk.use ?? 'sig') !== 'sig') continue;
    const key = publicKey(jwk);
    if (key) found.set(thumbprint(jwk), key);
  }
  return found;
}

/** RFC 7638: SHA-256 over the members that make the key, in base64url. */
export function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return digestOf(canonicalize(kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }));
}

/** An Ed25519 or P-256 public key, or undefined if it is no such key, spelt canonically and on its curve. */
export function publicKey({ kty, crv, x, y }: JsonWebKey): KeyObject | undefined {
  const coordinates = kty === 'OKP' && crv === 'Ed25519' ? [x] : kty === 'EC' && crv === 'P-256' ? [x, y] : [undefined];
  if (coordinates.some((part) => typeof part !== 'string' || bytesOf(part)?.length !== 32)) return undefined;
  try {
    return createPublicKey({ key: { kty, crv, x, ...(kty === 'EC' ? { y } : {}) }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
