import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSources } from './sources.js';

const folder = await mkdtemp(join(tmpdir(), 'countersign-sources-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a folder is the same policy however its path is written', async () => {
  await mkdir(join(folder, 'shop'));
  await writeFile(join(folder, 'shop/shop.rego'), 'package policies.shop\n');
  const digests = new Set<string>();
  for (const written of [folder, `${folder}/`, `${folder}/./`, `./${relative('.', folder)}`, `${folder}/shop/..`]) {
    const sources = await readSources(written);
    expect([...sources!.files.keys()]).toContain('policies/shop/shop.rego');
    digests.add(sources!.digest);
  }
  expect(digests.size).toBe(1);
});
