import { constants, createHash, createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { PolicyKey, PolicyKeys } from './keys.js';
import { structuredText } from './structured.js';

// The signature of a bundle as OPA writes it: .signatures.json holds one JSON Web Token whose payload lists every file of the
// bundle with its digest. (https://www.openpolicyagent.org/docs/management-bundles#signing)

export const SIGNATURES_FILE = '.signatures.json';
/** What opa names the way it signs by itself. */
const PLUGINS: unknown[] = [undefined, '', '_default'];
/** MD5 and SHA-1, which OPA would take too, prove nothing any more. */
const DIGESTS: Record<string, string> = {
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA-512-224': 'sha512-224',
  'SHA-512-256': 'sha512-256',
};
const BASE64URL = /^[\w-]*$/;

interface ListedFile {
  name: string;
  hash: string;
  algorithm: string;
}

/**
 * Says with which key a bundle is signed. Throws an Error unless each of its files is one that was signed, and none is
 * missing. Without keys only an unsigned bundle is taken, and with keys only a signed one, as OPA has it: a signature that
 * nobody checks would be taken for one that was.
 */
export function verifySignature(files: ReadonlyMap<string, Buffer>, keys: PolicyKeys | undefined): string | undefined {
  const signatures = files.get(SIGNATURES_FILE);
  if (!keys) {
    if (signatures) throw new Error('it is signed, and there is no key to verify it with: set COUNTERSIGN_POLICY_KEYS');
    return undefined;
  }
  if (!signatures) throw new Error('it is not signed, and only signed policies may serve here: sign it with opa');
  const { key, listed } = verifyToken(tokenOf(signatures), keys);
  const left = new Map(listed.map((file) => [file.name, file]));
  if (left.size !== listed.length) throw new Error('its signature names a file twice');
  for (const [name, content] of files) {
    if (name === SIGNATURES_FILE) continue;
    const file = left.get(name);
    if (!file) throw new Error(`${name} is not among the files that were signed`);
    if (digestOf(name, content, file.algorithm) !== file.hash.toLowerCase())
      throw new Error(`${name} is not what was signed`);
    left.delete(name);
  }
  if (left.size > 0) throw new Error(`${[...left.keys()].join(', ')} was signed, and is not there`);
  return key.id;
}

function tokenOf(signatures: Buffer): string {
  const { signatures: tokens, plugin } = parseObject(signatures.toString('utf8'), SIGNATURES_FILE);
  if (!PLUGINS.includes(plugin)) throw new Error("it is signed in a way that is not opa's own");
  if (!Array.isArray(tokens) || tokens.length !== 1 || typeof tokens[0] !== 'string')
    throw new Error(`${SIGNATURES_FILE} must hold exactly one token`);
  return tokens[0];
}

function verifyToken(token: string, keys: PolicyKeys): { key: PolicyKey; listed: ListedFile[] } {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => BASE64URL.test(part)))
    throw new Error('its signature is not a token');
  const [header, payload] = parts
    .slice(0, 2)
    .map((part) => parseObject(decode(part!).toString('utf8'), 'its signature'));
  const key = keys.find(String(header!['kid'] || payload!['keyid'] || ''));
  if (!key) throw new Error('it is signed with a key that is not among those of COUNTERSIGN_POLICY_KEYS');
  // The algorithm is that of the key. A token that names another is refused before anything is computed with it.
  if (header!['alg'] !== key.algorithm)
    throw new Error(`it is not signed with ${key.algorithm}, as its key must be used`);
  if ('crit' in header!) throw new Error('its signature depends on an extension that is not known here');
  if (!isSignature(Buffer.from(`${parts[0]}.${parts[1]}`), decode(parts[2]!), key))
    throw new Error('its signature is wrong');
  if ((payload!['scope'] ?? '') !== key.scope) throw new Error('it was signed for another scope');
  return { key, listed: listedFiles(payload!['files']) };
}

function isSignature(signed: Buffer, signature: Buffer, { algorithm, hash, key }: PolicyKey): boolean {
  if (algorithm.startsWith('HS')) {
    const expected = createHmac(hash, key).update(signed).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  const how = algorithm.startsWith('PS') ? { padding, saltLength } : { dsaEncoding: 'ieee-p1363' as const };
  return verify(hash, signed, { key, ...how }, signature);
}

function listedFiles(given: unknown): ListedFile[] {
  if (!Array.isArray(given)) throw new Error('its signature lists no files');
  return given.map((file: Partial<Record<keyof ListedFile, unknown>> | null) => {
    const { name, hash, algorithm } = file ?? {};
    if (typeof name !== 'string' || typeof hash !== 'string' || typeof algorithm !== 'string')
      throw new Error('its signature lists a file without its digest');
    return { name, hash, algorithm };
  });
}

/** Data and manifests are hashed by what they say, everything else by its bytes. */
export function digestOf(name: string, content: Buffer, algorithm: string): string {
  const hash = Object.hasOwn(DIGESTS, algorithm) ? DIGESTS[algorithm] : undefined;
  if (hash === undefined) throw new Error(`${name} is signed with the digest ${algorithm.slice(0, 20)}: use SHA-256`);
  const structured = /(^|\/)(data\.json|data\.yaml|\.manifest)$/.test(name);
  return createHash(hash)
    .update(structured ? structuredText(content) : content)
    .digest('hex');
}

function decode(part: string): Buffer {
  return Buffer.from(part, 'base64url');
}

function parseObject(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, without quoting what may be anything.
  }
  throw new Error(`${what} cannot be read`);
}
