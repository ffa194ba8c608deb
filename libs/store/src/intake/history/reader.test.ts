import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { HistoryReader } from './reader.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake', { max: 20 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

it('of nothing is nothing, and complete', async () => {
  const read = await new HistoryReader(pool).read({
    counters: [
      { counter: 'refunds', scope: 'subject', key: 'release-bot' },
      { counter: 'refunds', scope: 'area', key: '' },
    ],
    subject: 'release-bot',
    now: new Date('2026-11-21T10:00:00Z'),
  });
  const none = { count: 0, sum: 0, denies: 0, resources: 0 };
  expect(read).toEqual({
    totals: new Map([
      ['refunds subject', { '1h': none, '24h': none }],
      ['refunds area', { '1h': none, '24h': none }],
    ]),
    flow: [],
    sessionKnown: false,
    heads: [{ key: { counter: 'refunds', scope: 'subject', key: 'release-bot' }, version: '0' }],
  });
});
