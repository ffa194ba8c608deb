import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCount, BOT, EVERYBODY, SAM, TALK } from '../../../../../test/history-writes.js';
import { aStep, anAnswer, storedEvents } from '../../../../../test/intake-writes.js';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { Writer } from '../writer.js';
import { HistoryReader, type HistoryQuery } from './reader.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;
let reader: HistoryReader;
let writers: Writer[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake');
  reader = new HistoryReader(pool);
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
});
beforeEach(() =>
  superuser.query('truncate events, decisions, counters, counted_resources, counter_heads, sessions, flow_facts'),
);
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
});
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

function newWriter(name = 'w'): Writer {
  const writer = new Writer(pool, { name, limit: 2000, onCommit: () => undefined });
  writers.push(writer);
  return writer;
}

const NONE = { count: 0, sum: 0, denies: 0, resources: 0 };

function read(at: string, query: Partial<HistoryQuery> = {}) {
  return reader.read({ counters: [BOT], subject: 'release-bot', now: new Date(at), ...query });
}

async function windows(at: string, key = BOT) {
  return (await read(at, { counters: [key] })).totals.get(`${key.counter} ${key.scope}`)!;
}

describe('a counter', () => {
  it('that nothing was added to is zero, not absent', async () => {
    const { totals, heads, flow, sessionKnown } = await read('2026-11-21T10:00:00Z', { counters: [BOT, EVERYBODY] });
    expect([...totals.keys()]).toEqual(['refunds subject', 'refunds area']);
    expect(totals.get('refunds area')).toEqual({ '1h': NONE, '24h': NONE });
    expect(heads).toEqual([{ key: BOT, version: '0' }]);
    expect({ flow, sessionKnown }).toEqual({ flow: [], sessionKnown: false });
  });

  it('leaves a window when the window has gone by, and not a moment sooner', async () => {
    await newWriter().write(aCount('dec_1', { at: '2026-11-21T10:04:59Z', sum: 40, resource: 'order-1' }));
    const one = { count: 1, sum: 40, denies: 0, resources: 1 };
    expect(await windows('2026-11-21T11:04:59Z')).toEqual({ '1h': one, '24h': one });
    expect(await windows('2026-11-21T11:05:00Z')).toEqual({ '1h': NONE, '24h': one });
    expect(await windows('2026-11-22T10:04:59Z')).toEqual({ '1h': NONE, '24h': one });
    expect(await windows('2026-11-22T10:05:00Z')).toEqual({ '1h': NONE, '24h': NONE });
  });

  it('is seen at once by a replica whose clock is behind', async () => {
    await newWriter().write(aCount('dec_1', { at: '2026-11-21T10:10:00Z' }));
    expect((await windows('2026-11-21T10:02:00Z'))['1h'].count).toBe(1);
  });

  it('adds up what one batch, the next and another process add, to the last cent', async () => {
    const [one, two] = [newWriter('one'), newWriter('two')];
    await Promise.all([aCount('dec_1', { sum: 0.1 }), aCount('dec_2', { sum: 0.2 })].map((w) => one.write(w)));
    await two.write(aCount('dec_3', { sum: 0.3 }));
    await two.write(aCount('dec_4', { sum: 1e15 }));
    await one.write(aCount('dec_5', { sum: -1e15 }));
    expect((await windows('2026-11-21T10:00:00Z'))['1h']).toEqual({ count: 5, sum: 0.6, denies: 0, resources: 0 });
  });

  it('of absurd amounts stays above every limit, instead of becoming something that is no number', async () => {
    const writer = newWriter();
    await Promise.all(Array.from({ length: 9 }, (_, i) => writer.write(aCount(`dec_${i}`, { sum: Number.MAX_VALUE }))));
    expect((await windows('2026-11-21T10:00:00Z'))['1h'].sum).toBe(Number.MAX_VALUE);
  });

  it('tells what was denied from what was allowed', async () => {
    const writer = newWriter();
    await writer.write(aCount('dec_1'));
    await writer.write(aCount('dec_2', { count: 0, denies: 1 }));
    await writer.write(aCount('dec_3', { count: 0, denies: 1 }));
    expect((await windows('2026-11-21T10:00:00Z'))['24h']).toEqual({ count: 1, sum: 0, denies: 2, resources: 0 });
  });

  it('counts a resource once, by its latest use', async () => {
    const writer = newWriter();
    const uses = [
      ['2026-11-21T08:00:00Z', 'a'],
      ['2026-11-21T08:01:00Z', 'a'],
      ['2026-11-21T08:02:00Z', 'b'],
      ['2026-11-21T10:00:00Z', 'a'],
      ['2026-11-21T09:00:00Z', 'a'],
    ] as const;
    for (const [at, resource] of uses) await writer.write(aCount(`dec_${at}`, { at, resource }));
    await Promise.all(['c', 'c', 'd'].map((resource, i) => writer.write(aCount(`dec_${i}`, { resource }))));
    const { '1h': hour, '24h': day } = await windows('2026-11-21T10:30:00Z');
    expect([hour.resources, day.resources]).toEqual([3, 4]);
  });

  it('is one per scope and key, and a session is one of its subject', async () => {
    const writer = newWriter();
    await writer.write(aCount('dec_1', { keys: [BOT, SAM, TALK, EVERYBODY] }));
    const keys = [
      BOT,
      SAM,
      TALK,
      EVERYBODY,
      { ...BOT, key: 'other-bot' },
      { ...BOT, counter: 'payouts' },
      { ...BOT, scope: 'principal' as const },
      { ...TALK, key: 'other-bot\nsession-1' },
    ];
    const counts = [];
    for (const key of keys) counts.push((await windows('2026-11-21T10:00:00Z', key))['1h'].count);
    expect(counts).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it('moves a head with every addition, except that of everybody', async () => {
    const writer = newWriter();
    const versions = async () =>
      (await read('2026-11-21T10:00:00Z', { counters: [BOT, SAM, TALK, EVERYBODY] })).heads.map(
        ({ version }) => version,
      );
    const before = await versions();
    await writer.write(aCount('dec_1', { keys: [BOT, TALK, EVERYBODY] }));
    const after = await versions();
    expect(before).toEqual(['0', '0', '0']);
    expect(after.map((version, i) => version !== before[i])).toEqual([true, false, true]);
  });
});

describe('a write that saw a history which is no longer true', () => {
  it('is a conflict, and leaves nothing: no event, no state, no count, no fact, no session', async () => {
    const writer = newWriter();
    const { heads } = await read('2026-11-21T10:00:00Z');
    await writer.write(aCount('dec_1', { expect: heads }));
    const late = aCount('dec_2', {
      expect: heads,
      sum: 5,
      resource: 'order-2',
      facts: ['sensitive_read'],
      session: 'release-bot\ns',
    });
    expect(await writer.write({ ...late, ...withState('dec_2') })).toBe('conflict');
    const after = await read('2026-11-21T10:00:00Z', { session: 'release-bot\ns' });
    expect(after.totals.get('refunds subject')!['1h']).toEqual({ count: 1, sum: 0, denies: 0, resources: 0 });
    expect(after).toMatchObject({ flow: [], sessionKnown: false });
    expect((await storedEvents(pool)).map(({ decision_id }) => decision_id)).toEqual(['dec_1']);
    expect((await pool.query('select id from decisions')).rows).toEqual([]);
  });

  it('in the same batch loses to the first that adds, while the rest of the batch is written', async () => {
    const writer = newWriter();
    const { heads } = await read('2026-11-21T10:00:00Z');
    const other = { ...BOT, key: 'other-bot' };
    const results = await Promise.all(
      [
        aCount('dec_1', { keys: [], expect: heads }),
        aCount('dec_2', { expect: heads }),
        aCount('dec_3', { expect: heads }),
        aCount('dec_4', { keys: [], expect: heads }),
        aCount('dec_5'),
        aCount('dec_6', { keys: [other], expect: [{ key: other, version: '0' }] }),
        anAnswer('dec_7'),
        aStep('dec_8', 1),
      ].map((write) => writer.write(write)),
    );
    expect(results).toEqual(['written', 'written', 'conflict', 'conflict', 'written', 'written', 'written', 'written']);
    expect((await windows('2026-11-21T10:00:00Z'))['1h'].count).toBe(2);
  });

  it('loses to an addition that expected nothing', async () => {
    const writer = newWriter();
    const { heads } = await read('2026-11-21T10:00:00Z');
    const batch = [aCount('dec_1'), aCount('dec_2', { expect: heads })];
    expect(await Promise.all(batch.map((write) => writer.write(write)))).toEqual(['written', 'conflict']);
  });
});

it('a write that loses on its decision counts nothing', async () => {
  const writer = newWriter();
  await writer.write(aStep('dec_1', 1));
  const late = { ...aCount('dec_1'), ...withState('dec_1') };
  expect(await writer.write(late)).toBe('conflict');
  const taken = { ...aCount('dec_2'), requestKey: Buffer.from('taken') };
  expect(await writer.write({ ...anAnswer('dec_3'), requestKey: Buffer.from('taken') })).toBe('written');
  expect(await writer.write(taken)).toBe('duplicate');
  expect((await windows('2026-11-21T10:00:00Z'))['1h']).toEqual(NONE);
});

it('a change that cannot be stored is turned away alone', async () => {
  const writer = newWriter();
  const batch = [
    aCount('dec_1', { sum: Number.NaN }),
    aCount('dec_2', { count: 0.5 }),
    aCount('dec_3', { at: 'yesterday' }),
    aCount('dec_4', { facts: ['a\0b'] }),
    aCount('dec_5'),
  ];
  const results = await Promise.allSettled(batch.map((write) => writer.write(write)));
  expect(
    results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).name)),
  ).toEqual(['RangeError', 'RangeError', 'RangeError', 'RangeError', 'written']);
});

function withState(id: string) {
  return { state: aStep(id, 1).state! };
}
