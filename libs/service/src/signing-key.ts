import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@countersign/contract';

/**
 * The Ed25519 private key in a PEM file, made on first use and readable by its owner alone. Several processes may ask at
 * once: all get the one key. Throws Fault `signing-key` when the file is no such key or everybody may read it.
 */
export function loadOrCreateSigningKey(path: string): KeyObject {
  try {
    const pem = readPem(path) ?? createPem(path);
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('signing-key', `the signing key ${path} can not be read or made: check the file and its folder`, {
      cause,
    });
  }
  throw new Fault('signing-key', `${path} holds no Ed25519 private key: replace it, or remove it to have one made`);
}

function readPem(path: string): string | undefined {
  const { mode } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (mode === undefined) return undefined;
  // The group may read: that is how mounted secrets arrive.
  if (process.platform !== 'win32' && (mode & 0o007) !== 0) {
    throw new Fault('signing-key', `everybody on this machine can read the signing key ${path}: chmod 600 it`);
  }
  return readFileSync(path, 'utf8');
}

/** Written aside and then linked: the name appears with the whole key or not at all, and never replaces another. */
function createPem(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomUUID()}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(aside, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside);
  }
  return readFileSync(path, 'utf8');
}
