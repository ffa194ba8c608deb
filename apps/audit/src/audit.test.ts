import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary, create } from '@bufbuild/protobuf';
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Role, Scope } from '@countersign/approval';
import { MemoryBus, type Message } from '@countersign/bus';
import {
  AUDIT_TOPIC,
  AuditService,
  CHECKPOINTS_TOPIC,
  EVENTS_TOPIC,
  serviceDefinition,
  type Entry,
} from '@countersign/contract';
import type { Caller } from '@countersign/directory';
import {
  canonicalize,
  digestOf,
  leafHash,
  parseCheckpoint,
  parseVerifier,
  type Checkpoint,
  verifyConsistency,
  verifyInclusion,
  rootOf,
  verifyLedger,
} from '@countersign/ledger';
import { Metrics, openLog, Readiness, startService } from '@countersign/service';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../../tools/services/ports.mjs';
import { testDatabase } from '../../../test/postgres.js';
import { auditModule, auditEndpoints } from './audit.module.js';

const PEOPLE: Record<string, Caller> = {
  'token-dana': person('dana', ['auditor']),
  'token-dana-votes': person('dana', ['auditor'], ['vote']),
  'token-lee': person('lee', ['approver']),
  'token-sam': person('sam', ['approver']),
  'token-bot': agent('release-bot'),
  'token-gateway': agent('edge-gateway'),
  'token-other': agent('other-bot'),
};

function person(name: string, roles: Role[], scopes: Scope[] = ['all']): Caller {
  const id = `${name}@acme.example`;
  return { kind: 'person', id, person: { id, name, groups: [], roles }, scopes };
}

function agent(id: string): Caller {
  return { kind: 'agent', id, may_assert_subjects: false };
}

let database: Awaited<ReturnType<typeof testDatabase>>;
let folder: string;
let service: Started;
const { method } = AuditService;

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'countersign-audit-'));
  service = await start();
  await service.bus.publish(EVENTS_TOPIC, [...events('intake-1', 4), ...events('intake-2', 3)]);
  await service.until(async () => Number((await service.unary(method.getCheckpoint, {})).size) === 7);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

test('the whole ledger verifies against its public key and its head', async () => {
  const verifiers = [parseVerifier(await service.get('/.well-known/ledger-key'))!];
  const note = await service.get('/checkpoint');
  const entries = await service.export();
  const stored = entries.map((entry) => ({ ...entry, index: Number(entry.index), sourceSeq: Number(entry.sourceSeq) }));
  expect(verifyLedger(stored, { checkpoints: [note], verifiers })).toMatchObject({ ok: true, signed: 7, problems: [] });
});

test('proofs of single entries and of growth verify without the entries', async () => {
  const head = headOf(await service.get('/checkpoint'));
  const entry = await service.unary(method.getEntry, { index: 5n });
  const inclusion = await service.unary(method.getInclusionProof, { index: 5n });
  expect(verifyInclusion({ index: 5, hash: entry.leafHash }, head, inclusion.hashes)).toBe(true);
  const [small, growth] = [
    await service.unary(method.getConsistencyProof, { fromSize: 3n, toSize: 3n }),
    await service.unary(method.getConsistencyProof, { fromSize: 3n }),
  ];
  const entries = await service.export();
  const older = { size: 3, root: rootOf(entries.slice(0, 3).map((one) => leafHash(one.body))) };
  expect(small.hashes).toEqual([]);
  expect(verifyConsistency(older, head, growth.hashes)).toBe(true);
});

test('tiles hold the hashes of the tree, and only those that are signed', async () => {
  const tile = Buffer.from(await (await fetch(`${service.http}/tile/0/000.p/7`)).arrayBuffer());
  const entries = await service.export();
  expect(tile).toEqual(Buffer.concat(entries.map((entry) => entry.leafHash)));
  for (const path of ['/tile/0/000.p/8', '/tile/0/000', '/tile/1/000.p/1', '/tile/nonsense']) {
    expect((await fetch(service.http + path)).status, path).toBe(404);
  }
});

