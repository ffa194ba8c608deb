import { readFileSync } from 'node:fs';
import { PolicyService } from '@countersign/contract';
import { parseBundle, PolicyHost, RemotePolicy } from '@countersign/policy';
import { Metrics, openLog, Readiness, startService, type RunningService } from '@countersign/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANGING } from '../../../test/gate.js';
import { freePorts } from '../../../tools/services/ports.mjs';
import { release } from '../../../test/releases.js';
import { Grpc } from '../../../test/wire.js';
import { decisionModule, decisionEndpoints } from './decision.module.js';

const { method } = PolicyService;
const REVISION = `sha256:${'0'.repeat(64)}`;

const host = new PolicyHost({ log: () => undefined });
let running: RunningService;
let grpc: Grpc;
let policy: RemotePolicy;

beforeAll(async () => {
  await host.load(parseBundle(readFileSync(CHANGING), 'file', CHANGING));
  const [grpcPort, httpPort] = await freePorts(2);
  running = await startService({
    module: decisionModule({ policy: host }),
    endpoints: (app) =>
      decisionEndpoints(app, (token) => (token === 'intake' ? { kind: 'service', id: 'intake' } : undefined)),
    bind: '127.0.0.1',
    grpcPort,
    httpPort,
    log: openLog('decision', 'silent'),
    metrics: new Metrics(),
    readiness: new Readiness(),
  });
  grpc = new Grpc(grpcPort);
  policy = new RemotePolicy({ address: `127.0.0.1:${grpcPort}`, token: 'intake' });
});
afterAll(async () => {
  policy.close();
  grpc.close();
  await running.stop();
  host.close();
});

it.each([
  ['GetBundle', () => grpc.call('intake', method.getBundle, { revision: REVISION })],
  ['UploadBundle', () => grpc.send('intake', method.uploadBundle, [])],
  ['ActivateBundle', () => grpc.call('intake', method.activateBundle, { revision: REVISION })],
  ['RollbackBundle', () => grpc.call('intake', method.rollbackBundle, {})],
  ['SetCandidate', () => grpc.call('intake', method.setCandidate, { revision: REVISION })],
  ['ClearCandidate', () => grpc.call('intake', method.clearCandidate, {})],
])('%s is for intake, where people decide and it is recorded', async (_, call) => {
  await expect(call()).rejects.toMatchObject({ code: 'UNIMPLEMENTED', reason: 'ASK_INTAKE' });
});

it('says elsewhere what a candidate would have answered, word for word', async () => {
  expect(await policy.shadowReport()).toBeUndefined();
  const { archive } = release('two');
  await host.shadow(parseBundle(archive, 'database', 'database'));
  const input =
    '{"action":{"name":"db.read"},"agent":{"id":"a"},"context":{},"resource":{"id":"t","type":"table"},"subject":{"id":"a","type":"agent"}}';
  await policy.evaluate(input);
  await expect.poll(() => host.shadowReport()?.compared).toBe(1);
  expect(await policy.shadowReport()).toEqual(host.shadowReport());
});

it('says that it cannot say, when it is gone', async () => {
  const nowhere = new RemotePolicy({ address: '127.0.0.1:1', token: 'intake' });
  await expect(nowhere.shadowReport()).rejects.toMatchObject({ code: 'policy-unavailable', retryable: true });
  nowhere.close();
});
