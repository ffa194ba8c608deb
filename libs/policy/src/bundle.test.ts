import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBundle, type Bundle } from './bundle.js';
import { PolicyEngine } from './engine.js';
import { BUNDLE_FILE, compileFolder, loadBundle } from './folder.js';
import { findOpa, OPA_VERSION } from './opa.js';
import { readSources, SHIPPED } from './sources.js';

const log = () => {};
const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log, install: false });
// Another version compiles the same rules to other bytes.
const pinned =
  opa !== undefined &&
  execFileSync(opa, ['version'], { encoding: 'utf8' }).includes(`Version: ${OPA_VERSION.slice(1)}\n`);
/** A name under which there is no opa, and which may not be replaced by another. */
const NO_OPA = { opaBin: '/nonexistent/opa' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-bundle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function policies(files: Record<string, string | Buffer>): Promise<string> {
  const root = await mkdtemp(join(folder, 'policies-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

function ask(bundle: Bundle, name: string) {
  const rest = '"agent":{"id":"a"},"context":{},"resource":{"id":"x","type":"t"},"subject":{"id":"a","type":"agent"}';
  return new PolicyEngine(bundle).evaluate(`{"action":{"name":"${name}","properties":{}},${rest}}`);
}

const SHOP =
  'package policies.shop\n\nallow contains {"rule": "buy", "reason": "may buy"} if input.action.name == "shop.buy"\n';

describe('the shipped policies', () => {
  it('are served from the compiled bundle when it was made from just these sources', async () => {
    const [carried, sources] = await Promise.all([readFile(join(SHIPPED, BUNDLE_FILE)), readSources(SHIPPED)]);
    const drift = 'policies/bundle.tgz is not what policies/ compiles to: run npm run policies build, and commit it';
    expect(parseBundle(carried, 'default', SHIPPED).sourceDigest, drift).toBe(sources?.digest);
    const bundle = await loadBundle({ cacheDir: join(folder, 'cache'), ...NO_OPA, log });
    expect(bundle.source).toBe('default');
    expect(bundle.revision).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it.skipIf(!pinned)('compile to the committed bundle, byte for byte of the module', async () => {
    const { bundle } = await compileFolder(SHIPPED, opa!);
    expect(bundle.revision).toBe(parseBundle(await readFile(join(SHIPPED, BUNDLE_FILE)), 'default', SHIPPED).revision);
  });
});

describe('a folder of my own', () => {
  it('never serves the shipped policies when there is no opa to compile it', async () => {
    const source = await policies({ 'shop.rego': SHOP });
    await expect(loadBundle({ source, cacheDir: folder, ...NO_OPA, log })).rejects.toThrow(
      /OPA_BIN is \/nonexistent\/opa/,
    );
  });

  it('that holds nothing, or is not there, is an error that names it', async () => {
    const empty = await policies({ 'readme.txt': 'x' });
    await expect(loadBundle({ source: empty, cacheDir: folder, log })).rejects.toThrow(empty);
    await expect(loadBundle({ source: '/nonexistent', cacheDir: folder, log })).rejects.toThrow('/nonexistent');
  });

  it('serves its compiled bundle, and so does the file alone', async () => {
    const archive = await readFile(new URL('../fixtures/anything.tar.gz', import.meta.url));
    const source = await policies({ 'bundle.tar.gz': archive });
    const fromFolder = await loadBundle({ source, cacheDir: folder, ...NO_OPA, log });
    const fromFile = await loadBundle({ source: join(source, 'bundle.tar.gz'), cacheDir: folder, ...NO_OPA, log });
    expect(fromFolder.source).toBe('folder');
    expect(fromFile.source).toBe('file');
    expect(fromFile.revision).toBe(fromFolder.revision);
  });

  it('with a damaged bundle is an error, never a policy', async () => {
    const source = await policies({ [BUNDLE_FILE]: Buffer.from('not a bundle') });
    await expect(loadBundle({ source, cacheDir: folder, log })).rejects.toMatchObject({ code: 'policy-bundle' });
  });

  it('does not depend on the line ends of its files', async () => {
    const [unix, dos] = await Promise.all([
      policies({ 'shop.rego': SHOP }),
      policies({ 'shop.rego': SHOP.replaceAll('\n', '\r\n') }),
    ]);
    expect((await readSources(unix))?.digest).toBe((await readSources(dos))?.digest);
  });

  describe.skipIf(!opa)('with opa', () => {
    const load = (source: string, cacheDir = join(folder, 'cache')) => loadBundle({ source, cacheDir, log });

    it('is served instead of the shipped policies', async () => {
      const bundle = await load(await policies({ 'shop/shop.rego': SHOP, 'other.yaml': 'people: []' }));
      expect(ask(bundle, 'shop.buy').effect).toBe('allow');
      expect(ask(bundle, 'db.read')).toMatchObject({ effect: 'deny', reasons: [{ rule: 'no-rule' }] });
      expect(bundle.areas).toEqual(['shop']);
      expect(bundle.source).toBe('folder');
    });

    it('reads its data', async () => {
      const rego =
        'package policies.shop\n\nallow contains {"rule": "x", "reason": "y"} if input.action.name in data.shop_names\n';
      const bundle = await load(await policies({ 'shop.rego': rego, 'data.json': '{"shop_names": ["shop.sell"]}' }));
      expect(ask(bundle, 'shop.sell').effect).toBe('allow');
      expect(ask(bundle, 'shop.buy').effect).toBe('deny');
    });

    it('serves without opa once it is compiled, until it changes', async () => {
      const source = await policies({ 'shop.rego': SHOP });
      const { revision } = await load(source);
      const again = await loadBundle({ source, cacheDir: join(folder, 'cache'), ...NO_OPA, log });
      expect(again.revision).toBe(revision);
      await writeFile(join(source, 'shop.rego'), SHOP.replace('shop.buy', 'shop.sell'));
      const fresh = { source, cacheDir: join(folder, 'cache'), log };
      await expect(loadBundle({ ...fresh, ...NO_OPA })).rejects.toMatchObject({ code: 'policy-opa' });
      expect(ask(await loadBundle(fresh), 'shop.sell').effect).toBe('allow');
    });

    it('cannot replace the rules that combine its rules', async () => {
      const source = await policies({ 'shop.rego': SHOP });
      await cp(join(SHIPPED, 'countersign'), join(source, 'countersign'), { recursive: true });
      await writeFile(
        join(source, 'countersign', 'decision.rego'),
        'package countersign\n\ndecision := {"effect": "allow"}\n',
      );
      expect(ask(await load(source), 'db.read').effect).toBe('deny');
    });

    it('that does not compile says where', async () => {
      const source = await policies({ 'shop.rego': 'package policies.shop\n\nallow contains x if {\n' });
      await expect(load(source)).rejects.toThrow(/policies\/shop\.rego:/);
    });

    it('that asks the outside world does not serve', async () => {
      const rego =
        'package policies.shop\n\nallow contains {"rule": "x", "reason": "y"} if http.send({"method": "get", "url": input.x})\n';
      await expect(load(await policies({ 'shop.rego': rego }))).rejects.toThrow(
        /http\.send is not available to policies: a policy reaches nothing/,
      );
    });
  });
});
