import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCount, BOT, EVERYBODY } from '../../../../../test/history-writes.js';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { Writer } from '../writer.js';
import { HistoryReader } from './reader.js';
import { sweepHistory } from './sweep.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

it('a sweep forgets what no window reaches, in bounded steps, and what flowed only with its session', async () => {
  const writer = new Writer(pool, { name: 'w', limit: 100, onCommit: () => undefined });
  const reader = new HistoryReader(pool);
  const [old, young] = ['release-bot\nold', 'release-bot\nyoung'];
  const facts = ['untrusted_read'];
  for (let i = 0; i < 10; i++) {
    const keys = [{ ...BOT, key: `bot-${i}` }, EVERYBODY];
    const at = `2026-11-19T10:0${i}:00Z`;
    await writer.write(
      aCount(`dec_${i}`, { at, keys, subject: `bot-${i}`, resource: `order-${i}`, session: old, facts }),
    );
  }
  await writer.write(aCount('dec_a', { at: '2026-11-19T10:00:00Z', session: young, facts }));
  await writer.write(aCount('dec_b', { at: '2026-11-21T10:00:00Z', session: young, resource: 'order-1' }));
  await writer.close();
  const now = new Date('2026-11-21T10:00:00Z');
  const read = (session: string) => reader.read({ counters: [BOT, EVERYBODY], subject: 'release-bot', session, now });
  const before = await read(young);
  const sizes: number[] = [];
  for (let swept; (swept = await sweepHistory(pool, new Date('2026-11-20T09:00:00Z'), 4)) > 0;) sizes.push(swept);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
  expect(await read(young)).toEqual(before);
  expect(before.flow.map(({ decision_id }) => decision_id)).toEqual(['dec_a']);
  expect(await read(old)).toMatchObject({ sessionKnown: false, flow: [] });
  const left = async (table: string) => (await pool.query(`select from ${table}`)).rowCount;
  expect(
    await Promise.all(['counters', 'counted_resources', 'counter_heads', 'sessions', 'flow_facts'].map(left)),
  ).toEqual([1, 1, 1, 1, 1]);
});

it('a head that was forgotten never comes back with a version it had', async () => {
  const writer = new Writer(pool, { name: 'w', limit: 100, onCommit: () => undefined });
  const key = { ...BOT, key: 'forgotten-bot' };
  const query = { counters: [key], subject: key.key, now: new Date('2026-11-21T10:00:00Z') };
  const reader = new HistoryReader(pool);
  await writer.write(aCount('dec_1', { at: '2026-11-19T10:00:00Z', keys: [key] }));
  const { heads } = await reader.read(query);
  await sweepHistory(pool, new Date('2026-11-20T09:00:00Z'));
  await writer.write(aCount('dec_2', { keys: [key] }));
  expect(await writer.write(aCount('dec_3', { keys: [key], expect: heads }))).toBe('conflict');
  await writer.close();
});

it('the role of intake may forget history, and nothing else', async () => {
  await expect(pool.query('truncate counters')).rejects.toMatchObject({ code: '42501' });
  await expect(pool.query('delete from events')).rejects.toMatchObject({ code: '42501' });
  await expect(pool.query('select setval($1, 1)', ['counter_versions'])).rejects.toMatchObject({ code: '42501' });
});
