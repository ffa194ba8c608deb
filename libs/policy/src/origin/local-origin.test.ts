import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALLOW, numbered, QUESTION } from '../../test/numbered.js';
import { compileFolder, loadBundle } from '../folder.js';
import type { PolicyHost } from '../host.js';
import { findOpa } from '../opa.js';
import { openPolicyHost } from '../open.js';
import type { PolicyEvent } from '../policy.js';
import { signBundle } from '../signature/sign.js';
import { SHIPPED } from '../sources.js';

const log = () => {};
const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log, install: false });
const NO_OPA = '/nonexistent/opa';
const [ONE, TWO] = [numbered(1), numbered(2)];
const SECRET = 'a secret of the two sides, long enough';

let place: string;
let hosts: PolicyHost[];
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'countersign-local-'));
  hosts = [];
});
afterEach(async () => {
  hosts.forEach((host) => host.close());
  await rm(place, { recursive: true, force: true, maxRetries: 10 });
});

async function open(source: string, more: object = {}) {
  const host = await openPolicyHost({ source, pollMs: 30, dataDir: join(place, 'data'), log, ...more });
  const events: PolicyEvent[] = [];
  host.on((event) => events.push(event));
  hosts.push(host);
  return { host, events };
}

/** As people replace a file. */
async function replace(path: string, content: Buffer | string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

describe('a bundle file', () => {
  it('serves, and so does what takes its place', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, ONE.archive);
    const { host } = await open(path);
    expect(host.revision).toBe(ONE.revision);
    await replace(path, TWO.archive);
    await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
  });

  it('that is written slowly is read when it is whole', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, ONE.archive);
    const { host, events } = await open(path);
    for (let bytes = 1_000; bytes < TWO.archive.length; bytes += 40_000) {
      await writeFile(path, TWO.archive.subarray(0, bytes));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await writeFile(path, TWO.archive);
    await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
    expect(events.filter(({ type }) => type === 'load-failed')).toEqual([]);
  });

  it('that is damaged, or gone, leaves the old one serving until it is whole again', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, ONE.archive);
    const { host, events } = await open(path);
    await replace(path, 'damaged');
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toMatch(/bundle\.tar\.gz cannot be read/);
    await rm(path);
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toMatch(/there is no policy folder or bundle at/);
    expect(host.evaluate(QUESTION)).toMatchObject({ effect: 'allow', policy: { revision: ONE.revision } });
    await replace(path, ONE.archive);
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['load-failed', 'load-failed']);
  });

  it('that is damaged at the start is an error: who starts it is there to mend it', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, ONE.archive);
    await open(path);
    await replace(path, 'damaged');
    await expect(open(path)).rejects.toMatchObject({ code: 'policy-bundle' });
  });

  it('that is gone at the start, but served before, serves from what was kept', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, ONE.archive);
    await open(path);
    await rm(path);
    const { host } = await open(path);
    expect(host.revision).toBe(ONE.revision);
    expect(host.warning()).toMatch(/kept from before, at \d{4}-.* serves: there is no policy folder or bundle at/);
    await expect(open(join(place, 'another.tar.gz'))).rejects.toMatchObject({ code: 'policy-source' });
  });

  it('is looked at once where nothing is to be followed', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, ONE.archive);
    const { host } = await open(path, { pollMs: 0 });
    await replace(path, TWO.archive);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(host.revision).toBe(ONE.revision);
  });
});

describe('where policies must be signed', () => {
  const keys = async () => {
    await writeFile(join(place, 'keys.json'), JSON.stringify({ release: { algorithm: 'HS256', key: SECRET } }));
    return { keysPath: join(place, 'keys.json') };
  };
  const signed = (archive: Buffer) => signBundle(archive, { id: 'release', algorithm: 'HS256', key: SECRET });

  it('a signed file serves, and what is not signed takes its place in vain', async () => {
    const path = join(place, 'bundle.tar.gz');
    await writeFile(path, signed(ONE.archive));
    const { host } = await open(path, await keys());
    await replace(path, TWO.archive);
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toContain('it is not signed');
    expect(host.revision).toBe(ONE.revision);
    await replace(path, signed(TWO.archive));
    await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
  });

  it('a folder of Rego does not serve, and what ships does: it is as much ours as what verifies', async () => {
    const folder = join(place, 'policies');
    await mkdir(folder);
    await writeFile(join(folder, 'shop.rego'), 'package policies.shop\n');
    await expect(open(folder, await keys())).rejects.toMatchObject({ code: 'policy-signature' });
    const shipped = await openPolicyHost({ ...(await keys()), dataDir: place, log });
    expect(shipped.bundles()).toMatchObject([{ role: 'serving', source: 'default' }]);
    shipped.close();
  });

  it('a folder with a signed bundle and nothing to compile serves', async () => {
    const folder = join(place, 'policies');
    await mkdir(folder);
    await writeFile(join(folder, 'bundle.tar.gz'), signed(ONE.archive));
    expect((await open(folder, await keys())).host.revision).toBe(ONE.revision);
  });
});

