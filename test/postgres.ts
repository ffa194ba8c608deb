import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import './setup-postgres.js';

/**
 * An empty database of its own for one test or one file. The roles (`countersign_owner` and the others) belong to the
 * server and are shared by all databases of the run.
 */
export async function testDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, drop: () => execute(server, `drop database if exists ${name} with (force)`) };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
