import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCount, BOT, EVERYBODY, SAM, TALK } from '../../../../../test/history-writes.js';
import { chainProblems, storedEvents } from '../../../../../test/intake-writes.js';
import { until } from '../../../../../test/until.js';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { Writer } from '../writer.js';
import type { CounterKey } from './counter-key.js';
import { HistoryReader } from './reader.js';
import { sweepHistory } from './sweep.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const TABLES = ['counters', 'counted_resources', 'counter_heads', 'sessions', 'flow_facts'];

let database: Awaited<ReturnType<typeof testDatabase>>;
let superuser: pg.Client;
let replicas: { pool: Pool; writer: Writer; reader: HistoryReader }[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
});
beforeEach(async () => {
  await superuser.query(`truncate events, ${TABLES.join(', ')}`);
});
afterEach(async () => {
  for (const { pool, writer } of replicas.splice(0)) {
    await writer.close();
    await pool.end();
  }
  await superuser.query('drop function if exists test_function cascade');
});
afterAll(async () => {
  await superuser.end();
  await database.drop();
});

function newReplicas(count: number): typeof replicas {
  replicas = Array.from({ length: count }, (_, i) => {
    const pool = openPool(database.url, 'intake', { max: 8 });
    const writer = new Writer(pool, { name: `replica ${i}`, limit: 2000, onCommit: () => undefined });
    return { pool, writer, reader: new HistoryReader(pool) };
  });
  return replicas;
}

/** Adds `sum` to each counter if all of them stay within the limit: what policy does. Returns whether it could. */
async function spend(id: string, replica: number, keys: CounterKey[], sum: number, limit: number): Promise<boolean> {
  const { writer, reader } = replicas[replica]!;
  for (;;) {
    const { totals, heads } = await reader.read({ counters: keys, subject: 'release-bot', now: NOW });
    if ([...totals.values()].some(({ '24h': day }) => day.sum + sum > limit)) return false;
    if ((await writer.write(aCount(id, { keys, sum, expect: heads }))) === 'written') return true;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  }
}

describe('a limit', () => {
  it('of ten is spent exactly ten times when 64 at once race for it on two replicas', async () => {
    newReplicas(2);
    const spent = await Promise.all(Array.from({ length: 64 }, (_, i) => spend(`dec_${i}`, i % 2, [BOT], 1, 10)));
    expect(spent.filter(Boolean)).toHaveLength(10);
    const { totals } = await replicas[0]!.reader.read({ counters: [BOT], subject: 'release-bot', now: NOW });
    expect(totals.get('refunds subject')!['24h']).toMatchObject({ count: 10, sum: 10 });
    expect(await storedEvents(replicas[0]!.pool)).toHaveLength(10);
    expect(await chainProblems(replicas[0]!.pool)).toEqual([]);
  });

  it('of a principal is not passed by splitting over subjects and sessions', async () => {
    newReplicas(2);
    const amount = (i: number) => 0.1 + (i % 3);
    const spent = await Promise.all(
      Array.from({ length: 48 }, (_, i) => {
        const subject = `bot-${i % 8}`;
        const keys = [{ ...BOT, key: subject }, SAM, { ...TALK, key: `${subject}\n${i}` }];
        return spend(`dec_${i}`, i % 2, keys, amount(i), 20);
      }),
    );
    const { totals } = await replicas[0]!.reader.read({ counters: [SAM], subject: 'bot-0', now: NOW });
    const { sum } = totals.get('refunds principal')!['24h'];
    expect(sum).toBeLessThanOrEqual(20);
    // What was refused would not fit.
    expect(spent.flatMap((could, i) => (could ? [] : [sum + amount(i)])).filter((total) => total <= 20)).toEqual([]);
  });
});

describe('three replicas that touch the same rows in every order', () => {
  it('never wait for each other in a circle, also while old rows are swept', async () => {
    newReplicas(3);
    await onEachRow(TABLES, 'perform pg_sleep(random() * 0.002); return coalesce(new, old);');
    const pick = <T>(all: T[]) => all.filter(() => Math.random() < 0.6).sort(() => Math.random() - 0.5);
    const people = Array.from({ length: 6 }, (_, i) => ({ ...SAM, key: `person-${i}` }));
    const bots = Array.from({ length: 6 }, (_, i) => ({ ...BOT, key: `bot-${i}` }));
    // Some of it is so old that it is swept and comes back, over and over.
    const OLD = '2026-11-19T10:00:00Z';
    let writing = true;
    const sweeping = (async () => {
      while (writing) await sweepHistory(replicas[0]!.pool, new Date('2026-11-20T09:00:00Z'), 3);
    })();
    const results = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500));
        return replicas[i % 3]!.writer.write(
          aCount(`dec_${i}`, {
            keys: pick([...people, ...bots, TALK, EVERYBODY]),
            resource: `resource ${i % 5}`,
            subject: `bot-${i % 2}`,
            session: `bot-${i % 2}\n${i % 7}`,
            facts: pick(['untrusted_read', 'sensitive_read', 'way_out']),
            ...(i % 3 === 0 ? { at: OLD } : {}),
          }),
        );
      }),
    );
    writing = false;
    await sweeping;
    expect(new Set(results)).toEqual(new Set(['written']));
    const { rows } = await superuser.query(
      'select deadlocks::int from pg_stat_database where datname = current_database()',
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });
});

describe('a connection that is lost', () => {
  it.each(TABLES)('while %s is written leaves nothing, and the same write goes through afterwards', async (table) => {
    const { pool, writer, reader } = newReplicas(1)[0]!;
    const session = 'release-bot\nsession-1';
    const query = { counters: [BOT, TALK, EVERYBODY], subject: 'release-bot', session, now: NOW };
    const before = await reader.read(query);
    const write = aCount('dec_1', {
      keys: [BOT, TALK, EVERYBODY],
      expect: before.heads,
      resource: 'order-1',
      session,
      facts: ['untrusted_read'],
    });
    await onEachRow([table], 'perform pg_sleep(60); return new;');
    const lost = Promise.allSettled([writer.write(write)]);
    await until('the row is being written', async () => {
      const { rowCount } = await superuser.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'countersign-intake' and wait_event = 'PgSleep'`,
      );
      return rowCount === 1;
    });
    expect(await lost).toMatchObject([{ status: 'rejected', reason: { code: 'database-unavailable' } }]);
    await superuser.query('drop function test_function cascade');
    expect(await reader.read(query)).toEqual(before);
    expect(await storedEvents(pool)).toEqual([]);
    expect(await writer.write(write)).toBe('written');
    expect((await reader.read(query)).totals.get('refunds area')!['1h']).toMatchObject({ count: 1, resources: 1 });
  });
});

/** Runs on each row that comes into these tables or goes, in its transaction. */
async function onEachRow(tables: string[], body: string): Promise<void> {
  await superuser.query(`create function test_function() returns trigger language plpgsql as $$ begin ${body} end $$`);
  for (const table of tables) {
    await superuser.query(
      `create trigger test_trigger before insert or delete on ${table} for each row execute function test_function()`,
    );
  }
}