test('an auditor reads everything, an agent its own decisions and no others', async () => {
  expect((await service.unary(method.listEntries, {}, 'token-dana')).entries).toHaveLength(7);
  for (const token of ['token-bot', 'token-gateway']) {
    expect((await service.unary(method.listEntries, { decisionId: 'dec_intake-1_2' }, token)).entries).toHaveLength(1);
  }
  const denied = { code: 7 };
  await expect(service.unary(method.listEntries, {}, 'token-bot')).rejects.toMatchObject(denied);
  await expect(
    service.unary(method.listEntries, { decisionId: 'dec_intake-1_2' }, 'token-other'),
  ).rejects.toMatchObject(denied);
  // A decision that has not reached the ledger yet has nothing to tell anyone.
  expect((await service.unary(method.listEntries, { decisionId: 'dec_nowhere' }, 'token-bot')).entries).toEqual([]);
  await expect(service.unary(method.getEntry, { index: 0n }, 'token-other')).rejects.toMatchObject(denied);
  await expect(service.unary(method.getEntry, { index: 99n }, 'token-bot')).rejects.toMatchObject(denied);
  await expect(service.export('token-bot')).rejects.toMatchObject(denied);
  await expect(service.unary(method.listEntries, {}, 'nobody')).rejects.toMatchObject({ code: 16 });
  expect((await service.unary(method.getEntry, { index: 0n }, 'token-bot')).index).toBe(0n);
});

test('a person who is no auditor reads what concerns them, and is told which role reads the rest', async () => {
  const denied = { code: 7, details: expect.stringContaining('auditor') as string };
  await expect(service.unary(method.listEntries, {}, 'token-lee')).rejects.toMatchObject(denied);
  await expect(service.unary(method.listEntries, { decisionId: 'dec_intake-1_2' }, 'token-lee')).rejects.toMatchObject(
    denied,
  );
  await expect(service.unary(method.getEntry, { index: 0n }, 'token-lee')).rejects.toMatchObject(denied);
  await expect(service.export('token-lee')).rejects.toMatchObject(denied);
  expect((await service.unary(method.listEntries, { decisionId: 'dec_nowhere' }, 'token-lee')).entries).toEqual([]);
  // Sam owns the agent.
  const own = { decisionId: 'dec_intake-1_2' };
  expect((await service.unary(method.listEntries, own, 'token-sam')).entries).toHaveLength(1);
});

test('a credential that is limited to voting does not read the whole record, whoever holds it', async () => {
  await expect(service.export('token-dana-votes')).rejects.toMatchObject({ code: 7 });
  await expect(service.unary(method.listEntries, {}, 'token-dana-votes')).rejects.toMatchObject({ code: 7 });
});

test('pages go through the ledger without a gap, over gRPC and as JSON', async () => {
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await service.unary(method.listEntries, { pageSize: 3, pageToken });
    seen.push(...page.entries.map((entry) => entry.eventId));
    pageToken = page.nextPageToken;
  } while (pageToken);
  expect(new Set(seen).size).toBe(7);
  const query = 'decision_id=dec_intake-2_1';
  const twin = await fetch(`${service.http}/v1/entries?${query}`, { headers: { authorization: 'Bearer token-dana' } });
  const direct = await service.unary(method.listEntries, { decisionId: 'dec_intake-2_1' });
  expect(await twin.json()).toMatchObject({ entries: [{ event_id: 'evt_intake-2_1' }] });
  expect(direct.entries.map((entry) => entry.eventId)).toEqual(['evt_intake-2_1']);
});

test.each([
  ['GetEntry { index: 99n }', () => service.unary(method.getEntry, { index: 99n }), 5],
  ['GetEntry { index: 2n ** 60n }', () => service.unary(method.getEntry, { index: 2n ** 60n }), 3],
  ['GetInclusionProof { index: 7n }', () => service.unary(method.getInclusionProof, { index: 7n }), 5],
  [
    'GetInclusionProof { index: 0n, treeSize: 8n }',
    () => service.unary(method.getInclusionProof, { index: 0n, treeSize: 8n }),
    3,
  ],
  ['GetConsistencyProof { fromSize: 0n }', () => service.unary(method.getConsistencyProof, { fromSize: 0n }), 3],
  ['GetConsistencyProof { fromSize: 8n }', () => service.unary(method.getConsistencyProof, { fromSize: 8n }), 3],
  ['ListEntries { pageSize: 1001 }', () => service.unary(method.listEntries, { pageSize: 1001 }), 3],
  ['ListEntries { pageSize: -1 }', () => service.unary(method.listEntries, { pageSize: -1 }), 3],
  ['ListEntries { pageToken: "drop table" }', () => service.unary(method.listEntries, { pageToken: 'drop table' }), 3],
])('%s is answered with a status and not with a crash', async (_call, call, code) => {
  await expect(call()).rejects.toMatchObject({ code });
});

