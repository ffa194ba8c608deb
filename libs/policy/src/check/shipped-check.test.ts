import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { checkPolicies } from './check.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });

it.skipIf(!opa)('nothing is wrong with the shipped policies', { timeout: 120_000 }, async () => {
  const { findings } = await checkPolicies(SHIPPED, { opa: opa! });
  const ours = findings.filter(({ code }) => !code.startsWith('regal/'));
  expect(ours.map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`)).toEqual([]);
});
