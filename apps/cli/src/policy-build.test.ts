import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { env, opa, policyFolder } from '../test/policies.js';
import { countersign } from '../test/terminal-run.js';

// As everywhere in the terminal, the policy engine is loaded when it is needed.
const { parseBundle, readPolicyKeys } = await import('@countersign/policy');
const shop = await policyFolder();
const place = await policyFolder();
afterAll(() => Promise.all([shop.remove(), place.remove()]));

const at = (name: string) => join(place.folder, name);
const build = (...args: string[]) =>
  countersign(['policy', 'build', '--policies', shop.folder, '--out', at('out.tar.gz'), ...args], { env });

describe.skipIf(!opa)('policy build', () => {
  it('writes a bundle that serves', async () => {
    const { code, stdout } = await build();
    expect(code).toBe(0);
    const { revision, areas } = parseBundle(await readFile(at('out.tar.gz')), 'file', 'out');
    expect(stdout).toContain(revision);
    expect(areas).toEqual(['shop']);
  });

  it('signs it, so that it serves where policies must be signed', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(at('release.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(at('release.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(
      at('keys.json'),
      JSON.stringify({ release: { algorithm: 'ES256', key: 'release.pem', scope: 'production' } }),
    );
    const keys = await readPolicyKeys(at('keys.json'));
    const how = ['--signing-key', at('release.key'), '--signing-alg', 'ES256', '--key-id', 'release'];
    expect(JSON.parse((await build(...how, '--scope', 'production', '--json')).stdout)).toMatchObject({
      signed_by: 'release',
    });
    expect(parseBundle(await readFile(at('out.tar.gz')), 'file', 'out', keys).signedBy).toBe('release');
    await build(...how, '--scope', 'staging');
    const other = await readFile(at('out.tar.gz'));
    expect(() => parseBundle(other, 'file', 'out', keys)).toThrow('another scope');
  });

  it.each([
    ['a key that is not there', ['--signing-key', '/nowhere/release.key'], '/nowhere/release.key cannot be read', 2],
    ['an algorithm nobody knows', ['--signing-key', at('keys.json'), '--signing-alg', 'none'], '--signing-alg none', 2],
    ['a scope without a key', ['--scope', 'x'], '--scope says how to sign', 2],
    ['a key that is none', ['--signing-key', at('keys.json')], 'not a private key for RS256', 1],
  ])('refuses %s, and says why', async (_, args, why, exit) => {
    await writeFile(at('keys.json'), '{}');
    const { code, stderr } = await build(...args);
    expect(stderr).toContain(why);
    expect(code).toBe(exit);
  });
});
