import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPolicyHost, RemotePolicy } from '@countersign/policy';
import { Metrics, openLog, Readiness, startService, type RunningService } from '@countersign/service';
import { freePorts } from '../../../tools/services/ports.mjs';
import { decisionModule, decisionEndpoints } from './decision.module.js';
import type { Caller } from './policy-api.js';

const CALLERS: Record<string, Caller> = {
  intake: { kind: 'service', id: 'intake' },
  bot: { kind: 'agent', id: 'release-bot' },
};

let dataDir: string;
let running: RunningService;
let address: string;
let engine: Awaited<ReturnType<typeof openPolicyHost>>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-decision-'));
  engine = await openPolicyHost({ dataDir, log: () => {} });
  const [grpcPort, httpPort] = await freePorts(2);
  address = `127.0.0.1:${grpcPort}`;
  running = await startService({
    module: decisionModule({ policy: engine }),
    endpoints: (app) => decisionEndpoints(app, (token) => CALLERS[token]),
    bind: '127.0.0.1',
    grpcPort,
    httpPort,
    log: openLog('decision', 'silent'),
    metrics: new Metrics(),
    readiness: new Readiness(),
  });
});
afterAll(async () => {
  await running?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function withPolicy<T>(token: string, use: (policy: RemotePolicy) => Promise<T>): Promise<T> {
  const policy = new RemotePolicy({ address, token, timeoutMs: 30_000 });
  try {
    return await use(policy);
  } finally {
    policy.close();
  }
}

function inputText(name: string, rows: number): string {
  const rest =
    '"agent":{"id":"a"},"context":{},"resource":{"id":"prod.orders","type":"table"},"subject":{"id":"a","type":"agent"}';
  return `{"action":{"name":"${name}","properties":{"rows":${rows}}},${rest}}`;
}

it('answers over the wire exactly what it answers in process', () =>
  withPolicy('intake', async (policy) => {
    for (const [name, rows] of [
      ['db.read', 0],
      ['db.delete', 12480],
      ['db.query', 0],
      ['data.export', 9],
    ] as const) {
      expect(await policy.evaluate(inputText(name, rows))).toEqual(engine.evaluate(inputText(name, rows)));
    }
  }));

it('answers a thousand evaluations on one stream, each its own', () =>
  withPolicy('intake', async (policy) => {
    const rows = Array.from({ length: 1_000 }, (_, i) => i + 101);
    const verdicts = await Promise.all(rows.map((count) => policy.evaluate(inputText('db.delete', count))));
    expect(verdicts.map(({ reasons }) => reasons[0]?.text)).toEqual(
      rows.map((count) => `deletes ${count} rows in prod.orders`),
    );
  }));

it('evaluates over the wire whatever it evaluates in process, up to the largest input', () =>
  withPolicy('intake', async (policy) => {
    const bare = inputText('db.read', 0).length;
    const large = inputText('db.read', 0).replace(
      '"context":{}',
      `"context":{"note":"${'x'.repeat(320 * 1024 - bare - 9)}"}`,
    );
    expect(Buffer.byteLength(large)).toBe(320 * 1024);
    expect(await policy.evaluate(large)).toEqual(engine.evaluate(inputText('db.read', 0)));
    const larger = large.replace('"x', '"xx');
    expect((await policy.evaluate(larger)).reasons).toMatchObject([{ rule: 'policy-fault' }]);
  }));

it('says which bundle serves', () =>
  withPolicy('intake', async (policy) => {
    await expect.poll(() => policy.revision).toBe(engine.revision);
    expect(policy.bundles()).toEqual(engine.bundles());
  }));

it.each(['bot', 'nobody'])('evaluates nothing for %s', (token) =>
  withPolicy(token, async (policy) => {
    await expect(policy.evaluate(inputText('db.read', 0))).rejects.toMatchObject({ code: 'policy-unavailable' });
  }),
);
