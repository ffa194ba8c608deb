import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileFolder } from '../folder.js';
import { PolicyEngine } from '../engine.js';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { findCases } from './find-cases.js';
import { runCase } from './run-case.js';

// The decision cases beside the shipped policies, on the module that is compiled from them.

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const { cases, files, problems } = await findCases(SHIPPED);

it('the decision cases of the shipped policies can all be read', () => {
  expect(problems).toEqual([]);
  expect(files.length).toBeGreaterThan(0);
});

describe.skipIf(!opa)('every decision case is answered as it expects', () => {
  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = new PolicyEngine((await compileFolder(SHIPPED, opa!)).bundle);
  }, 120_000);

  it.each(files.map((file) => [relative(SHIPPED, file), file]))('%s', (_, file) => {
    const wrong = cases
      .filter((one) => one.file === file)
      .map((one) => runCase(one, engine))
      .flatMap(({ name, line, mismatches }) =>
        mismatches.map(({ member, expected, actual }) => {
          const differs = `${member} expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
          return `line ${line}, ${name}: ${differs}`;
        }),
      );
    expect(wrong).toEqual([]);
  });

  it('and policy broke on none of them', () => {
    expect(engine.faults).toEqual({ input: 0, throw: 0, undefined: 0, schema: 0 });
  });
});
