import { Fault } from '@countersign/contract';
import pg from 'pg';
import type { MigrationInterface } from 'typeorm';
import { MIGRATIONS as AUDIT } from './audit/migrations.js';
import { MIGRATIONS as INTAKE } from './intake/migrations.js';
import { MIGRATIONS as NOTIFIER } from './notifier/migrations.js';
import { LOCKS } from './locks.js';
import { createRole } from './role.js';

export type Schema = 'intake' | 'notifier' | 'audit';
export type MigrationClass = new () => MigrationInterface;
export type Pool = pg.Pool;
export type Client = pg.PoolClient;

const MIGRATIONS: Record<Schema, MigrationClass[]> = { audit: AUDIT, intake: INTAKE, notifier: NOTIFIER };

// Timestamps are RFC 3339 text and 64-bit integers are decimal text everywhere: neither loses anything.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) => new Date(text).toISOString());

/**
 * A pool whose sessions run as the schema's own role from their first statement on, whoever logged in. A login that is
 * already confined to that role works as well.
 */
export function openPool(url: string, schema: Schema, options: { max?: number; applicationName?: string } = {}): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: options.max ?? 10,
    application_name: options.applicationName ?? `countersign-${schema}`,
    connectionTimeoutMillis: 5_000,
    // A transaction left open stalls the relay's fence, so the server ends it.
    options: `-c role=countersign_${schema} -c search_path=${schema} -c idle_in_transaction_session_timeout=30000`,
  });
  // A connection that is lost is replaced on the next use. The pool listens only to those it holds: one that is lent out may be
  // lost between two statements, and without a listener of its own that would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Creates the roles, the schema and its tables, or brings them up to date. Safe to be run by many at once. Throws Fault
 * `database-unavailable` when the database cannot be reached and `migration` when a step does not go through.
 */
export async function migrate(url: string, schema: Schema): Promise<void> {
  const lock = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await lock.connect();
  } catch (cause) {
    throw new Fault('database-unavailable', 'the database cannot be reached: check DATABASE_URL', {
      cause,
      retryable: true,
    });
  }
  try {
    if (await isUpToDate(lock, schema)) return;
    await lock.query('select pg_advisory_lock($1)', [LOCKS.migration]);
    await createRoles(lock, schema);
    await runMigrations(url, schema);
  } catch (cause) {
    throw new Fault('migration', `the ${schema} schema cannot be brought up to date: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    await lock.end();
  }
}

/** Most starts find nothing to do, and finding that out is one question. */
async function isUpToDate(client: pg.Client, schema: Schema): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `${schema}.migrations`,
  ]);
  if (!rows[0]?.there) return false;
  const done = await client.query<{ name: string }>(`select name from ${schema}.migrations`);
  const names = new Set(done.rows.map(({ name }) => name));
  return MIGRATIONS[schema].every((Migration) => names.has(new Migration().name ?? Migration.name));
}

async function createRoles(client: pg.Client, schema: Schema): Promise<void> {
  for (const role of ['countersign_owner', `countersign_${schema}`]) await createRole(client, role);
  const there = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
  if (there.rowCount === 0) await client.query(`create schema ${schema} authorization countersign_owner`);
  await client.query(`grant usage on schema ${schema} to countersign_${schema}`);
}

async function runMigrations(url: string, schema: Schema): Promise<void> {
  // Loaded only when there is something to do: it takes longer to load than to find that there is nothing.
  const { DataSource } = await import('typeorm');
  const source = new DataSource({
    type: 'postgres',
    url,
    schema,
    migrations: MIGRATIONS[schema],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    extra: { max: 1, options: `-c role=countersign_owner -c search_path=${schema}` },
  });
  await source.initialize();
  try {
    await source.runMigrations();
    // A service with a login of its own, which may change nothing here, can then see that nothing is to be done.
    await source.query(`grant select on ${schema}.migrations to countersign_${schema}`);
  } finally {
    await source.destroy();
  }
}
