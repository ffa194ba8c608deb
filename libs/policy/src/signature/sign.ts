import { constants, createHmac, createPrivateKey, sign as signBytes } from 'node:crypto';
import { Fault } from '@countersign/contract';
import { pack, unpack } from '../tarball.js';
import type { Algorithm } from './keys.js';
import { digestOf, SIGNATURES_FILE } from './verify.js';

export interface SigningKey {
  /** The name under which the verifying side knows the key. */
  id: string;
  algorithm: Algorithm;
  /** Private key as PEM text; for HS256, HS384 and HS512 the secret itself. */
  key: string;
  /** What the bundle is for, when the verifying side asks. */
  scope?: string;
}

/** Signs a compiled bundle as opa would: every file with its digest. A signature that is there is replaced. */
export function signBundle(archive: Uint8Array, { id, algorithm, key, scope }: SigningKey): Buffer {
  const files = unpack(archive);
  files.delete(SIGNATURES_FILE);
  const listed = [...files].map(([name, content]) => ({
    name,
    hash: digestOf(name, content, 'SHA-256'),
    algorithm: 'SHA-256',
  }));
  const header = encode({ alg: algorithm, kid: id, typ: 'JWT' });
  const signed = `${header}.${encode({ files: listed, keyid: id, ...(scope === undefined ? {} : { scope }) })}`;
  const token = `${signed}.${signatureOf(signed, algorithm, key).toString('base64url')}`;
  files.set(SIGNATURES_FILE, Buffer.from(JSON.stringify({ signatures: [token] })));
  return pack(files);
}

function signatureOf(text: string, algorithm: Algorithm, key: string): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(text).digest();
  try {
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
    const how = algorithm.startsWith('PS') ? { padding, saltLength } : { dsaEncoding: 'ieee-p1363' as const };
    return signBytes(hash, Buffer.from(text), { key: createPrivateKey(key), ...how });
  } catch (cause) {
    throw new Fault('policy-keys', `the signing key is not a private key for ${algorithm} in PEM`, { cause });
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
