import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFolder } from '../folder.js';
import { PolicyEngine } from '../engine.js';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { findCases } from './find-cases.js';
import { runCase } from './run-case.js';

// The decision cases beside the shipped policies, on the module that is compiled from them.

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const { cases, files, problems } = await findCases(SHIPPED);

describe('the decision cases of the shipped policies', () => {
  it('can all be read', () => {
    expect(problems).toEqual([]);
  });

  it.skipIf(!opa || files.length === 0)('are answered as they expect', { timeout: 120_000 }, async () => {
    const engine = new PolicyEngine((await compileFolder(SHIPPED, opa!)).bundle);
    const failed = cases.map((one) => runCase(one, engine)).filter(({ passed }) => !passed);
    expect(failed.map(({ name, file, line, mismatches }) => ({ name, at: `${file}:${line}`, mismatches }))).toEqual([]);
    expect(engine.faults).toEqual({ input: 0, throw: 0, undefined: 0, schema: 0 });
  });
});
