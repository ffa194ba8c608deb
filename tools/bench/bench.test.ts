import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findOpa } from '@countersign/policy';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const bench = (...args: string[]) =>
  run(process.execPath, ['tools/bench.mjs', ...args], { cwd: ROOT, timeout: 100_000 });
const opa = await findOpa({ cacheDir: join(ROOT, '.countersign', 'cache'), log: () => {}, install: false });

describe('npm run bench', () => {
  it('says what it can measure', async () => {
    const { stdout } = await bench('--help');
    expect(stdout).toContain('policy');
  });

  it('refuses what it does not know', async () => {
    await expect(bench('nothing')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no bench called nothing'),
    });
    await expect(bench('--loud')).rejects.toMatchObject({ code: 2 });
  });

  it.skipIf(!opa)('measures evaluations, and gives the results as JSON', { timeout: 120_000 }, async () => {
    // A busy machine may well find them not to be flat, which is exit code 1.
    const { stdout } = await bench('policy', '--quick', '--json').catch((failed: { stdout: string }) => failed);
    const { results } = JSON.parse(stdout) as { results: { policy: { rows: { packages: number; micros: number }[] } } };
    expect(results.policy.rows).toHaveLength(4);
    expect(results.policy.rows.every(({ micros }) => micros > 0)).toBe(true);
  });
});
