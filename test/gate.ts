import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  INTAKE,
  intakeConfig,
  intakeModule,
  policySupply,
  type Intake,
  type PolicySupply,
} from '@countersign/app-intake';
import { MemoryBus } from '@countersign/bus';
import {
  ApprovalService,
  DecisionService,
  EVENTS_TOPIC,
  PolicyService,
  Vote,
  type Decision,
  type Envelope,
} from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { loadBundle, openPolicyHost } from '@countersign/policy';
import { Metrics, parseSettings, Readiness, startService } from '@countersign/service';
import { migrate, openPool } from '@countersign/store';
import { parseDirectory } from '../libs/directory/src/file.js';
import pg from 'pg';
import { pino } from 'pino';
import { testDatabase } from './postgres.js';
import { freePorts } from '../tools/services/ports.mjs';
import { Grpc, http, type HttpOptions } from './wire.js';

// Intake as it runs, behind real ports, on the real PostgreSQL, with real policies; only the bus is the one in memory.

const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const DEVELOPMENT = here('deploy/development/directory.yaml');
/** A compiled policy that answers what the request says in `context.answer`. */
export const ANYTHING = here('libs/policy/fixtures/anything.tar.gz');
export const SERVICE_TOKEN = 'service-token-of-the-test-0123456789abcdef';

export const BOT = 'cs_dev_release-bot';
export const SUPPORT = 'cs_dev_support-bot';
export const GATEWAY = 'cs_dev_edge-gateway';
export const DANA = 'cs_dev_dana';
export const ANA = 'cs_dev_ana';
/** Owns release-bot. */
export const SAM = 'cs_dev_sam';
export const LEE = 'cs_dev_lee';
/** In security, as Ana is. */
export const BEN = 'cs_dev_ben';

export const decisions = DecisionService.method;
export const approvals = ApprovalService.method;
export const policies = PolicyService.method;

export interface Gate {
  grpcPort: number;
  httpPort: number;
  grpc: Grpc;
  http<T = Record<string, unknown>>(token: string | undefined, path: string, options?: HttpOptions): Promise<T>;
  /** Everything it has logged. */
  log(): string;
  /** What it has published. */
  published: Envelope[];
  stop(): Promise<void>;
}

export interface GateOptions {
  databaseUrl: string;
  dataDir: string;
  /** Folder or bundle; absent: the shipped policies. */
  policies?: string;
  directory?: People;
  /** gRPC and HTTP, of one that was stopped before. */
  ports?: [number, number];
  env?: Record<string, string>;
}

/** The development directory, to be changed at once: that a changed file is followed is shown where files are. */
export class People {
  #directory = parseDirectory(readFileSync(DEVELOPMENT, 'utf8'), DEVELOPMENT);

  current(): Directory {
    return this.#directory;
  }

  close(): void {}

