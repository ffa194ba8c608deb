import { execFileSync } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBundle, withData } from '../bundle.js';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { pack, unpack } from '../tarball.js';
import { readPolicyKeys, type Algorithm, type PolicyKeys } from './keys.js';
import { signBundle } from './sign.js';
import { structuredText } from './structured.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folder = await mkdtemp(join(tmpdir(), 'countersign-signature-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const pem = ({ publicKey, privateKey }: Pair) => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const other = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const p384 = pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
const ed25519 = pem(generateKeyPairSync('ed25519'));
const SECRET = 'a secret of the two sides, long enough';

const UNSIGNED = readFileSync(new URL('../../fixtures/anything.tar.gz', import.meta.url));
const DATA =
  '{"n": 1.0, "big": 12345678901234567890, "s": "<a&b>\\u2028ü\\u0001\\b\\ud83d\\ude00", "é": [1e5, -0, {"b":1,"a":null}]}';
const ARCHIVE = withData(parseBundle(UNSIGNED, 'file', 'x'), DATA).archive;

async function keysOf(config: object | string): Promise<PolicyKeys> {
  const path = join(await mkdtemp(join(folder, 'keys-')), 'keys');
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
  return readPolicyKeys(path);
}

const RELEASE = await keysOf({ release: { algorithm: 'RS256', key: rsa.publicKey } });
const SIGNED = signBundle(ARCHIVE, { id: 'release', algorithm: 'RS256', key: rsa.privateKey });
const signedBy = (archive: Uint8Array, keys?: PolicyKeys) => parseBundle(archive, 'file', 'b.tar.gz', keys).signedBy;

/** The archive with one file changed, added or, when undefined, left out. */
function changed(name: string, content: Buffer | string | undefined, archive = SIGNED): Buffer {
  const files = unpack(archive);
  if (content === undefined) files.delete(name);
  else files.set(name, Buffer.from(content));
  return pack(files);
}

/** The archive with another token, made from the parts of the one it has. */
function retoken(
  change: (header: Record<string, unknown>, payload: Record<string, unknown>) => Buffer | undefined,
): Buffer {
  const { signatures } = JSON.parse(unpack(SIGNED).get('.signatures.json')!.toString()) as { signatures: string[] };
  const parts = signatures[0]!.split('.');
  const [header, payload] = parts
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  const signature = change(header!, payload!) ?? Buffer.from(parts[2]!, 'base64url');
  const encoded = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const token = [...encoded, signature.toString('base64url')].join('.');
  return changed('.signatures.json', JSON.stringify({ signatures: [token] }));
}

const signingInput = (...parts: object[]) =>
  parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

