import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDatabase } from '../../../test/postgres.js';
import { migrate, openPool, type Pool } from './postgres.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'audit');
  pool = openPool(database.url, 'audit');
  superuser = new pg.Client({ connectionString: database.url });
  await superuser.connect();
});

afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

// Without a listener the lost connection is an uncaught exception, which fails this run.
it('a connection that is lost between two statements ends neither the process nor the pool', async () => {
  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const lost = new Promise((resolve) => client.once('end', resolve));
  await superuser.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
  await lost;
  await expect(client.query('select 1')).rejects.toThrow();
  client.release();
  expect((await pool.query('select 1')).rowCount).toBe(1);
});
