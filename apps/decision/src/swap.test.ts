import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOpa, parseBundle, PolicyHost, RemotePolicy, type Bundle, type Policy } from '@countersign/policy';
import { Metrics, openLog, Readiness, startService, type RunningService } from '@countersign/service';
import { freePorts } from '../../../tools/services/ports.mjs';
import { decisionModule, decisionEndpoints } from './decision.module.js';

// Policies are replaced at full load: every answer is there, and whole from one of them.

const SWAPS = 100;
const CODES = 10;
const folder = mkdtempSync(join(tmpdir(), 'countersign-swap-'));
const cacheDir = fileURLToPath(new URL('../../../.countersign/cache', import.meta.url));
const opa = await findOpa({ cacheDir, log: () => {}, install: false });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says three times which bundle it is from: in its code, in its data, and by its revision. */
function compile(number: number): Bundle {
  const code = number % CODES;
  const rego = `package countersign

decision := {
  "effect": "allow",
  "reasons": [{"rule": "code-${code}", "text": $"data {data.number} for {input.action.name}"}],
  "risk": {"level": "low"},
}
`;
  writeFileSync(join(folder, 'rules.rego'), rego);
  writeFileSync(join(folder, 'data.json'), JSON.stringify({ number }));
  const target = ['build', '-t', 'wasm', '-e', 'countersign/decision', '-o', 'out.tar.gz', 'rules.rego', 'data.json'];
  execFileSync(opa!, target, { cwd: folder });
  return parseBundle(readFileSync(join(folder, 'out.tar.gz')), 'file', `bundle ${number}`);
}

/** Asks without a pause until all swaps are done. Says what was answered by which bundle. */
async function underLoad(policy: Policy, host: PolicyHost, bundles: Bundle[], inFlight: number) {
  const numbers = new Map(bundles.map(({ revision }, number) => [revision, number]));
  const answered = new Map<number, number>();
  const wrong: unknown[] = [];
  let swapping = true;
  let asked = 0;
  const ask = async () => {
    while (swapping) {
      const name = `load.n${asked++}`;
      try {
        const given = policy.evaluate(`{"action":{"name":"${name}"},"history":{}}`);
        // In this process an answer is there at once: only giving others their turn lets anything else happen.
        const verdict = given instanceof Promise ? await given : (await nextTurn(), given);
        const number = numbers.get(verdict.policy.revision) ?? -1;
        const expected = { rule: `code-${number % CODES}`, text: `data ${number} for ${name}` };
        const [reason] = verdict.reasons;
        const whole = verdict.effect === 'allow' && reason?.rule === expected.rule && reason.text === expected.text;
        if (!whole) wrong.push(verdict);
        answered.set(number, (answered.get(number) ?? 0) + 1);
      } catch (error) {
        wrong.push(error);
      }
    }
  };
  const asking = Array.from({ length: inFlight }, ask);
  for (const bundle of bundles.slice(1)) await host.load(bundle);
  swapping = false;
  await Promise.all(asking);
  return { asked, answered, wrong };
}

describe.skipIf(!opa)('a hundred swaps under full load', () => {
  let bundles: Bundle[];
  let host: PolicyHost;
  beforeAll(async () => {
    bundles = Array.from({ length: SWAPS + 1 }, (_, number) => compile(number));
  }, 120_000);
  const open = async () => {
    host = new PolicyHost({ log: () => {} });
    await host.load(bundles[0]!);
  };

  it('fail no answer and mix none, in this process', async () => {
    await open();
    const { asked, answered, wrong } = await underLoad(host, host, bundles, 64);
    expect(wrong).toEqual([]);
    expect([...answered.values()].reduce((sum, count) => sum + count, 0)).toBe(asked);
    expect(answered.size).toBeGreaterThan(SWAPS / 2);
    expect(host.revision).toBe(bundles.at(-1)!.revision);
  }, 60_000);

  it('fail no answer and mix none, over the stream to the decision service', async () => {
    await open();
    const [grpcPort, httpPort] = await freePorts(2);
    const running: RunningService = await startService({
      module: decisionModule({ policy: host }),
      endpoints: (app) => decisionEndpoints(app, () => ({ kind: 'service', id: 'intake' })),
      ...{ bind: '127.0.0.1', grpcPort, httpPort },
      log: openLog('decision', 'silent'),
      metrics: new Metrics(),
      readiness: new Readiness(),
    });
    const policy = new RemotePolicy({ address: `127.0.0.1:${grpcPort}`, token: 'x', timeoutMs: 30_000 });
    const told: string[] = [];
    policy.on((event) => event.type === 'serving' && told.push(event.revision));
    try {
      await expect.poll(() => policy.revision).toBe(host.revision);
      const { asked, answered, wrong } = await underLoad(policy, host, bundles, 256);
      expect(wrong).toEqual([]);
      expect([...answered.values()].reduce((sum, count) => sum + count, 0)).toBe(asked);
      expect(answered.size).toBeGreaterThan(SWAPS / 2);
      // Intake learns of a swap by the answers, and tells of it.
      await expect.poll(() => policy.revision, { timeout: 10_000 }).toBe(host.revision);
      expect(told.at(-1)).toBe(host.revision);
    } finally {
      policy.close();
      await running.stop();
    }
  }, 120_000);
});
