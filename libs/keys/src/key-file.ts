import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Fault } from '@countersign/contract';
import { thumbprint } from '@countersign/grant';

// A key signs from the moment that its file's name says: grant-20261120T140000Z.pem. The name is all there is to agree on
// between machines, and a copy keeps it. grant.pem is the first key and signs from the beginning.

const NAME = /^grant(?:-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z)?\.pem$/;

export interface FolderKey {
  /** RFC 7638 thumbprint. */
  kid: string;
  /** Of the file. */
  name: string;
  /** Milliseconds since 1970; -Infinity for the first key. */
  signsFrom: number;
  privateKey: KeyObject;
  publicKey: KeyObject;
  publicJwk: JsonWebKey;
}

/** Whether a file of the folder is meant to be such a key, however it is named. */
export function isKeyName(name: string): boolean {
  return name.startsWith('grant') && name.endsWith('.pem');
}

/** The name of a key that signs from the next full second on: what was signed before is never the new key's. */
export function nameAt(at: Date): string {
  const second = new Date(Math.ceil(at.getTime() / 1000) * 1000);
  return `grant-${second.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z.pem`;
}

/** Throws Fault `signing-key` for a file that is no such key, or that everybody may read. */
export function readKeyFile(folder: string, name: string): FolderKey {
  const path = `${folder}/${name}`;
  const privateKey = privateKeyOf(readSecret(path), path);
  const publicKey = createPublicKey(privateKey);
  const publicJwk = publicKey.export({ format: 'jwk' });
  return { kid: thumbprint(publicJwk), name, signsFrom: timeOf(path, name), privateKey, publicKey, publicJwk };
}

function timeOf(path: string, name: string): number {
  const [whole, ...digits] = NAME.exec(name) ?? [];
  if (whole === 'grant.pem') return -Infinity;
  const [year, month, day, hour, minute, second] = digits;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (whole !== undefined && !Number.isNaN(at)) return at;
  throw new Fault('signing-key', `${path} does not say from when it signs: name it like grant-20261120T140000Z.pem`);
}

/** The text of a file that must not be everybody's. */
export function readSecret(path: string): string {
  // The group may read: that is how mounted secrets arrive.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o007) !== 0) {
    throw new Fault('signing-key', `everybody on this machine can read the signing key ${path}: chmod 600 it`);
  }
  return readFileSync(path, 'utf8');
}

/** Throws Fault `signing-key` for anything but an Ed25519 private key. */
export function privateKeyOf(pem: string, path: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Said below, the same for all that is no such key; the reason might quote the file.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new Fault('signing-key', `${path} holds no Ed25519 private key: replace it, or remove it to have one made`);
}
