import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@countersign/contract';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aStep, anAnswer, chainProblems, storedEvents } from '../../../../test/intake-writes.js';
import { until } from '../../../../test/until.js';
import { testDatabase } from '../../../../test/postgres.js';
import { startPostgres } from '../embedded/index.js';
import { migrate, openPool, type Pool } from '../postgres.js';
import { IntakeReader } from './reader.js';
import type { Write } from './write.js';
import { Writer } from './writer.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;
let writers: Writer[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake', { max: 20 });
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
});
beforeEach(() => superuser.query('truncate events, decisions'));
afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.close()));
  writers = [];
  await superuser.query('drop function if exists test_function cascade');
});
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

function newWriter(name: string, from: Pool = pool, onCommit: (writes: Write[]) => void = () => undefined): Writer {
  const writer = new Writer(from, { name, limit: 1000, onCommit });
  writers.push(writer);
  return writer;
}

const states = async () => (await pool.query('select id, version, status from decisions order by id')).rows;

describe('state and events', () => {
  it('commit together', async () => {
    const committed: Write[] = [];
    const writer = newWriter('w', pool, (writes) => committed.push(...writes));
    const step = aStep('dec_a', 1);
    expect(await writer.write(step)).toBe('written');
    expect(await states()).toEqual([{ id: 'dec_a', version: 1, status: 'PENDING' }]);
    expect(await storedEvents(pool)).toMatchObject([{ decision_id: 'dec_a', version: 1, seq: 1, prev: '' }]);
    expect(committed).toEqual([step]);
  });

  it('are both gone when the event cannot be written', async () => {
    await onEachRow(
      'events',
      `if new.decision_id = 'dec_bad' then raise exception 'refused by the test'; end if; return new;`,
    );
    const writer = newWriter('w');
    const fault = { code: 'database-unavailable', retryable: true };
    await expect(writer.write(aStep('dec_bad', 1))).rejects.toMatchObject(fault);
    expect(await states()).toEqual([]);
    expect(await storedEvents(pool)).toEqual([]);
    expect(await writer.write(aStep('dec_good', 1))).toBe('written');
  });

  it('are both gone when the state is not what the writer believed', async () => {
    const writer = newWriter('w');
    await writer.write(aStep('dec_a', 1));
    expect(await writer.write(aStep('dec_a', 3))).toBe('conflict');
    expect(await states()).toEqual([{ id: 'dec_a', version: 1, status: 'PENDING' }]);
    expect(await storedEvents(pool)).toHaveLength(1);
  });

  it('of a second pending request for the same action are refused, and the first is found', async () => {
    const writer = newWriter('w');
    const results = await Promise.all([
      writer.write(aStep('dec_a', 1, { digest: 'same', state: '{"id":"dec_a"}' })),
      writer.write(aStep('dec_b', 1, { digest: 'same' })),
      writer.write(aStep('dec_c', 1, { digest: 'other' })),
    ]);
    expect(results).toEqual(['written', 'conflict', 'written']);
    expect(await new IntakeReader(pool).pendingLike('release-bot', 'same')).toBe('{"id":"dec_a"}');
  });
});

describe('what the database cannot keep', () => {
  // Fails when one agent can make the votes, stops and requests of all others fail by what it sends.
  it('fails by itself and is not to be tried again, while what was to be committed with it is', async () => {
    const writer = newWriter('w');
    const zero = aStep('dec_bad', 1, { state: String.raw`{"request":{"action":{"name":"a\u0000"}}}` });
    const results = await Promise.allSettled(
      [aStep('dec_1', 1), zero, anAnswer('dec_2')].map((write) => writer.write(write)),
    );
    expect(results).toMatchObject([{ value: 'written' }, { status: 'rejected' }, { value: 'written' }]);
    const { reason } = results[1] as PromiseRejectedResult;
    expect(reason).not.toBeInstanceOf(Fault);
    expect(String(reason)).toBe('Error: the database cannot keep what is to be written: 22P05');
    await expect(writer.write({ ...zero, decisionId: 'dec_alone' })).rejects.toThrow('22P05');
    expect(await writer.write(anAnswer('dec_3'))).toBe('written');
    expect((await storedEvents(pool)).map(({ decision_id, source }) => `${decision_id} ${source}`)).toEqual([
      'dec_1 w',
      'dec_2 w',
      'dec_3 w',
    ]);
    expect(await chainProblems(pool)).toEqual([]);
  });
});

