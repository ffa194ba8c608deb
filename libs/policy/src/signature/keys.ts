import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Fault } from '@countersign/contract';

/** Digest, and what a key for it is: as OPA has them, and named as in JSON Web Algorithms. */
const ALGORITHMS = {
  RS256: { hash: 'sha256', kind: 'rsa' },
  RS384: { hash: 'sha384', kind: 'rsa' },
  RS512: { hash: 'sha512', kind: 'rsa' },
  PS256: { hash: 'sha256', kind: 'rsa' },
  PS384: { hash: 'sha384', kind: 'rsa' },
  PS512: { hash: 'sha512', kind: 'rsa' },
  ES256: { hash: 'sha256', kind: 'prime256v1' },
  ES384: { hash: 'sha384', kind: 'secp384r1' },
  ES512: { hash: 'sha512', kind: 'secp521r1' },
  HS256: { hash: 'sha256', kind: 'secret' },
  HS384: { hash: 'sha384', kind: 'secret' },
  HS512: { hash: 'sha512', kind: 'secret' },
} as const;

export type Algorithm = keyof typeof ALGORITHMS;

/** A key that bundles may be signed with. Its algorithm is fixed here: what a signature says about itself proves nothing. */
export interface PolicyKey {
  id: string;
  algorithm: Algorithm;
  hash: string;
  key: KeyObject;
  /** What a signature must say it is for; empty when it must not say anything. */
  scope: string;
}

export interface PolicyKeys {
  /** The key of that name, or the one key there is when it was given without a name. */
  find(id: string): PolicyKey | undefined;
}

const SHORTEST_SECRET = 32;
const PEM = '-----BEGIN ';

/**
 * Reads the keys that bundles must be signed with: JSON as in OPA's configuration, {"<id>": {"algorithm", "key", "scope"}},
 * where a key is PEM text or the path of such a file; or one public key as a PEM file, which has no name. Throws a Fault
 * `policy-keys`.
 */
export async function readPolicyKeys(path: string): Promise<PolicyKeys> {
  const fail = (why: string, cause?: unknown) =>
    new Fault('policy-keys', `the policy keys in ${path}: ${why}`, { cause });
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fail('the file cannot be read', cause);
  });
  try {
    if (text.trimStart().startsWith(PEM)) {
      const only = toPolicyKey('', {}, text);
      return { find: () => only };
    }
    const configured = objectOf(JSON.parse(text), 'the file');
    const keys = new Map<string, PolicyKey>();
    for (const [id, given] of Object.entries(configured)) {
      const fields = objectOf(given, `the key ${id}`);
      const unknown = Object.keys(fields).find((name) => !['algorithm', 'key', 'scope'].includes(name));
      if (unknown !== undefined) throw new Error(`the key ${id} has a member ${unknown}: use algorithm, key and scope`);
      keys.set(id, toPolicyKey(id, fields, await keyText(id, fields, dirname(path))));
    }
    if (keys.size === 0) throw new Error('there is none');
    return { find: (id) => keys.get(id) };
  } catch (cause) {
    throw fail(cause instanceof SyntaxError ? 'it is neither PEM nor JSON' : (cause as Error).message, cause);
  }
}

function toPolicyKey(id: string, fields: Record<string, unknown>, text: string): PolicyKey {
  const named = id === '' ? 'the key' : `the key ${id}`;
  const { algorithm = id === '' ? algorithmFor(text) : 'RS256', scope = '' } = fields;
  if (typeof algorithm !== 'string' || !Object.hasOwn(ALGORITHMS, algorithm))
    throw new Error(`${named} has an algorithm nobody knows: use one of ${Object.keys(ALGORITHMS).join(', ')}`);
  if (typeof scope !== 'string') throw new Error(`${named} has a scope that is not text`);
  const { hash, kind } = ALGORITHMS[algorithm as Algorithm];
  const key = kind === 'secret' ? secretKey(text, named) : publicKey(text, named);
  if (kind !== 'secret' && kindOf(key) !== kind) throw new Error(`${named} is not a key for ${algorithm}`);
  return { id, algorithm: algorithm as Algorithm, hash, key, scope };
}

// A public key is known to everybody: as a secret it would let everybody sign.
function secretKey(text: string, named: string): KeyObject {
  if (text.includes(PEM)) throw new Error(`${named} is a secret by its algorithm, and a PEM key by its content`);
  if (text.length < SHORTEST_SECRET)
    throw new Error(`${named} is a secret of less than ${SHORTEST_SECRET} characters: use a longer one`);
  return createSecretKey(text, 'utf8');
}

function publicKey(text: string, named: string): KeyObject {
  if (text.includes('PRIVATE KEY'))
    throw new Error(`${named} is a private key: give its public key, and keep it where you sign`);
  try {
    return createPublicKey(text);
  } catch (cause) {
    throw new Error(`${named} is not a public key in PEM`, { cause });
  }
}

/** The algorithm of a key that was given as a file: the usual one of its kind. */
function algorithmFor(text: string): Algorithm {
  const kind = kindOf(publicKey(text, 'the key'));
  const found = Object.entries(ALGORITHMS).find(([, { kind: wanted }]) => wanted === kind);
  if (!found) throw new Error(`a key of the kind ${kind} cannot sign bundles: use RSA or ECDSA`);
  return found[0] as Algorithm;
}

function kindOf(key: KeyObject): string {
  return key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown';
}

/** The text of a key, from a file beside the configuration when it is not PEM. Secrets are always written in place. */
async function keyText(id: string, { key, algorithm }: Record<string, unknown>, folder: string): Promise<string> {
  if (typeof key !== 'string' || key === '') throw new Error(`the key ${id} has no key`);
  if (key.includes(PEM) || String(algorithm).startsWith('HS')) return key;
  return readFile(resolve(folder, key), 'utf8').catch((cause: unknown) => {
    throw new Error(`the key ${id} is neither PEM nor a file that can be read`, { cause });
  });
}

function objectOf(given: unknown, what: string): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error(`${what} is not an object`);
  return given as Record<string, unknown>;
}
