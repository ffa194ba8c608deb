import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ARCHIVE, ed25519, keysOf, p384, rsa, SIGNED, signedBy } from '../../test/signing.js';
import { readPolicyKeys } from './keys.js';
import { signBundle } from './sign.js';

const folder = await mkdtemp(join(tmpdir(), 'countersign-signature-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

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
    ['a file holds a key that cannot sign bundles', ed25519.publicKey, /cannot sign bundles/],
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
