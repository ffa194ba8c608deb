import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { makeProof, publicKey, thumbprint } from '@countersign/grant';
import { UsageError } from './exit.js';

/** "-" reads standard input, so that a grant need not appear in the list of processes. */
export async function readGivenGrant(given: string, stdin: NodeJS.ReadableStream): Promise<string> {
  return (given === '-' ? await text(stdin) : given).trim();
}

/** The proof that was given, or one made with the private key in a file. */
export function readProof(
  grant: string,
  { proof, 'holder-key': path }: { proof?: string; 'holder-key'?: string },
  now: Date,
): string | undefined {
  if (path === undefined) return proof;
  if (proof !== undefined) throw new UsageError('--proof and --holder-key say the same thing: give one of them');
  return makeProof(grant, readKey(path, createPrivateKey, 'private'), { now });
}

/** The thumbprint itself, or that of the key in a PEM file. */
export function holderKeyOf(given: string): string {
  if (/^[A-Za-z0-9_-]{43}$/.test(given)) return given;
  return thumbprint(readKey(given, createPublicKey, 'public or private').export({ format: 'jwk' }));
}

function readKey(path: string, read: (pem: string) => KeyObject, kind: string): KeyObject {
  try {
    const key = read(readFileSync(path, 'utf8'));
    if (publicKey((key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }))) return key;
  } catch {
    // Said below, the same for all that is no such key; the reason might quote the file.
  }
  throw new UsageError(`${path} holds no ${kind} key of kind Ed25519 or P-256 in PEM`);
}
