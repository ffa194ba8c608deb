import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findOpa } from './opa.js';
import { SHIPPED } from './sources.js';

// The tests beside the Rego run in opa's own evaluator: what they prove is the rules, not the engine.

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const run = promisify(execFile);

describe.skipIf(!opa)('the shipped policies, with opa', () => {
  it('pass their own tests', async () => {
    // Some of them read long statements, which the interpreter takes its time over.
    const patient = ['--timeout', '60s', '--ignore', '*.cases.yaml'];
    const { stdout } = await run(opa!, ['test', '--format', 'json', ...patient, SHIPPED], {
      maxBuffer: 64 * 1024 * 1024,
    });
    const results = JSON.parse(stdout) as { package: string; name: string; fail?: boolean }[];
    expect(results.filter(({ fail }) => fail).map((test) => `${test.package}.${test.name}`)).toEqual([]);
    expect(results.length).toBeGreaterThan(80);
  }, 300_000);

  it('pass the strict compiler and are formatted', async () => {
    await run(opa!, ['check', '--strict', SHIPPED]);
    await run(opa!, ['fmt', '--list', '--fail', SHIPPED]);
  });
});
