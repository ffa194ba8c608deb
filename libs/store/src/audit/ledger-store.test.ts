import { digestOf, canonicalize, rootOf, leafHash } from '@countersign/ledger';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../postgres.js';
import { requireAppendOnly } from './append-only.js';
import type { Arrival } from './arrival.js';
import { CheckpointStore } from './checkpoint-store.js';
import { LedgerReader } from './ledger-reader.js';
import { LedgerStore } from './ledger-store.js';
import { Outgoing } from './outgoing.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let store: LedgerStore;
let reader: LedgerReader;
let superuser: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'audit');
  pool = openPool(database.url, 'audit');
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=audit' });
  await superuser.connect();
});
beforeEach(async () => {
  await empty();
  [store, reader] = [new LedgerStore(pool), new LedgerReader(pool)];
});
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

test('redelivered messages are appended once', async () => {
  const batch = events('intake-1', 5);
  expect(await store.append(batch)).toMatchObject({ from: 0, to: 5, duplicates: 0 });
  expect(await store.append(batch)).toMatchObject({ from: 5, to: 5, duplicates: 5 });
  expect(await store.append([...batch.slice(3), ...events('intake-2', 2), ...batch])).toMatchObject({ from: 5, to: 7 });
  expect((await reader.entries({ from: 0, limit: 100 })).map((entry) => entry.index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('a message that comes twice in one batch is appended once', async () => {
  const [one] = events('intake-1', 1);
  expect(await store.append([one!, one!])).toMatchObject({ to: 1, duplicates: 1, quarantined: [] });
});

test('an append that dies before its commit leaves nothing, and the redelivery appends everything', async () => {
  const batch = events('intake-1', 3);
  const broken = { connect: async () => failingAtCommit(await pool.connect()) } as unknown as Pool;
  await expect(new LedgerStore(broken).append(batch)).rejects.toThrow('the process died');
  expect(await reader.size()).toBe(0);
  expect(await store.append(batch)).toMatchObject({ from: 0, to: 3, duplicates: 0 });
});

test.each([
  ['bytes that are no JSON', Buffer.from('}{')],
  ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe])],
  ['JSON that is not canonical', Buffer.from(' {}')],
  ['JSON that is no event', Buffer.from('{}')],
  ['more than 64 KiB', Buffer.from(canonicalize({ ...envelope('big', 1, ''), data: { pad: 'x'.repeat(70_000) } }))],
  ['an event that poses as the ledger itself', Buffer.from(canonicalize(envelope('ledger', 1, '')))],
  [
    'an id that is kept for the ledger',
    Buffer.from(canonicalize({ ...envelope('s', 1, ''), id: `qua_${'0'.repeat(64)}` })),
  ],
])('%s is quarantined, is on the record, and does not block what follows', async (_what, value) => {
  const [before, after] = events('intake-1', 2);
  const result = await store.append([before!, arrival(value), after!]);
  expect(result).toMatchObject({ to: 3, quarantined: [expect.any(String)] });
  const kept = await pool.query<{ raw: Buffer; leaf_index: string }>('select raw, leaf_index from quarantine');
  expect(kept.rows).toEqual([{ raw: value, leaf_index: '1' }]);
  const [, said] = await reader.entries({ from: 0, limit: 10 });
  expect(said).toMatchObject({ type: 'ledger.quarantined', source: 'ledger', sourceSeq: 1 });
  expect(await store.append([arrival(value)])).toMatchObject({ from: 3, to: 3, duplicates: 1, quarantined: [] });
});

test('an event id that comes again with other bytes is an alarm, never a replacement and never a duplicate', async () => {
  const original = envelope('intake-1', 1, '');
  const forged = { ...original, data: { forged: true } };
  await store.append([arrival(Buffer.from(canonicalize(original)))]);
  const result = await store.append([arrival(Buffer.from(canonicalize(forged)))]);
  expect(result.quarantined).toEqual([`event ${original.id} is recorded with other bytes`]);
  expect(JSON.parse((await reader.entries({ from: 0, limit: 1 }))[0]!.body.toString())).toEqual(original);
});

test('two forgeries of one batch chain their quarantine entries', async () => {
  await store.append([arrival(Buffer.from('a'))]);
  await store.append([arrival(Buffer.from('b')), arrival(Buffer.from('c'))]);
  const bodies = (await reader.entriesOf('ledger', { from: 0, limit: 10 })).map((entry) => entry.body);
  expect(bodies.map((body) => JSON.parse(body.toString()).prev)).toEqual([
    '',
    digestOf(bodies[0]!),
    digestOf(bodies[1]!),
  ]);
});

test('several writers at once leave no gap and no repeat', async () => {
  const sources = ['a', 'b', 'c', 'd'].map((name) => events(name, 40));
  const writers = sources.map(async (batch, i) => {
    const own = new LedgerStore(pool);
    for (let at = 0; at < batch.length; at += 5 + i) await own.append(batch.slice(at, at + 5 + i));
  });
  await Promise.all(writers);
  const entries = await reader.entries({ from: 0, limit: 1000 });
  expect(entries.map((entry) => entry.index)).toEqual([...Array(160).keys()]);
  const [root] = await reader.hashes([{ start: 0, end: 160 }]);
  expect(root).toEqual(rootOf(entries.map((entry) => leafHash(entry.body))));
});

test('a batch larger than one transaction keeps its order', async () => {
  const batch = events('intake-1', 2300);
  expect(await store.append(batch)).toMatchObject({ from: 0, to: 2300 });
  expect((await reader.entries({ from: 2299, limit: 5 })).map((entry) => entry.sourceSeq)).toEqual([2300]);
});

test('an append reads the right edge of the tree and not the tree', async () => {
  await store.append(events('intake-1', 600));
  const counted = await pool.query<{ n: string }>(`select count(*) as n from nodes`);
  // A tree of n leaves has n minus its number of peaks inner nodes that are complete: 600 is 512 + 64 + 16 + 8.
  expect(Number(counted.rows[0]!.n)).toBe(600 - 4);
});

for (const table of ['entries', 'nodes', 'checkpoints', 'quarantine']) {
  test.each([
    `update ${table} set ${column(table)} = ${column(table)}`,
    `delete from ${table}`,
    `truncate ${table} cascade`,
  ])('nobody can change the record: %s', async (statement) => {
    await store.append([...events('intake-1', 2), arrival(Buffer.from('poison'))]);
    await new CheckpointStore(pool).sign(() => 'note');
    await expect(pool.query(statement)).rejects.toThrow('permission denied');
    await expect(asRole('countersign_owner', statement)).rejects.toThrow('append-only');
    await expect(asRole('none', statement)).rejects.toThrow('append-only');
    await expect(asRole('none', statement, `set local session_replication_role = replica`)).rejects.toThrow(
      'append-only',
    );
  });
}

test('the service refuses to work as a role that could change the record', async () => {
  await requireAppendOnly(pool);
  const owner = new pg.Pool({
    connectionString: database.url,
    options: '-c role=countersign_owner -c search_path=audit',
  });
  const granted = new pg.Pool({
    connectionString: database.url,
    options: '-c role=audit_too_strong -c search_path=audit',
  });
  await superuser.query('drop role if exists audit_too_strong');
  await superuser.query('create role audit_too_strong');
  await superuser.query('grant usage on schema audit to audit_too_strong');
  await superuser.query('grant update (note) on checkpoints to audit_too_strong');
  await expect(requireAppendOnly(owner)).rejects.toMatchObject({ code: 'ledger-unprotected' });
  await expect(requireAppendOnly(granted)).rejects.toMatchObject({ code: 'ledger-unprotected' });
  await Promise.all([owner.end(), granted.end()]);
  await superuser.query('drop owned by audit_too_strong; drop role audit_too_strong');
});

test('a checkpoint is signed once per size and never over a tree that lost what was signed', async () => {
  const checkpoints = new CheckpointStore(pool);
  await store.append(events('intake-1', 5));
  const first = await checkpoints.sign((head) => `size ${head.size}`);
  expect(first).toMatchObject({ size: 5, note: 'size 5' });
  expect(await checkpoints.sign(() => 'another')).toEqual(first);
  await store.append(events('intake-2', 4));
  expect(await checkpoints.sign((head) => `size ${head.size}`)).toMatchObject({ size: 9 });
  await tamper('delete from entries where leaf_index >= 7');
  await expect(checkpoints.sign(() => 'never')).rejects.toMatchObject({ code: 'ledger-inconsistent' });
});

test('no checkpoint is signed over a rewritten past', async () => {
  const checkpoints = new CheckpointStore(pool);
  await store.append(events('intake-1', 6));
  await checkpoints.sign(() => 'first');
  await tamper('delete from entries; delete from nodes');
  await store.append(events('intake-9', 9));
  await expect(checkpoints.sign(() => 'never')).rejects.toMatchObject({ code: 'ledger-inconsistent' });
});

test('a cursor moves after what it stands for was accepted, and has one mover', async () => {
  const outgoing = new Outgoing(pool);
  await expect(
    outgoing.advance('entries', async () => {
      throw new Error('broker down');
    }),
  ).rejects.toThrow('broker down');
  let busy: boolean | undefined;
  const moved = await outgoing.advance('entries', async (next) => {
    busy = await new Outgoing(pool).advance('entries', async () => next + 100);
    return next + 3;
  });
  expect([moved, busy]).toEqual([true, false]);
  await outgoing.advance('entries', async (next) => {
    expect(next).toBe(3);
    return next;
  });
});

/** Numbered and chained events of one source, one decision each. */
function events(source: string, count: number): Arrival[] {
  let prev = '';
  return Array.from({ length: count }, (_, i) => {
    const value = Buffer.from(canonicalize(envelope(source, i + 1, prev)));
    prev = digestOf(value);
    return arrival(value, i);
  });
}

function envelope(source: string, seq: number, prev: string) {
  const id = `evt_${source}_${seq}`;
  return {
    v: 1,
    id,
    type: 'decision.allowed',
    at: '2026-11-20T10:00:00.000Z',
    decision_id: `dec_${source}_${seq}`,
    version: 1,
    source,
    seq,
    prev,
    data: {},
  };
}

function arrival(value: Buffer, offset = 0): Arrival {
  return { value, topic: 'countersign.events.v1', partition: 0, offset: String(offset) };
}

function column(table: string): string {
  return { entries: 'body', nodes: 'hash', checkpoints: 'note', quarantine: 'raw' }[table]!;
}

function failingAtCommit(client: pg.PoolClient): pg.PoolClient {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  return Object.assign(Object.create(client), {
    query: (...args: unknown[]) =>
      args[0] === 'commit' ? Promise.reject(new Error('the process died')) : query(...args),
  }) as pg.PoolClient;
}

async function asRole(role: string, statement: string, first = 'select 1'): Promise<void> {
  await superuser.query('begin');
  try {
    await superuser.query(first);
    await superuser.query(`set local role ${role}`);
    await superuser.query(statement);
  } finally {
    await superuser.query('rollback');
  }
}

/** What an intruder with the rights of a superuser does: take the triggers off, change, put them back. */
async function tamper(statement: string): Promise<void> {
  const tables = ['entries', 'nodes', 'checkpoints', 'quarantine'];
  for (const table of tables) await superuser.query(`alter table ${table} disable trigger user`);
  await superuser.query(statement);
  for (const table of tables) {
    await superuser.query(`alter table ${table} enable always trigger ${table}_keep_rows`);
    await superuser.query(`alter table ${table} enable always trigger ${table}_keep_table`);
  }
}

async function empty(): Promise<void> {
  await tamper('truncate entries, nodes, checkpoints, quarantine');
  await superuser.query('update published set next = 0');
}