describe.skipIf(!opa)('a folder of Rego', () => {
  const rego = (rule: string, when = 'true') =>
    `package policies.shop\n\nallow contains {"rule": "${rule}", "reason": $"up to {data.shop_limit}"} if ${when}\n`;
  const question = (name: string) => QUESTION.replace('db.read', name).replace(JSON.stringify(ALLOW), 'null');
  const ruleOf = (host: PolicyHost) => {
    const { reasons } = host.evaluate(question('shop.buy'));
    return reasons.map(({ rule, text }) => `${rule}: ${text}`).join();
  };

  let folder: string;
  beforeEach(async () => {
    folder = join(place, 'policies');
    await mkdir(folder);
    await writeFile(join(folder, 'shop.rego'), rego('first'));
    await writeFile(join(folder, 'data.json'), '{"shop_limit": 100}');
  });

  it('serves a moment after it was saved, and goes on serving while it does not compile', async () => {
    const { host, events } = await open(folder);
    expect(ruleOf(host)).toBe('first: up to 100');
    await replace(join(folder, 'shop.rego'), rego('second'));
    await expect.poll(() => ruleOf(host), { timeout: 10_000 }).toBe('second: up to 100');
    await replace(join(folder, 'shop.rego'), `${rego('third')}\nallow contains x if {\n`);
    await expect.poll(() => host.warning(), { timeout: 10_000 }).toMatch(/shop\.rego/);
    expect(ruleOf(host)).toBe('second: up to 100');
    await replace(join(folder, 'shop.rego'), rego('third'));
    await expect.poll(() => ruleOf(host), { timeout: 10_000 }).toBe('third: up to 100');
    expect(host.warning()).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['serving', 'load-failed', 'serving']);
  });

  it('takes other data without compiling anything, as what opa would make of it', async () => {
    const { host } = await open(folder);
    const { compiled } = host;
    await mkdir(join(folder, 'limits', 'eu'), { recursive: true });
    await writeFile(join(folder, 'limits', 'eu', 'data.json'), '{"names": ["ü", {"b": 1.5, "a": null}]}');
    await replace(join(folder, 'data.json'), '{"shop_limit": 250, "limits": {"us": {}}}');
    await expect.poll(() => ruleOf(host), { timeout: 10_000 }).toBe('first: up to 250');
    expect(host.compiled).toBe(compiled);
    const { bundle } = await compileFolder(folder, opa!);
    expect(host.revision).toBe(bundle.revision);
    const again = await loadBundle({ source: folder, cacheDir: join(place, 'data', 'cache'), opaBin: NO_OPA, log });
    expect([again.revision, again.sourceDigest]).toEqual([bundle.revision, bundle.sourceDigest]);
  });

  it.each([
    ['YAML', { 'more/data.yaml': 'limit: 1\n' }],
    ['numbers that a double cannot hold', { 'more/data.json': '{"limit": 12345678901234567890}' }],
    ['documents where packages are', { 'policies/data.json': '{"limit": 1}' }],
  ])('has opa say what data with %s come to', async (_, files) => {
    await open(folder);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const without = loadBundle({ source: folder, cacheDir: join(place, 'data', 'cache'), opaBin: NO_OPA, log });
    await expect(without).rejects.toMatchObject({ code: 'policy-opa' });
  });

  it('serves where nothing can be kept', async () => {
    await writeFile(join(place, 'file'), '');
    const { host } = await open(folder, { dataDir: join(place, 'file') });
    expect(ruleOf(host)).toBe('first: up to 100');
  });
});