describe('a signed bundle', () => {
  it.each<[Algorithm, string, string]>([
    ['RS256', rsa.publicKey, rsa.privateKey],
    ['RS512', rsa.publicKey, rsa.privateKey],
    ['PS256', rsa.publicKey, rsa.privateKey],
    ['ES256', p256.publicKey, p256.privateKey],
    ['ES384', p384.publicKey, p384.privateKey],
    ['HS256', SECRET, SECRET],
  ])('with %s serves when its key is known, and not when another has its name', async (algorithm, key, privateKey) => {
    const archive = signBundle(ARCHIVE, { id: 'k', algorithm, key: privateKey });
    expect(signedBy(archive, await keysOf({ k: { algorithm, key } }))).toBe('k');
    expect(() => signedBy(archive, RELEASE)).toThrow('a key that is not among those');
    const imposter = await keysOf({ k: { algorithm: 'RS384', key: other.publicKey } });
    expect(() => signedBy(archive, imposter)).toThrow('it is not signed with RS384');
  });

  it('is refused where there is no key: a signature nobody checks would be taken for one that was', () => {
    expect(() => signedBy(SIGNED)).toThrow(expect.objectContaining({ code: 'policy-signature' }));
  });

  it('is the only kind that is taken where there are keys', () => {
    expect(() => signedBy(ARCHIVE, RELEASE)).toThrow('it is not signed, and only signed policies may serve here');
  });

  it('stays signed when only the layout of its data changes', () => {
    const spaced = JSON.stringify(JSON.parse(unpack(UNSIGNED).get('data.json')!.toString()), null, 4);
    const archive = signBundle(UNSIGNED, { id: 'release', algorithm: 'RS256', key: rsa.privateKey });
    expect(signedBy(changed('data.json', ` ${spaced}\n`, archive), RELEASE)).toBe('release');
  });

  it.each([...unpack(SIGNED).keys()].filter((name) => name !== '.signatures.json'))(
    'with %s changed, or left out, is refused',
    (name) => {
      const whole = unpack(SIGNED).get(name)!;
      const next =
        name === 'data.json' || name === '.manifest'
          ? whole.toString().replace('{', '{"x":1,')
          : Buffer.concat([whole, Buffer.from('\n')]);
      expect(() => signedBy(changed(name, next), RELEASE)).toThrow(`${name} is not what was signed`);
      expect(() => signedBy(changed(name, undefined), RELEASE)).toThrow(`${name} was signed, and is not there`);
    },
  );

  it('whose numbers were written otherwise is refused: 1 and 1.0 are two texts', () => {
    expect(() => signedBy(changed('data.json', DATA.replace('1.0', '1')), RELEASE)).toThrow(
      'data.json is not what was signed',
    );
    expect(() => signedBy(changed('data.json', DATA.replace('7890', '7891')), RELEASE)).toThrow('data.json is not');
  });

  it.each(['x.rego', 'policies/.signatures.json', 'a/policy.wasm'])('with a file %s more is refused', (name) => {
    expect(() => signedBy(changed(name, 'x'), RELEASE)).toThrow(`${name} is not among the files that were signed`);
  });

  it.each([
    ['none', ''],
    ['two', '["a.b.c","a.b.c"]'],
    ['one that is no token', '["abc"]'],
    ['one of another kind', '[{}]'],
  ])('with %s for a token is refused', (_, tokens) => {
    const file = `{"signatures":${tokens || '[]'}}`;
    expect(() => signedBy(changed('.signatures.json', file), RELEASE)).toThrow(
      expect.objectContaining({ code: 'policy-signature' }),
    );
  });

  it('signed by a plugin of somebody is refused', () => {
    const file = unpack(SIGNED).get('.signatures.json')!.toString().replace('{', '{"plugin":"custom",');
    expect(() => signedBy(changed('.signatures.json', file), RELEASE)).toThrow("not opa's own");
  });

  it('is signed for one purpose', async () => {
    const scoped = signBundle(ARCHIVE, { id: 'release', algorithm: 'RS256', key: rsa.privateKey, scope: 'write' });
    const keys = (scope: string) => keysOf({ release: { algorithm: 'RS256', key: rsa.publicKey, scope } });
    expect(signedBy(scoped, await keys('write'))).toBe('release');
    expect(() => signedBy(scoped, RELEASE)).toThrow('another scope');
    await expect(keys('read').then((read) => signedBy(scoped, read))).rejects.toThrow('another scope');
    await expect(keys('write').then((write) => signedBy(SIGNED, write))).rejects.toThrow('another scope');
  });
});

describe('a forged signature', () => {
  it('that says it needs none is refused', () => {
    const archive = retoken((header) => {
      header['alg'] = 'none';
      return Buffer.alloc(0);
    });
    expect(() => signedBy(archive, RELEASE)).toThrow('it is not signed with RS256');
  });

  it('that uses the public key as a secret is refused', () => {
    const archive = retoken((header, payload) => {
      header['alg'] = 'HS256';
      return createHmac('sha256', rsa.publicKey).update(signingInput(header, payload)).digest();
    });
    expect(() => signedBy(archive, RELEASE)).toThrow('it is not signed with RS256');
  });

  it('by another key under the name of ours is refused', () => {
    const archive = retoken((header, payload) =>
      sign('sha256', Buffer.from(signingInput(header, payload)), other.privateKey),
    );
    expect(() => signedBy(archive, RELEASE)).toThrow('its signature is wrong');
  });

  it('over an older list of files is refused', () => {
    const archive = retoken((_, payload) => {
      payload['files'] = (payload['files'] as object[]).slice(1);
      return undefined;
    });
    expect(() => signedBy(archive, RELEASE)).toThrow('its signature is wrong');
  });

  it.each<[string, (header: Record<string, unknown>, payload: { files: Record<string, unknown>[] }) => void, string]>([
    ['lists a file twice', (_, { files }) => files.push(files[0]!), 'names a file twice'],
    ['lists a file without a digest', (_, { files }) => delete files[0]!['hash'], 'without its digest'],
    ['lists no files', (_, payload) => delete (payload as Partial<typeof payload>).files, 'lists no files'],
    ['trusts MD5', (_, { files }) => (files[0]!['algorithm'] = 'MD5'), 'the digest MD5: use SHA-256'],
    [
      'trusts a digest named like a member of objects',
      (_, { files }) => (files[0]!['algorithm'] = 'constructor'),
      'use SHA-256',
    ],
    ['needs an extension', (header) => (header['crit'] = ['b64']), 'an extension'],
  ])('that %s is refused even when it is signed', (_, change, why) => {
    const archive = retoken((header, payload) => {
      change(header, payload as never);
      return sign('sha256', Buffer.from(signingInput(header, payload)), rsa.privateKey);
    });
    expect(() => signedBy(archive, RELEASE)).toThrow(why);
  });
});

