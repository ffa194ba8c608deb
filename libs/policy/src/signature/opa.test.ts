import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARCHIVE, changed, DATA, keysOf, p256, RELEASE, rsa, SECRET, SIGNED, signedBy } from '../../test/signing.js';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { unpack } from '../tarball.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folder = await mkdtemp(join(tmpdir(), 'countersign-signature-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

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