  /** Changed while `work` runs. */
  async changed(change: (text: string) => string, work: () => Promise<void>): Promise<void> {
    const [before, text] = [this.#directory, readFileSync(DEVELOPMENT, 'utf8')];
    if (change(text) === text) throw new Error('nothing has changed');
    this.#directory = parseDirectory(change(text), 'changed.yaml');
    try {
      await work();
    } finally {
      this.#directory = before;
    }
  }
}

export async function startGate({ databaseUrl, dataDir, policies, directory, env, ports }: GateOptions): Promise<Gate> {
  const [grpcPort, httpPort] = ports ?? (await freePorts(2));
  const settings = parseSettings({
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_SERVICE_TOKEN: SERVICE_TOKEN,
    COUNTERSIGN_PUBLIC_URL: 'https://gate.example',
    // One agent asks for all that a file tests.
    COUNTERSIGN_ASKS_PER_HOUR: '0',
    COUNTERSIGN_REFUSED_VOTES: '0',
    ...env,
  });
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  await migrate(databaseUrl, 'intake');
  const policy = await openPolicyHost({ source: policies, dataDir, log: (line) => log.info(line) });
  const published: Envelope[] = [];
  const bus = new MemoryBus();
  await bus.subscribe({
    topic: EVENTS_TOPIC,
    group: 'test',
    handle: async (batch) => {
      published.push(...batch.map(({ value }) => JSON.parse(value.toString()) as Envelope));
    },
  });
  const pool = openPool(databaseUrl, 'intake');
  const [metrics, readiness] = [new Metrics(), new Readiness()];
  const supply: PolicySupply = {
    ...(await policySupply(settings, (line) => log.info(line))),
    first: () => loadBundle({ source: policies, cacheDir: join(dataDir, 'cache'), log: (line) => log.info(line) }),
  };
  const parts = { pool, bus, policy, supply, directory: directory ?? new People(), log, metrics, readiness };
  const running = await startService({
    module: intakeModule(intakeConfig(settings, httpPort), parts),
    endpoints: (app) => app.get<Intake>(INTAKE).endpoints,
    bind: '127.0.0.1',
    httpPort,
    grpcPort,
    log,
    metrics,
    readiness,
  });
  const grpc = new Grpc(grpcPort);
  return {
    grpcPort,
    httpPort,
    grpc,
    http: (token, path, options) => http(httpPort, token, path, options),
    log: () => lines.join(''),
    published,
    stop: async () => {
      grpc.close();
      await running.stop();
      await bus.close();
      await pool.end();
    },
  };
}

/** A database and a data folder, both gone at the end. */
export async function newPlace() {
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-gate-'));
  const admin = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await admin.connect();
  return {
    databaseUrl: database.url,
    dataDir,
    admin,
    async remove() {
      await admin.end();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A gate with a place of its own, which goes with it. */
export interface OwnGate extends Gate {
  databaseUrl: string;
  admin: pg.Client;
  dataDir: string;
}

export async function startOwnGate(options: Omit<GateOptions, 'databaseUrl' | 'dataDir'>): Promise<OwnGate> {
  const { remove, ...place } = await newPlace();
  const gate = await startGate({ ...place, ...options });
  const stop = () => gate.stop().finally(remove);
  return { ...gate, ...place, stop };
}

/** Gives a bundle to be kept, in pieces as a client would. */
export async function upload(gate: Gate, token: string, archive: Buffer, note = '') {
  const pieces = Array.from({ length: Math.ceil(archive.length / 65_536) }, (_, i) =>
    archive.subarray(i * 65_536, (i + 1) * 65_536),
  );
  const { bundle, known } = await gate.grpc.send(token, policies.uploadBundle, [
    { part: { case: 'header', value: { note } } },
    ...pieces.map((value) => ({ part: { case: 'chunk' as const, value: new Uint8Array(value) } })),
  ]);
  return { ...bundle!, known };
}

/** The events of a decision as they are stored. */
export async function eventsOf(admin: pg.Client, decisionId: string): Promise<Envelope[]> {
  const { rows } = await admin.query<{ body: Buffer }>(
    'select body from intake.events where decision_id = $1 order by tx, pos',
    [decisionId],
  );
  return rows.map(({ body }) => JSON.parse(body.toString()) as Envelope);
}

export async function typesOf(admin: pg.Client, decisionId: string): Promise<string[]> {
  return (await eventsOf(admin, decisionId)).map(({ type }) => type);
}

let asked = 0;

/** A delete of many rows: the shipped policies want one dba. Every call asks for another table. */
export function bulkDelete(table = `prod.orders_${(asked += 1)}`) {
  return {
    action: { name: 'db.delete' },
    argumentsForm: { case: 'argumentsJson', value: '{"rows":12480}' },
    resource: { type: 'table', id: table },
    justification: 'cleaning up',
  } as const;
}

export const READ = { action: { name: 'db.read' }, resource: { type: 'table', id: 'prod.orders' } } as const;

/** A request the policy ANYTHING answers as it says. */
export function answered(answer: object, resource = `thing ${(asked += 1)}`) {
  return {
    action: { name: 'db.delete' },
    resource: { type: 'table', id: resource },
    contextForm: { case: 'contextJson', value: JSON.stringify({ answer }) },
  } as const;
}

export const HOLD = {
  effect: 'require_approval',
  reasons: [{ rule: 'held', text: 'is held' }],
  risk: { level: 'high', factors: [] },
  approval: { seats: [{ group: 'dba', count: 1 }], expires_in: '1h' },
};

/** Asks, and has Dana approve. */
export async function approved(
  gate: Gate,
  request: ReturnType<typeof bulkDelete> | ReturnType<typeof answered>,
): Promise<Decision> {
  const { id } = await gate.grpc.call(BOT, decisions.decide, request);
  await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
  return gate.grpc.call(BOT, decisions.getDecision, { id });
}

/** A compiled policy that spends at most 1,000 a day, and lets nothing out after two kinds of reading. */
export const COUNTING = here('libs/policy/fixtures/counting.tar.gz');
/** A compiled policy that has somebody from security approve another one, unless its data say otherwise. */
export const CHANGING = here('libs/policy/fixtures/changing.tar.gz');