describe('keys', () => {
  it('may be one PEM file, which fits whatever name a signature gives it', async () => {
    expect(signedBy(SIGNED, await keysOf(rsa.publicKey))).toBe('');
    const archive = signBundle(ARCHIVE, { id: 'x', algorithm: 'ES384', key: p384.privateKey });
    expect(signedBy(archive, await keysOf(p384.publicKey))).toBe('');
  });

  it('may be files beside the configuration', async () => {
    const place = await mkdtemp(join(folder, 'keys-'));
    await writeFile(join(place, 'release.pem'), rsa.publicKey);
    await writeFile(join(place, 'keys.json'), '{"release":{"key":"release.pem"}}');
    expect(signedBy(SIGNED, await readPolicyKeys(join(place, 'keys.json')))).toBe('release');
  });

  it.each<[string, object | string, RegExp]>([
    ['there are none', {}, /there is none/],
    ['it is no JSON', '{"release"', /neither PEM nor JSON/],
    [
      'an algorithm is unknown',
      { a: { algorithm: 'EdDSA', key: ed25519.publicKey } },
      /nobody knows: use one of RS256/,
    ],
    ['an algorithm is inherited', { a: { algorithm: 'toString', key: rsa.publicKey } }, /nobody knows/],
    ['a key does not fit its algorithm', { a: { algorithm: 'ES256', key: rsa.publicKey } }, /not a key for ES256/],
    ['a curve does not fit its algorithm', { a: { algorithm: 'ES256', key: p384.publicKey } }, /not a key for ES256/],
    ['a public key would be a secret', { a: { algorithm: 'HS256', key: rsa.publicKey } }, /a secret by its algorithm/],
    ['a secret is short', { a: { algorithm: 'HS256', key: 'short' } }, /less than 32 characters/],
    ['a private key lies about', { a: { algorithm: 'RS256', key: rsa.privateKey } }, /is a private key/],
    ['a key is missing', { a: { algorithm: 'RS256' } }, /has no key/],
    ['a key is nowhere', { a: { key: 'nowhere.pem' } }, /neither PEM nor a file/],
    ['a member is misspelt', { a: { key: rsa.publicKey, scop: 'x' } }, /a member scop/],
    ['a file holds a key that can not sign bundles', ed25519.publicKey, /can not sign bundles/],
  ])('are refused when %s', async (_, config, why) => {
    await expect(keysOf(config)).rejects.toMatchObject({
      code: 'policy-keys',
      message: expect.stringMatching(why) as string,
    });
  });

  it('that are not there are an error that names the file', async () => {
    await expect(readPolicyKeys('/nonexistent/keys')).rejects.toThrow('/nonexistent/keys');
  });
});

describe('the text of a document that is hashed', () => {
  it.each([
    ['{"b":1,"a":[1.50,-0,1E5,12345678901234567890]}', '{"a":[1.50,-0,1E5,12345678901234567890],"b":1}'],
    [' [ ] ', '[]'],
    ['{ }', '{}'],
    ['"<\\u2028\\/\\u0007\\ud800\\b>"', '"<\\u2028/\\u0007\ufffd\\b>"'],
    // U+FF41 comes before U+1D41A by bytes, and after it by UTF-16 units.
    ['{"\u{1d41a}":1,"\uff41":2}', '{"\uff41":2,"\u{1d41a}":1}'],
    ['{"__proto__":1}', '{"__proto__":1}'],
  ])('of %s is %s', (text, expected) => {
    expect(structuredText(Buffer.from(text))).toBe(expected);
  });

  it.each([
    '',
    '{',
    '{"a":1,}',
    '[1 2]',
    '01',
    '1 2',
    '{"a":1,"a":2}',
    '"\n"',
    'nul',
    '{a:1}',
    '['.repeat(600),
    '\ufeff{}',
  ])('of %j is not there', (text) => {
    expect(() => structuredText(Buffer.from(text))).toThrow();
  });

  it('of bytes that are no text is not there', () => {
    expect(() => structuredText(Buffer.from([0x22, 0xff, 0x22]))).toThrow('UTF-8');
  });
});