test('the record goes out in ledger order as OCSF with CloudEvents headers, and so do signed heads', async () => {
  await service.until(async () =>
    service.sent(CHECKPOINTS_TOPIC).some(({ value }) => headOf(value.toString()).size === 7),
  );
  const out = service.sent(AUDIT_TOPIC);
  const byDecision = out.map(
    ({ value, key }) => [key, JSON.parse(value.toString()) as { unmapped: { ledger: { index: number } } }] as const,
  );
  expect(byDecision.map(([, event]) => event.unmapped.ledger.index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(out[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_source: '/countersign/audit',
  });
  expect(byDecision[0]![1]).toMatchObject({ class_uid: 6003, metadata: { version: '1.9.0' } });
});

test('a message that is no event is quarantined, alerted on, and what follows is recorded', async () => {
  const poison = { key: 'dec_x', value: Buffer.from('not json'), headers: {} };
  const [next] = events('intake-3', 1);
  await service.bus.publish(EVENTS_TOPIC, [poison, { ...next!, key: 'dec_x' }]);
  await service.until(async () => service.sent(AUDIT_TOPIC).length === 9);
  const alert = service
    .sent(AUDIT_TOPIC)
    .map(({ value }) => JSON.parse(value.toString()) as { class_uid: number; is_alert?: boolean });
  expect(alert.filter((event) => event.is_alert)).toMatchObject([{ class_uid: 2004 }]);
  expect((await service.unary(method.listEntries, { decisionId: 'dec_intake-3_1' })).entries).toHaveLength(1);
});

test('after a restart nothing is recorded twice or lost, and heads never move backwards', async () => {
  await service.until(async () => headOf(await service.get('/checkpoint')).size === 9);
  const before = headOf(await service.get('/checkpoint'));
  const again = [...events('intake-1', 4), ...events('intake-4', 2)];
  await service.stop();
  service = await start();
  await service.bus.publish(EVENTS_TOPIC, again);
  await service.until(async () => Number((await service.unary(method.getCheckpoint, {})).size) === before.size + 2);
  const proof = await service.unary(method.getConsistencyProof, { fromSize: BigInt(before.size) });
  expect(verifyConsistency(before, headOf(await service.get('/checkpoint')), proof.hashes)).toBe(true);
  await service.until(async () => service.sent(AUDIT_TOPIC).length === 2);
});

test('what was not sent when the service died is sent by the next one', async () => {
  service.bus.failing = AUDIT_TOPIC;
  await service.bus.publish(EVENTS_TOPIC, events('intake-5', 2));
  await service.until(async () => (await fetch(`${service.http}/readyz`)).status === 503);
  await service.stop();
  service = await start();
  await service.until(async () => service.sent(AUDIT_TOPIC).length === 2);
});

test('the service does not start on a ledger that lost its end, nor with another key', async () => {
  await service.stop();
  await expect(start(join(folder, 'elsewhere'))).rejects.toMatchObject({ code: 'checkpoint-key' });
  const intruder = new pg.Client({ connectionString: database.url, options: '-c search_path=audit' });
  await intruder.connect();
  await intruder.query('alter table entries disable trigger user');
  const { rows } = await intruder.query(
    'delete from entries where leaf_index = (select max(leaf_index) from entries) returning *',
  );
  await expect(start()).rejects.toMatchObject({ code: 'ledger-inconsistent' });
  const columns = Object.keys(rows[0] as object);
  await intruder.query(
    `insert into entries (${columns.join()}) values (${columns.map((_, i) => `$${i + 1}`).join()})`,
    Object.values(rows[0] as object),
  );
  await intruder.query(
    'alter table entries enable always trigger entries_keep_rows; alter table entries enable always trigger entries_keep_table',
  );
  await intruder.end();
  service = await start();
});

/** The twin, with a way to break one topic. */
class BreakableBus extends MemoryBus {
  failing: string | undefined;
  readonly out: (Message & { topic: string })[] = [];

  override async publish(topic: string, messages: Message[]): Promise<void> {
    if (topic === this.failing) throw new Error(`${topic} is down`);
    await super.publish(topic, messages);
    this.out.push(...messages.map((message) => ({ ...message, topic })));
  }
}

type Started = Awaited<ReturnType<typeof start>>;

async function start(dataDir = folder) {
  const bus = new BreakableBus({ backoff: { first: 5, most: 20 } });
  const [httpPort, grpcPort] = await freePorts(2);
  const [log, metrics, readiness] = [openLog('audit', 'silent'), new Metrics(), new Readiness()];
  const config = {
    databaseUrl: database.url,
    origin: 'example/ledger',
    keyPath: join(dataDir, 'keys', 'checkpoint.pem'),
  };
  const running = await startService({
    module: auditModule(config, { bus, log, metrics, readiness }),
    endpoints: (app) => auditEndpoints(app, (token) => PEOPLE[token]),
    bind: '127.0.0.1',
    httpPort,
    grpcPort,
    log,
    metrics,
    readiness,
  });
  const http = `http://127.0.0.1:${httpPort}`;
  const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  return {
    bus,
    http,
    sent: (topic: string) => bus.out.filter((message) => message.topic === topic),
    get: async (path: string) => (await fetch(http + path)).text(),
    unary: <I extends DescMessage, O extends DescMessage>(
      called: DescMethodUnary<I, O>,
      request: MessageInitShape<I>,
      token = 'token-dana',
    ): Promise<MessageShape<O>> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          pathOf(called.name),
          (message: MessageShape<I>) => Buffer.from(toBinary(called.input, message)),
          (bytes: Buffer) => fromBinary(called.output, bytes),
          create(called.input, request),
          bearer(token),
          (error, answer) => (error ? reject(error) : resolve(answer!)),
        );
      }),
    export: async (token = 'token-dana'): Promise<Entry[]> => {
      const entries: Entry[] = [];
      const call = client.makeServerStreamRequest(
        pathOf('Export'),
        () => Buffer.alloc(0),
        (bytes: Buffer) => fromBinary(method.export.output, bytes),
        {},
        bearer(token),
      );
      for await (const entry of call) entries.push(entry as Entry);
      return entries;
    },
    until: async (condition: () => Promise<boolean>) => {
      for (const end = Date.now() + 10_000; !(await condition()); await new Promise((wake) => setTimeout(wake, 20))) {
        if (Date.now() > end) throw new Error('it did not happen within ten seconds');
      }
    },
    stop: async () => {
      client.close();
      await running.stop();
      await bus.close();
    },
  };
}

