import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aStep, anAnswer } from '../../../../test/intake-writes.js';
import { until } from '../../../../test/until.js';
import { testDatabase } from '../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../postgres.js';
import { Hints } from './hints.js';
import { Outbox } from './outbox.js';
import { Writer } from './writer.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;
const opened: { release(): void }[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake', { max: 30 });
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
});
beforeEach(async () => {
  await superuser.query('truncate events, decisions');
  await superuser.query(`update relay set tx = '0', pos = 0`);
});
afterEach(() => opened.splice(0).forEach((outbox) => outbox.release()));
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

function newOutbox(): Outbox {
  const outbox = new Outbox(pool);
  opened.push(outbox);
  return outbox;
}

const INSERT = `insert into events (source, source_seq, decision_id, body) values ($1, $2, $3, '\\x7b7d')`;

describe('a reader of the outbox', () => {
  it('sees a row whose transaction began first and ended last, which a reader by position alone never does', async () => {
    const outbox = newOutbox();
    await outbox.lead();
    const [slow, quick] = [await pool.connect(), await pool.connect()];
    let position = 0;
    const naive = async () => {
      const { rows } = await pool.query<{ pos: string; decision_id: string }>(
        'select pos::text, decision_id from events where pos > $1 order by pos',
        [position],
      );
      position = Number(rows.at(-1)?.pos ?? position);
      return rows.map(({ decision_id }) => decision_id);
    };
    await slow.query('begin');
    await slow.query(INSERT, ['slow', 1, 'dec_slow']);
    await quick.query(INSERT, ['quick', 1, 'dec_quick']);
    expect(await naive()).toEqual(['dec_quick']);
    expect(await outbox.next(10)).toEqual([]);
    await slow.query('commit');
    expect(await naive()).toEqual([]);
    // Other sessions of the server may still be open for a moment.
    const seen: string[] = [];
    await until('both rows are seen', async () => {
      const rows = await outbox.next(10);
      seen.push(...rows.map(({ decision_id }) => decision_id));
      if (rows.length > 0) await outbox.advance(rows.at(-1)!);
      return seen.length === 2;
    });
    expect(seen).toEqual(['dec_slow', 'dec_quick']);
    slow.release();
    quick.release();
  });

  it('sees every row of eight slow writers once, and those of one decision in order', async () => {
    const outbox = newOutbox();
    await outbox.lead();
    const WRITERS = 8;
    const ROUNDS = 25;
    let writing = true;
    const seen: { decision_id: string; n: number }[] = [];
    const readOn = async () => {
      const rows = await outbox.next(7);
      seen.push(
        ...rows.map(({ decision_id, body }) => ({ decision_id, n: (JSON.parse(body.toString()) as { n: number }).n })),
      );
      if (rows.length > 0) await outbox.advance(rows.at(-1)!);
      return rows.length;
    };
    const reading = (async () => {
      while (writing) await readOn();
    })();
    const writer = async (w: number) => {
      const client = await pool.connect();
      for (let n = 1; n <= ROUNDS; n++) {
        await client.query('begin');
        await client.query('insert into events (source, source_seq, decision_id, body) values ($1, $2, $3, $4)', [
          `writer ${w}`,
          n,
          `dec_${w}`,
          Buffer.from(JSON.stringify({ n })),
        ]);
        await client.query('select pg_sleep($1)', [((w * 7 + n * 3) % 10) / 1000]);
        await client.query('commit');
      }
      client.release();
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, w) => writer(w)));
    writing = false;
    await reading;
    await until('everything is seen', async () => (await readOn()) === 0 && seen.length >= WRITERS * ROUNDS);
    expect(seen).toHaveLength(WRITERS * ROUNDS);
    for (let w = 0; w < WRITERS; w++) {
      const order = seen.filter(({ decision_id }) => decision_id === `dec_${w}`).map(({ n }) => n);
      expect(order).toEqual(Array.from({ length: ROUNDS }, (_, i) => i + 1));
    }
  });

  it('begins again where the relay before it stopped', async () => {
    const writer = new Writer(pool, { name: 'w', limit: 10, onCommit: () => undefined });
    for (const id of ['dec_1', 'dec_2', 'dec_3']) await writer.write(anAnswer(id));
    await writer.close();
    const [first, second] = [newOutbox(), newOutbox()];
    await first.lead();
    await until('the rows are readable', async () => (await first.next(10)).length === 3);
    await first.advance((await first.next(10))[1]!);
    first.release();
    await until('the other leads', () => second.lead());
    expect((await second.next(10)).map(({ decision_id }) => decision_id)).toEqual(['dec_3']);
  });
});

describe('the relay', () => {
  it('is one, however many ask, until it steps down', async () => {
    const all = Array.from({ length: 5 }, newOutbox);
    const led = await Promise.all(all.map((outbox) => outbox.lead()));
    expect(led.filter(Boolean)).toHaveLength(1);
    const leader = all[led.indexOf(true)]!;
    const standby = all[led.indexOf(false)]!;
    await expect(standby.next(1)).rejects.toThrow('only the relay reads the outbox');
    leader.release();
    await until('another one leads', () => standby.lead());
  });

  it('is replaced when its session dies', async () => {
    const [leader, standby] = [newOutbox(), newOutbox()];
    await leader.lead();
    expect(await standby.lead()).toBe(false);
    await superuser.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
                              and database = (select oid from pg_database where datname = current_database())`);
    await until('another one leads', () => standby.lead());
    await expect(leader.next(1)).rejects.toThrow();
  });

  it('can be asked for again and again without anything piling up on its connection', async () => {
    const one = openPool(database.url, 'intake', { max: 1 });
    const [leader, standby] = [newOutbox(), new Outbox(one)];
    await leader.lead();
    for (let i = 0; i < 20; i++) expect(await standby.lead()).toBe(false);
    const client = await one.connect();
    expect(client.listenerCount('error')).toBeLessThan(3);
    client.release();
    await one.end();
  });
});

describe('a hint', () => {
  it('names the decisions that have changed to every process, after a lost connection too', async () => {
    const heard: string[] = [];
    const hints = new Hints(pool, (ids) => heard.push(...ids));
    await hints.start();
    const writer = new Writer(pool, { name: 'w', limit: 10, onCommit: () => undefined });
    await writer.write(aStep('dec_1', 1));
    await until('it is heard', () => heard.includes('dec_1'));
    await superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity
                            where datname = current_database() and query like 'listen %'`);
    let n = 1;
    await until('it is heard again', async () => {
      await writer.write(aStep(`dec_again_${++n}`, 1));
      return heard.some((id) => id.startsWith('dec_again'));
    });
    hints.stop();
    await writer.close();
  });
});

describe('the role of intake', () => {
  it.each([
    ['change an event', `update events set body = ''`],
    ['delete an event', 'delete from events'],
    ['empty the events', 'truncate events'],
    ['drop the events', 'drop table events'],
    ['switch off what guards them', 'alter table events disable trigger all'],
    ['delete a decision', 'delete from decisions'],
    ['add a second cursor', `insert into relay (one, tx, pos) values (false, '0', 0)`],
  ])('cannot %s', async (_, sql) => {
    await pool.query(INSERT, ['role', 1, 'dec_role']);
    await expect(pool.query(sql)).rejects.toMatchObject({ code: '42501' });
    expect((await superuser.query('select body from events')).rows).toEqual([{ body: Buffer.from('{}') }]);
  });
});
