import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GateService } from '@countersign/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answered, ANYTHING, BOT, decisions, HOLD, newPlace, startGate, type Gate } from '../../../../test/gate.js';
import { chainProblems } from '../../../../test/intake-writes.js';
import { until } from '../../../../test/until.js';
import { freePorts } from '../../../../tools/services/ports.mjs';
import { Grpc } from '../../../../test/wire.js';
import { openPool } from '@countersign/store';
import { Service } from '../../../../tools/services/fleet.mjs';

// A process that carries a stop through and is killed in the middle.

const { stopActions, listStops } = GateService.method;
const WAITING = 1_000;
/** An operator. */
const OLU = 'cs_dev_ops';
const root = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let dataDir: string;

beforeAll(async () => {
  if (!existsSync(root('apps/intake/dist/main.js'))) throw new Error('intake is not built: run npm run build first');
  place = await newPlace();
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-stop-'));
  const env = { COUNTERSIGN_PENDING_PER_AGENT: '100000', COUNTERSIGN_PENDING_PER_APPROVER: '100000' };
  gate = await startGate({ ...place, policies: ANYTHING, env });
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
  await rm(dataDir, { recursive: true, force: true });
});

it(`kill -9 while ${WAITING} requests that wait are ended: another process ends the rest, each once`, async () => {
  for (let i = 0; i < WAITING; i += 50)
    await Promise.all(Array.from({ length: 50 }, () => gate.grpc.call(BOT, decisions.decide, answered(HOLD))));
  const pending = async () =>
    Number((await place.admin.query(`select count(*) as n from decisions where status = 'PENDING'`)).rows[0].n);
  expect(await pending()).toBe(WAITING);

  const [grpcPort, httpPort] = await freePorts(2);
  const doomed = new Service(
    'intake',
    {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], DATABASE_URL: place.databaseUrl },
      ...{ KAFKA_BROKERS: '127.0.0.1:1', COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_POLICIES: ANYTHING },
      COUNTERSIGN_DIRECTORY: root('deploy/development/directory.yaml'),
      ...{ COUNTERSIGN_GRPC_PORT: String(grpcPort), COUNTERSIGN_HTTP_PORT: String(httpPort) },
    },
    httpPort,
    false,
    () => undefined,
  );
  doomed.start();
  await doomed.ready(60_000);
  const grpc = new Grpc(grpcPort);
  const { stop } = await grpc.call(OLU, stopActions, { agent: 'release-bot', reason: 'its key is public' });
  await until('some are ended', async () => (await pending()) < WAITING);
  await doomed.kill();
  grpc.close();
  const left = await pending();
  expect(left).toBeGreaterThan(0);

  await until(
    'the rest is ended',
    async () => {
      const { stops } = await gate.grpc.call(OLU, listStops, {});
      return stops.some(({ id, finished }) => id === stop!.id && finished);
    },
    60_000,
  );
  expect(await pending()).toBe(0);
  const { rows } = await place.admin.query<{ type: string; n: string; of: string }>(
    `select convert_from(body, 'utf8')::json->>'type' as type, count(*) as n, count(distinct decision_id) as of
       from events group by 1 order by 1`,
  );
  const counted = (type: string) => rows.find((row) => row.type === type);
  expect(counted('decision.stopped')).toMatchObject({ n: String(WAITING), of: String(WAITING) });
  const pool = openPool(place.databaseUrl, 'intake');
  expect(await chainProblems(pool)).toEqual([]);
  await pool.end();
}, 180_000);