describe('numbering', () => {
  it('has no gap and no repetition after a batch that failed', async () => {
    await onEachRow(
      'events',
      `if new.decision_id = 'dec_bad' then raise exception 'refused by the test'; end if; return new;`,
    );
    const writer = newWriter('w');
    await writer.write(anAnswer('dec_1'));
    const failed = [anAnswer('dec_2'), anAnswer('dec_bad'), anAnswer('dec_3')].map((write) => writer.write(write));
    for (const result of await Promise.allSettled(failed)) expect(result.status).toBe('rejected');
    await writer.write(aStep('dec_4', 1));
    await writer.write(anAnswer('dec_5'));
    const events = await storedEvents(pool);
    expect(events.map(({ decision_id, source, seq }) => [decision_id, source, seq])).toEqual([
      ['dec_1', 'w', 1],
      ['dec_4', 'w', 2],
      ['dec_5', 'w', 3],
    ]);
    expect(await chainProblems(pool)).toEqual([]);
  });

  it('counts several events of one write, and chains each to the one before', async () => {
    const writer = newWriter('w');
    const step = aStep('dec_a', 1);
    step.events.push({ ...step.events[0]!, id: 'evt_second', version: 2 });
    await Promise.all([writer.write(step), writer.write(anAnswer('dec_b'))]);
    expect((await storedEvents(pool)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await chainProblems(pool)).toEqual([]);
  });
});

describe('a request key that is taken', () => {
  it('is answered to its own row, while the others of the batch are written', async () => {
    const writer = newWriter('w');
    await writer.write(anAnswer('dec_first', 'taken'));
    const batch = [
      anAnswer('dec_1', 'one'),
      anAnswer('dec_2', 'taken'),
      anAnswer('dec_3'),
      aStep('dec_4', 1),
      anAnswer('dec_5', 'one'),
      anAnswer('dec_6', 'six'),
    ];
    expect(await Promise.all(batch.map((write) => writer.write(write)))).toEqual([
      'written',
      'duplicate',
      'written',
      'written',
      'duplicate',
      'written',
    ]);
    const written = (await storedEvents(pool)).map(({ decision_id }) => decision_id);
    expect(written.sort()).toEqual(['dec_1', 'dec_3', 'dec_4', 'dec_6', 'dec_first']);
    expect(await chainProblems(pool)).toEqual([]);
  });

  it('by another process at the same moment is written once, whoever was first', async () => {
    // Slowly, so that each transaction holds a key the other wants.
    await onEachRow('events', 'perform pg_sleep(0.005); return new;');
    const pair = [newWriter('one'), newWriter('two')];
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
    const results = await Promise.all(
      pair.flatMap((writer, w) =>
        // In opposite orders, so that each can wait for what the other has.
        (w === 0 ? keys : keys.toReversed()).map((key, i) => writer.write(anAnswer(`dec_${w}_${i}`, key))),
      ),
    );
    expect(results.filter((result) => result === 'written')).toHaveLength(50);
    expect(results.filter((result) => result === 'duplicate')).toHaveLength(50);
    expect(await storedEvents(pool)).toHaveLength(50);
    expect(await chainProblems(pool)).toEqual([]);
  });
});

describe('several processes', () => {
  it('race on one decision, and exactly one wins', async () => {
    const pair = [newWriter('one'), newWriter('two')];
    for (let round = 0; round < 20; round++) {
      const id = `dec_${round}`;
      await pair[0]!.write(aStep(id, 1));
      const results = await Promise.all(pair.map((writer) => writer.write(aStep(id, 2, { status: 'ALLOWED' }))));
      expect(results.sort()).toEqual(['conflict', 'written']);
    }
    expect(await storedEvents(pool)).toHaveLength(40);
    expect(await chainProblems(pool)).toEqual([]);
  });

  it('with pending requests for the same actions in opposite orders wait for each other and lose nothing', async () => {
    await onEachRow('decisions', 'perform pg_sleep(0.005); return new;');
    const pair = [newWriter('one'), newWriter('two')];
    const digests = Array.from({ length: 40 }, (_, i) => `digest ${i}`);
    const results = await Promise.all(
      pair.flatMap((writer, w) =>
        (w === 0 ? digests : digests.toReversed()).map((digest, i) =>
          writer.write(aStep(`dec_${w}_${String(i).padStart(2, '0')}`, 1, { digest })),
        ),
      ),
    );
    expect(results.filter((result) => result === 'written')).toHaveLength(40);
    expect(results.filter((result) => result === 'conflict')).toHaveLength(40);
  });

  it('change twenty decisions two hundred times at once, and every change is there once', async () => {
    const [one, two] = [newWriter('one'), newWriter('two')];
    const ids = Array.from({ length: 20 }, (_, i) => `dec_${i}`);
    await Promise.all(ids.map((id) => one.write(aStep(id, 1))));
    const reader = new IntakeReader(pool);
    let conflicts = 0;
    const change = async (id: string, writer: Writer) => {
      for (;;) {
        const { version } = JSON.parse((await reader.state(id))!) as { version: number };
        if ((await writer.write(aStep(id, version + 1))) === 'written') return;
        conflicts += 1;
      }
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => change(ids[i % 20]!, i % 3 === 0 ? one : two)));
    expect(conflicts).toBeGreaterThan(0);
    const events = await storedEvents(pool);
    for (const id of ids) {
      const versions = events.filter(({ decision_id }) => decision_id === id).map(({ version }) => version);
      expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
    expect(await chainProblems(pool)).toEqual([]);
  });
});

describe('a connection that is lost', () => {
  it('before the commit answers "not confirmed", leaves nothing, and the writer goes on', async () => {
    await atCommit(`perform pg_sleep(60); return null;`);
    const writer = newWriter('w');
    const lost = Promise.allSettled([writer.write(anAnswer('dec_1', 'one')), writer.write(aStep('dec_2', 1))]);
    await until('the commit is under way', () => terminate(superuser));
    for (const result of await lost) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'database-unavailable', retryable: true } });
    }
    await superuser.query('drop trigger test_trigger on events');
    expect(await storedEvents(pool)).toEqual([]);
    expect(await writer.write(anAnswer('dec_1', 'one'))).toBe('written');
    expect(await writer.write(aStep('dec_2', 1))).toBe('written');
    expect(await chainProblems(pool)).toEqual([]);
  });

  it('after the commit, before the answer, repeats no number: the writer goes on as a new source', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'countersign-writer-'));
    const server = await startPostgres({ dataDir });
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await migrate(server.url, 'intake');
    const own = openPool(server.url, 'intake');
    const writer = new Writer(own, { name: 'w', limit: 10, onCommit: () => undefined });
    try {
      expect(await writer.write(anAnswer('dec_0'))).toBe('written');
      // A commit that waits for a standby that is not there is done here and cannot be answered.
      await admin.query(`alter system set synchronous_standby_names = 'nobody'`);
      await admin.query('select pg_reload_conf()');
      await until('commits wait', async () => {
        const { rows } = await own.query<{ names: string }>(
          `select current_setting('synchronous_standby_names') names`,
        );
        return rows[0]?.names === 'nobody';
      });
      const lost = Promise.allSettled([writer.write(anAnswer('dec_1', 'one')), writer.write(anAnswer('dec_2'))]);
      await until('the commit waits for the standby', () => terminate(admin, 'SyncRep'));
      for (const result of await lost) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'database-unavailable' } });
      }
      await admin.query('alter system reset synchronous_standby_names');
      await admin.query('select pg_reload_conf()');
      expect(await writer.write(anAnswer('dec_again', 'one'))).toBe('duplicate');
      expect(await writer.write(anAnswer('dec_3'))).toBe('written');
      const events = await storedEvents(own);
      expect(events.map(({ decision_id, source, seq }) => [decision_id, source, seq])).toEqual([
        ['dec_0', 'w', 1],
        ['dec_1', 'w', 2],
        ['dec_2', 'w', 3],
        ['dec_3', 'w.1', 1],
      ]);
      expect(await chainProblems(own)).toEqual([]);
    } finally {
      await writer.close();
      await own.end();
      await admin.end();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('while idle is replaced on the next write', async () => {
    const writer = newWriter('w');
    await writer.write(anAnswer('dec_1'));
    await superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity
                            where application_name = 'countersign-intake' and datname = current_database()`);
    await until('a write goes through', () =>
      writer.write(anAnswer('dec_2')).then(
        () => true,
        () => false,
      ),
    );
    expect(await chainProblems(pool)).toEqual([]);
  });
});

it('says that it is full before it takes more than its limit', async () => {
  const writer = new Writer(pool, { name: 'w', limit: 3, onCommit: () => undefined });
  writers.push(writer);
  const writes = Array.from({ length: 3 }, (_, i) => writer.write(anAnswer(`dec_${i}`)));
  expect(writer.full).toBe(true);
  await Promise.all(writes);
  expect(writer.full).toBe(false);
});

/** Runs on each new row, in its transaction. */
async function onEachRow(table: 'events' | 'decisions', body: string): Promise<void> {
  await superuser.query(`create function test_function() returns trigger language plpgsql as $$ begin ${body} end $$`);
  await superuser.query(
    `create trigger test_trigger before insert on ${table} for each row execute function test_function()`,
  );
}

/** Runs while the transaction commits. */
async function atCommit(body: string): Promise<void> {
  await superuser.query(`create function test_function() returns trigger language plpgsql as $$ begin ${body} end $$`);
  await superuser.query(`create constraint trigger test_trigger after insert on events deferrable initially deferred
                           for each row execute function test_function()`);
}

/** Ends the session that is committing, and says whether there was one. */
async function terminate(admin: pg.Client, waitEvent = 'PgSleep'): Promise<boolean> {
  const { rowCount } = await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'countersign-intake' and wait_event = $1`,
    [waitEvent],
  );
  return rowCount === 1;
}
