import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXCEPTIONS } from '../test/conformance/exceptions.js';
import { casesFolder } from '../test/conformance/load.js';
import { countReasons, runCases, type Report } from '../test/conformance/run.js';
import { findOpa, OPA_VERSION } from './opa.js';
import { SHIPPED } from './sources.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const source = opa === undefined ? undefined : await casesFolder(OPA_VERSION);
const missing = opa === undefined ? 'opa' : "Go, or the module it fetches OPA's cases with";
const folder = await mkdtemp(join(tmpdir(), 'countersign-conformance-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Fewer would mean that cases are lost on the way. */
const LEAST_EQUAL = 3_600;

describe.runIf(opa && source)("OPA's own cases for evaluators, put to compiled policies", () => {
  let report: Report;
  beforeAll(async () => {
    report = await runCases(opa!, source!, folder);
    const put = report.equal.length + report.different.size;
    const reasons = countReasons(report.skipped).map(([reason, count]) => `  ${String(count).padStart(4)} ${reason}`);
    const known = Object.entries(EXCEPTIONS).map(([note, reason]) => `  ${note}: ${reason}`);
    console.log(`${report.equal.length} of ${put} cases equal; different:\n${known.join('\n')}`);
    console.log(`${report.skipped.length} more are not for compiled policies:\n${reasons.join('\n')}`);
  }, 300_000);

  it('come out as OPA says, but for the exceptions that are listed', () => {
    const unexplained = [...report.different].filter(([note]) => !Object.hasOwn(EXCEPTIONS, note));
    expect(unexplained).toEqual([]);
  });

  it('have no exception that is none', () => {
    expect(Object.keys(EXCEPTIONS).filter((note) => !report.different.has(note))).toEqual([]);
  });

  it('are as many as there were', () => {
    expect(report.equal.length).toBeGreaterThanOrEqual(LEAST_EQUAL);
  });
});

if (!opa || !source) {
  it(`OPA's own cases are left out for want of ${missing}`, ({ skip }) => {
    expect(process.env['CI'], `there is no ${missing}`).not.toBe('true');
    skip();
  });
}