/** Numbered and chained events of one source: one decision each, asked by release-bot through edge-gateway. */
test('what policy hides from those who are asked, the record does not tell them either', async () => {
  const [message] = events('intake-9', 1);
  const allowed = JSON.parse(message!.value.toString()) as { data: { request: { action: object } } };
  const approval = { seats: [{ group: 'dba', count: 1 }], redact: ['/arguments/iban'], channels: [], exclude: [] };
  const request = {
    ...allowed.data.request,
    action: { name: 'payments.transfer', properties: { iban: 'DE00-SECRET' } },
  };
  const more = { approval, asked: [], excluded: [], destinations: [], expires_at: '2026-11-20T10:10:00.000Z' };
  const data = { ...allowed.data, ...more, request };
  const held = Buffer.from(canonicalize({ ...allowed, type: 'decision.held', data }));
  await service.bus.publish(EVENTS_TOPIC, [{ ...message!, value: held }]);
  const own = { decisionId: 'dec_intake-9_1' };
  await service.until(async () => (await service.unary(method.listEntries, own)).entries.length === 1);
  const read = async (token: string) => (await service.unary(method.listEntries, own, token)).entries[0]!;
  expect(Buffer.from((await read('token-dana')).body)).toEqual(held);
  const told = await read('token-sam');
  expect(told).toMatchObject({ type: 'decision.held', body: new Uint8Array(0), leafHash: leafHash(held) });
  const one = await service.unary(method.getEntry, { index: told.index }, 'token-sam');
  expect(Buffer.from(one.body).toString()).toBe('');
});

function events(source: string, count: number): Message[] {
  let prev = '';
  return Array.from({ length: count }, (_, i) => {
    const seq = i + 1;
    const decision = `dec_${source}_${seq}`;
    const request = {
      subject: { type: 'agent', id: 'release-bot' },
      action: { name: 'db.delete' },
      resource: { type: 'table', id: 'prod.orders' },
      submitted_by: 'edge-gateway',
    };
    const agent = { owner: 'sam@acme.example', groups: [] };
    const data = {
      request,
      agent,
      reasons: [],
      risk: { level: 'low' },
      policy: { revision: 'sha256:a' },
      obligations: [],
    };
    const head = {
      v: 1,
      id: `evt_${source}_${seq}`,
      type: 'decision.allowed',
      at: '2026-11-20T10:00:00.000Z',
      decision_id: decision,
    };
    const value = Buffer.from(canonicalize({ ...head, version: 1, source, seq, prev, data }));
    prev = digestOf(value);
    return { key: decision, value, headers: {} };
  });
}

function headOf(note: string): Checkpoint {
  return parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1))!;
}

function bearer(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

function pathOf(name: string): string {
  return serviceDefinition(AuditService)[name]!.path;
}
