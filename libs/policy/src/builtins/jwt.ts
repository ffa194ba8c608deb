import { constants, createHmac, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { bytesOfText, textOfBytes } from '../wasm/bytes.js';
import type { Builtin, Builtins } from '../wasm/host.js';
import { RegoObject, type Value } from '../wasm/value.js';
import { decodeBase64Url } from './encoding.js';
import { parseJson } from './json-text.js';
import { verificationKeys } from './jwt-keys.js';
import { membersOf, objectOf, refuse, textOf } from './operands.js';

// JSON Web Tokens: taken apart, and their signatures checked with keys that the policy names. Whether a token is still valid
// is for the policy to say, from its claims and input.time.

export const JWT_BUILTINS: Builtins = {
  'io.jwt.decode': (token) => decode(textOf(token)),
  'io.jwt.verify_hs256': secretVerifier('sha256'),
  'io.jwt.verify_hs384': secretVerifier('sha384'),
  'io.jwt.verify_hs512': secretVerifier('sha512'),
  'io.jwt.verify_rs256': keyVerifier(rsa('sha256')),
  'io.jwt.verify_rs384': keyVerifier(rsa('sha384')),
  'io.jwt.verify_rs512': keyVerifier(rsa('sha512')),
  'io.jwt.verify_ps256': keyVerifier(rsaPss('sha256')),
  'io.jwt.verify_ps384': keyVerifier(rsaPss('sha384')),
  'io.jwt.verify_ps512': keyVerifier(rsaPss('sha512')),
  'io.jwt.verify_es256': keyVerifier(ecdsa('sha256')),
  'io.jwt.verify_es384': keyVerifier(ecdsa('sha384')),
  'io.jwt.verify_es512': keyVerifier(ecdsa('sha512')),
  'io.jwt.verify_eddsa': keyVerifier(
    (key, data, signature) => key.asymmetricKeyType === 'ed25519' && verify(null, data, key, signature),
  ),
};

type Check = (key: KeyObject, data: Buffer, signature: Buffer) => boolean;

function rsa(hash: string): Check {
  return (key, data, signature) => key.asymmetricKeyType === 'rsa' && verify(hash, data, key, signature);
}

function rsaPss(hash: string): Check {
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return (key, data, signature) =>
    key.asymmetricKeyType === 'rsa' && verify(hash, data, { key, ...options }, signature);
}

function ecdsa(hash: string): Check {
  return (key, data, signature) =>
    key.asymmetricKeyType === 'ec' && verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function decode(token: string): Value[] {
  const [header, payload, signature] = partsOf(token);
  const decodedHeader = headerOf(header);
  const text = textOfBytes(decodeBase64Url(payload));
  const type = decodedHeader.get('cty');
  // A token within a token, perhaps in quotes.
  if (type !== undefined && textOf(type) === 'JWT') return decode(text.replace(/^["']+|["']+$/g, ''));
  return [decodedHeader, objectOf(parseJson(text)), decodeBase64Url(signature).toString('hex')];
}

function partsOf(token: string): [string, string, string] {
  const parts = token.split('.');
  return parts.length === 3 ? (parts as [string, string, string]) : refuse();
}

/** The header, unless it is that of an encrypted token. */
function headerOf(text: string): RegoObject {
  const header = objectOf(parseJson(textOfBytes(decodeBase64Url(text))));
  return header.get('enc') === undefined ? header : refuse();
}

function secretVerifier(hash: string): Builtin {
  return (token, secret) => {
    const [header, payload, signature] = partsOf(textOf(token));
    const expected = createHmac(hash, bytesOfText(textOf(secret)))
      .update(bytesOfText(`${header}.${payload}`))
      .digest();
    const given = decodeBase64Url(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

function keyVerifier(check: Check): Builtin {
  return (token, certificate) => {
    const [header, payload, signature] = partsOf(textOf(token));
    const keys = verificationKeys(textOf(certificate));
    const given = decodeBase64Url(signature);
    const { alg, kid } = claimsOf(headerOf(header));
    const data = bytesOfText(`${header}.${payload}`);
    // A key that the token names is the only one that counts.
    const named = kid === '' ? undefined : keys.find((key) => key.kid === kid);
    const candidates = named ? [named] : keys.filter((key) => key.alg === '' || key.alg === alg);
    return candidates.some(({ key }) => key !== undefined && check(key, data, given));
  };
}

function claimsOf(header: RegoObject): { alg: string; kid: string } {
  for (const name of ['alg', 'kid', 'typ', 'cty']) if (header.get(name) !== undefined) textOf(header.get(name));
  const critical = header.get('crit');
  if (
    critical !== undefined &&
    (!Array.isArray(critical) || !membersOf(critical).some((name) => typeof name === 'string'))
  )
    return refuse();
  return { alg: textOf(header.get('alg') ?? ''), kid: textOf(header.get('kid') ?? '') };
}
