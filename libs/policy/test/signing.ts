import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBundle, withData } from '../src/bundle.js';
import { readPolicyKeys, type PolicyKeys } from '../src/signature/keys.js';
import { signBundle } from '../src/signature/sign.js';
import { pack, unpack } from '../src/tarball.js';

// Keys of every kind, and one bundle signed with one of them.

interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const pem = ({ publicKey, privateKey }: Pair) => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
export const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
export const other = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
export const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
export const p384 = pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
export const ed25519 = pem(generateKeyPairSync('ed25519'));
export const SECRET = 'a secret of the two sides, long enough';

export const UNSIGNED = readFileSync(new URL('../fixtures/anything.tar.gz', import.meta.url));
/** Whatever may be written in more than one way. */
export const DATA =
  '{"n": 1.0, "big": 12345678901234567890, "s": "<a&b>\\u2028ü\\u0001\\b\\ud83d\\ude00", "é": [1e5, -0, {"b":1,"a":null}]}';
export const ARCHIVE = withData(parseBundle(UNSIGNED, 'file', 'x'), DATA).archive;
export const SIGNED = signBundle(ARCHIVE, { id: 'release', algorithm: 'RS256', key: rsa.privateKey });

/** The keys of a configuration, or of a PEM text. */
export async function keysOf(config: object | string): Promise<PolicyKeys> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  try {
    await writeFile(join(folder, 'keys'), typeof config === 'string' ? config : JSON.stringify(config));
    return await readPolicyKeys(join(folder, 'keys'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const RELEASE = await keysOf({ release: { algorithm: 'RS256', key: rsa.publicKey } });

/** Who signed it. Throws unless it is signed as the keys want it. */
export function signedBy(archive: Uint8Array, keys?: PolicyKeys): string | undefined {
  return parseBundle(archive, 'file', 'b.tar.gz', keys).signedBy;
}

/** The archive with one file changed, added or, when undefined, left out. */
export function changed(name: string, content: Buffer | string | undefined, archive = SIGNED): Buffer {
  const files = unpack(archive);
  if (content === undefined) files.delete(name);
  else files.set(name, Buffer.from(content));
  return pack(files);
}
