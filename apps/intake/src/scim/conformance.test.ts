import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ANYTHING, newPlace, startGate } from '../../../../test/gate.js';
import { TOKEN } from '../../../../test/scim-client.js';
import { scimTester, TesterUnavailable } from '../../../../tools/scim/tester.mjs';

const CHECK = fileURLToPath(new URL('../../../../tools/scim/check.py', import.meta.url));

interface Verdict {
  status: string;
  type: string | null;
  check: string;
  reason: string | null;
}

it('an independent judge of SCIM servers finds nothing to object to', { timeout: 240_000 }, async ({ skip }) => {
  let python: string;
  try {
    python = scimTester();
  } catch (error) {
    if (!(error instanceof TesterUnavailable) || process.env.CI === 'true') throw error;
    return skip(`not run for want of scim2-tester: ${error.message}`);
  }
  const place = await newPlace();
  const env = { COUNTERSIGN_SCIM_TOKEN: TOKEN, COUNTERSIGN_PUBLIC_URL: '' };
  const gate = await startGate({ ...place, policies: ANYTHING, env });
  try {
    const url = `http://127.0.0.1:${gate.httpPort}/scim/v2`;
    const { stdout } = await promisify(execFile)(python, [CHECK, url, TOKEN], { maxBuffer: 64 * 1024 * 1024 });
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Verdict);
    expect(verdicts.filter(({ status }) => !['SUCCESS', 'SKIPPED'].includes(status))).toEqual([]);
    expect(verdicts.filter(({ status }) => status === 'SUCCESS').length).toBeGreaterThan(120);
  } finally {
    await gate.stop();
    await place.remove();
  }
});
