import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { refuse } from './operands.js';

/** A key that signatures are checked with. One that can check none, such as a secret one, has no `key`. */
export interface VerificationKey {
  key: KeyObject | undefined;
  /** Empty when it does not say. */
  alg: string;
  kid: string;
}

const ALGORITHM = /^(?:[RPEH]S(?:256|384|512)|EdDSA)$/;
const PEM = /^[^]*?-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[^]*?-----END \1-----[ \t\r]*\n?$/;

/** From one PEM block, a certificate or a public key, or from a JSON Web Key or a set of them. */
export function verificationKeys(text: string): VerificationKey[] {
  if (/-----BEGIN /.test(text)) return [{ key: PEM.test(text) ? publicKey(text) : refuse(), alg: '', kid: '' }];
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return refuse();
  }
  if (typeof given !== 'object' || given === null) return refuse();
  const set = 'keys' in given ? given.keys : [given];
  if (!Array.isArray(set)) return refuse();
  const keys = set.map((key) => keyOf(key as Record<string, unknown>));
  return keys.filter(({ alg }) => alg === '' || ALGORITHM.test(alg));
}

function keyOf(jwk: Record<string, unknown>): VerificationKey {
  if (typeof jwk !== 'object' || jwk === null) return refuse();
  const [alg, kid] = ['alg', 'kid'].map((name) => jwk[name] ?? '');
  if (typeof alg !== 'string' || typeof kid !== 'string') return refuse();
  const secret = jwk['kty'] === 'oct' || jwk['d'] !== undefined;
  return { key: secret ? undefined : publicKey({ key: jwk as JsonWebKey, format: 'jwk' }), alg, kid };
}

function publicKey(from: Parameters<typeof createPublicKey>[0]): KeyObject {
  try {
    return createPublicKey(from);
  } catch {
    return refuse();
  }
}
