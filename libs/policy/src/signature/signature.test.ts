import { createHash, createHmac, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  ARCHIVE,
  changed,
  DATA,
  keysOf,
  other,
  p256,
  p384,
  RELEASE,
  rsa,
  SECRET,
  SIGNED,
  signedBy,
  UNSIGNED,
} from '../../test/signing.js';
import { unpack } from '../tarball.js';
import type { Algorithm } from './keys.js';
import { signBundle } from './sign.js';

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

it('a digest of a file that is not a document is that of its bytes', () => {
  const { signatures } = JSON.parse(unpack(SIGNED).get('.signatures.json')!.toString()) as { signatures: string[] };
  const { files } = JSON.parse(Buffer.from(signatures[0]!.split('.')[1]!, 'base64url').toString()) as {
    files: { name: string; hash: string }[];
  };
  const wasm = createHash('sha256').update(unpack(SIGNED).get('policy.wasm')!).digest('hex');
  expect(files.find(({ name }) => name === 'policy.wasm')?.hash).toBe(wasm);
});