describe.skipIf(!opa)('together with opa', () => {
  let source: string;
  const run = (...args: string[]) => execFileSync(opa!, args, { cwd: source, stdio: 'pipe', encoding: 'utf8' });
  beforeAll(async () => {
    source = await mkdtemp(join(folder, 'source-'));
    await mkdir(join(source, 'in'));
    await writeFile(
      join(source, 'in', 'p.rego'),
      'package countersign\n\ndecision := {"effect": "deny", "n": data.n}\n',
    );
    await writeFile(join(source, 'in', 'data.json'), DATA);
    for (const [name, text] of Object.entries({
      'rsa.key': rsa.privateKey,
      'ec.key': p256.privateKey,
      'rsa.pub': rsa.publicKey,
    }))
      await writeFile(join(source, name), text);
    await writeFile(join(source, 'claims.json'), '{"scope":"write","keyid":"claimed"}');
  });

  const build = (...args: string[]) => {
    run(
      'build',
      '-b',
      '-t',
      'wasm',
      '-e',
      'countersign/decision',
      '--revision',
      'r1',
      '-o',
      'out.tar.gz',
      ...args,
      'in',
    );
    return readFile(join(source, 'out.tar.gz'));
  };

  it('what opa has signed with RSA is verified, and nothing of it can be changed', async () => {
    const archive = await build('--signing-key', 'rsa.key', '--verification-key-id', 'release');
    expect(signedBy(archive, RELEASE)).toBe('release');
    expect(() => signedBy(archive)).toThrow('there is no key to verify it with');
    for (const [name, content] of unpack(archive)) {
      if (name === '.signatures.json') continue;
      const next =
        name === 'data.json' || name === '.manifest'
          ? `{"x":1,${content.toString().slice(1)}`
          : `${content.toString('latin1')} `;
      expect(() => signedBy(changed(name, next, archive), RELEASE), name).toThrow(`${name} is not what was signed`);
      expect(() => signedBy(changed(name, undefined, archive), RELEASE), name).toThrow(`${name} was signed`);
    }
    expect(() => signedBy(changed('more.rego', 'package more', archive), RELEASE)).toThrow('more.rego is not among');
  });

  it('what opa has signed with ECDSA or a secret is verified', async () => {
    const ec = await build('--signing-key', 'ec.key', '--signing-alg', 'ES256', '--verification-key-id', 'ec');
    expect(signedBy(ec, await keysOf({ ec: { algorithm: 'ES256', key: p256.publicKey } }))).toBe('ec');
    const secret = await build('--signing-key', SECRET, '--signing-alg', 'HS256', '--verification-key-id', 'hs');
    expect(signedBy(secret, await keysOf({ hs: { algorithm: 'HS256', key: SECRET } }))).toBe('hs');
  });

  it('what opa has signed for a scope serves for that scope only, under the name its claims give', async () => {
    const archive = await build(
      '--signing-key',
      'rsa.key',
      '--claims-file',
      'claims.json',
      '--verification-key-id',
      '',
    );
    const keys = (scope: string) => keysOf({ claimed: { key: rsa.publicKey, scope } });
    expect(signedBy(archive, await keys('write'))).toBe('claimed');
    await expect(keys('').then((none) => signedBy(archive, none))).rejects.toThrow('another scope');
  });

  it('what opa sign lists is what is here', async () => {
    await writeFile(join(source, 'plain.tar.gz'), ARCHIVE);
    run('sign', '--signing-key', 'rsa.key', '-b', 'plain.tar.gz', '-o', source);
    const archive = changed('.signatures.json', await readFile(join(source, '.signatures.json')), ARCHIVE);
    expect(signedBy(archive, await keysOf(rsa.publicKey))).toBe('');
  });

  it('opa takes what is signed here, and notices what is changed', async () => {
    const verify = async (archive: Buffer) => {
      await writeFile(join(source, 'signed.tar.gz'), archive);
      return run(
        'build',
        '-b',
        'signed.tar.gz',
        '--verification-key',
        'rsa.pub',
        '--verification-key-id',
        'release',
        '-o',
        'again.tar.gz',
      );
    };
    await verify(SIGNED);
    const refused = verify(changed('data.json', '{}'));
    await expect(refused).rejects.toMatchObject({
      stdout: expect.stringContaining('data.json: digest mismatch') as string,
    });
  });
});

it('a digest of a file that is not a document is that of its bytes', () => {
  const { signatures } = JSON.parse(unpack(SIGNED).get('.signatures.json')!.toString()) as { signatures: string[] };
  const { files } = JSON.parse(Buffer.from(signatures[0]!.split('.')[1]!, 'base64url').toString()) as {
    files: { name: string; hash: string }[];
  };
  const wasm = createHash('sha256').update(unpack(SIGNED).get('policy.wasm')!).digest('hex');
  expect(files.find(({ name }) => name === 'policy.wasm')?.hash).toBe(wasm);
});
