import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@countersign/contract';
import { privateKeyOf, readSecret } from './key-file.js';

/**
 * The Ed25519 private key in a PEM file, made on first use and readable by its owner alone. Several processes may ask at
 * once: all get the one key. Throws Fault `signing-key` when the file is no such key or everybody may read it.
 */
export function loadOrCreateSigningKey(path: string): KeyObject {
  try {
    if (!existsSync(path)) createKeyFile(path);
    return privateKeyOf(readSecret(path), path);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('signing-key', `the signing key ${path} cannot be read or made: check the file and its folder`, {
      cause,
    });
  }
}

/**
 * Makes a new key in this file. Written aside and then linked: the name appears with the whole key or not at all, and never
 * replaces another. False if there is one already.
 */
export function createKeyFile(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomUUID()}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(aside, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(aside);
  }
}
