import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { ListBundlesResponseSchema } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { env, opa, policyFolder, SHOP } from '../test/policies.js';
import { recorded } from '../test/recorded.js';
import { countersign } from '../test/terminal-run.js';

const RULES = SHOP['shop/shop.rego']!;
const LIMITS = { ...SHOP, 'data.json': '{"shop": {"limit": 10, "old": true}}' };
const old = await policyFolder(LIMITS);
const young = await policyFolder({
  ...LIMITS,
  'shop/shop.rego': `${RULES.replaceAll('10', '11')}
deny contains {"rule": "never-again", "reason": "never"} if input.resource.id == "cart-0"
`,
  'data.json': '{"shop": {"limit": 11}}',
});
const bundle = join(old.folder, 'built.tar.gz');
let http: Server;
let url: string;
let archive: Buffer | undefined;
let etag = '"sha256:none"';
let gate: FakeGate;

beforeAll(async () => {
  gate = await startFakeGate();
  http = createServer((request, response) => {
    const allowed = request.headers.authorization === 'Bearer cs_dev_dana';
    const found = request.url === '/v1/bundles/active' ? archive : undefined;
    response.writeHead(!allowed ? 401 : found ? 200 : 404, { etag }).end(allowed ? found : undefined);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  if (opa) await countersign(['policy', 'build', '--policies', old.folder, '--out', bundle], { env });
});
afterAll(async () => {
  await gate.stop();
  http.close();
  await old.remove();
  await young.remove();
});

const diff = (...args: string[]) => countersign(['policy', 'diff', ...args], { env });

describe.skipIf(!opa)('policy diff', () => {
  it('of a policy with itself is nothing, and ends with 0', async () => {
    const { code, stdout } = await diff(old.folder, bundle);
    expect(code).toBe(0);
    expect(stdout).toContain('no difference');
    expect(stdout).toContain('1 decision cases, all answered alike');
  });

  it('names rules with their titles, data by pointer, and cases that are answered otherwise', async () => {
    const { code, stdout } = await diff(old.folder, young.folder);
    expect(code).toBe(1);
    expect(stdout).toContain('1 rule added, 2 changed in shop; data changed');
    expect(stdout).toContain('~ require_approval[large-order]  Large order');
    expect(stdout).toContain('+ deny[never-again]');
    expect(stdout).toContain('~ /shop/limit  10 → 11');
    expect(stdout).toContain('- /shop/old  true');
    expect(stdout).toContain('looser  eleven pieces ask finance');
    expect(stdout).toContain('require_approval (large-order) → allow (small-order)');
    expect(stdout).not.toContain('> 11');
    expect((await diff(old.folder, young.folder, '--full')).stdout).toContain('input.action.properties.count > 11');
  });

  it('asks both about recorded requests', async () => {
    const file = join(old.folder, 'ledger.jsonl');
    await writeFile(file, [5, 11, 500].map((count) => `${canonicalize(recorded(count))}\n`).join(''));
    const { stdout } = await diff(old.folder, young.folder, '--from', file, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      packages: [{ package: 'policies.shop', change: 'changed' }],
      data: [{ pointer: '/shop/limit', before: 10, after: 11 }, { pointer: '/shop/old' }],
      cases: { asked: 1, changes: [{ looser: ['ask becomes allow'] }] },
      traffic: { requests: 3, loosened: 1, changes: [{ decision_id: 'dec_11' }] },
    });
    expect((await diff(old.folder, young.folder, '--from', file)).stdout).toContain('3 requests: 1 loosened');
  });

  it('compares with what the service has, for a person who may see it', async () => {
    archive = await readFile(bundle);
    etag = `"sha256:${'a'.repeat(64)}"`;
    const served = (source: string, ...args: string[]) =>
      diff(source, young.folder, '--http', url, '--address', gate.address, ...args);
    const serves = (revision: string) => {
      const bundles = [{ revision, active: true, location: '/etc/policies' }];
      gate.answer('ListBundles', message(ListBundlesResponseSchema, { bundles }));
    };
    serves(`sha256:${'a'.repeat(64)}`);
    expect((await served('serving', '--token', 'cs_dev_dana')).stdout).toContain('+ deny[never-again]');
    expect((await served(`sha256:${'a'.repeat(64)}`, '--token', 'cs_dev_dana')).stdout).toContain(
      '+ deny[never-again]',
    );
    expect(await served(`sha256:${'b'.repeat(64)}`, '--token', 'cs_dev_dana')).toMatchObject({ code: 2 });
    serves(`sha256:${'c'.repeat(64)}`);
    expect((await served('serving', '--token', 'cs_dev_dana')).stderr).toContain('from /etc/policies');
    expect((await served('candidate', '--token', 'cs_dev_dana')).stderr).toContain('has no candidate bundle');
    expect((await served('serving')).stderr).toContain('--token');
  });

  it('a bundle that is none, and a folder that is not there, are named', async () => {
    const file = join(old.folder, 'none.tar.gz');
    await writeFile(file, 'none');
    expect((await diff(file, young.folder)).stderr).toContain('none.tar.gz cannot be read');
    expect((await diff('/nowhere', young.folder)).stderr).toContain('/nowhere');
    expect((await diff(old.folder, young.folder, '--since', '1d')).stderr).toContain('--from');
  });
});
