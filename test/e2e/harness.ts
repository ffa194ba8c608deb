import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../tools/kafka.mjs';
import { SERVICES, startFleet, type Fleet } from '../../tools/services/fleet.mjs';
import { freePorts } from '../../tools/services/ports.mjs';
import { testDatabase } from '../postgres.js';

/** Four processes, a broker of their own and a database of their own: nothing else reads or writes their topics. */
export interface Countersign {
  fleet: Fleet;
  /** host:port */
  intake: string;
  audit: string;
  auditHttp: string;
  /** The last lines that each service printed, for a failure to show. */
  output(): string;
  stop(): Promise<void>;
}

const KEPT_LINES = 40;

export async function startCountersign(): Promise<Countersign> {
  const missing = SERVICES.filter((name) => !existsSync(new URL(`../../apps/${name}/dist/main.js`, import.meta.url)));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} not built: run npm run build first`);
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-e2e-'));
  const [database, kafka, ports] = await Promise.all([testDatabase(), startKafka(), freePorts(7)]);
  const [intakeGrpc, intakeHttp, decisionGrpc, decisionHttp, notifierHttp, auditGrpc, auditHttp] = ports as SevenPorts;
  const lines: string[] = [];
  const fleet = startFleet({
    databaseUrl: database.url,
    brokers: kafka.brokers,
    ports: {
      intake: { grpc: intakeGrpc, http: intakeHttp },
      decision: { grpc: decisionGrpc, http: decisionHttp },
      notifier: { http: notifierHttp },
      audit: { grpc: auditGrpc, http: auditHttp },
    },
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      COUNTERSIGN_DATA_DIR: dataDir,
      // One agent asks for all of it.
      COUNTERSIGN_ASKS_PER_HOUR: '0',
    },
    log: (service, line) => {
      lines.push(`${service} ${line}`);
      if (lines.length > KEPT_LINES * SERVICES.length) lines.shift();
    },
  });
  return {
    fleet,
    intake: `127.0.0.1:${intakeGrpc}`,
    audit: `127.0.0.1:${auditGrpc}`,
    auditHttp: `http://127.0.0.1:${auditHttp}`,
    output: () => lines.join('\n'),
    stop: async () => {
      await fleet.stop();
      await kafka.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

type SevenPorts = [number, number, number, number, number, number, number];
