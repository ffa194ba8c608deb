import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDraft } from '../../../../../test/intake-writes.js';
import { until } from '../../../../../test/until.js';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { Writer } from '../writer.js';
import type { Write } from '../write.js';
import type { RegistryChange } from './change.js';
import { RegistryReaders } from './readers.js';
import { Registry, type RegistryOptions } from './registry.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;
let open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake', { max: 20 });
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
});
beforeEach(() => superuser.query('truncate events, registry, registry_readers'));
afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

function aWriter(name = 'w'): Writer {
  const writer = new Writer(pool, { name, limit: 1_000, onCommit: () => undefined });
  open.push({ close: () => writer.close() });
  return writer;
}

async function aRegistry(process: string, options: Partial<RegistryOptions> = {}): Promise<Registry> {
  const registry = new Registry(pool, { process, everyMs: 50, ...options });
  open.push({ close: () => registry.stop() });
  await registry.start();
  return registry;
}

const fact = (...registry: RegistryChange[]): Write => ({
  decisionId: 'stp_a',
  events: [aDraft('gate.stopped', 1)],
  registry,
});
const put = (id: string, expected: number, state: object | null = { id }): RegistryChange => ({
  kind: 'stop',
  id,
  expected,
  state,
});
const eventCount = async () => Number((await superuser.query('select count(*) as n from events')).rows[0].n);

describe('a standing fact', () => {
  it('and its event commit together, and every process knows it', async () => {
    const [one, other] = [await aRegistry('one'), await aRegistry('other')];
    expect(await aWriter().write(fact(put('all', 0)))).toBe('written');
    expect(await eventCount()).toBe(1);
    await until('known to both', async () => [one, other].every((each) => each.get('stop', 'all') !== undefined));
    expect(other.get('stop', 'all')).toMatchObject({ id: 'all', version: 1, state: { id: 'all' } });
    expect(other.all('stop')).toHaveLength(1);
    expect(other.seqOf(['stop', 'link'])).toBe(other.get('stop', 'all')!.seq);
  });

  it('of another version than was believed is not touched, and leaves no event', async () => {
    const writer = aWriter();
    expect(await writer.write(fact(put('a', 1)))).toBe('conflict');
    expect(await writer.write(fact(put('a', 0)))).toBe('written');
    expect(await writer.write(fact(put('b', 0), put('a', 0)))).toBe('conflict');
    expect(await writer.write(fact(put('a', 1, { other: true })))).toBe('written');
    expect(await eventCount()).toBe(2);
    const registry = await aRegistry('one');
    expect(registry.all('stop')).toMatchObject([{ id: 'a', version: 2, state: { other: true } }]);
  });

  it('that is gone is gone everywhere, also for a process that starts later, and can be made anew', async () => {
    const writer = aWriter();
    const one = await aRegistry('one');
    await writer.write(fact(put('a', 0)));
    await until('known', async () => one.get('stop', 'a') !== undefined);
    expect(await writer.write(fact(put('a', 1, null)))).toBe('written');
    await until('gone', async () => one.get('stop', 'a') === undefined);
    expect((await aRegistry('late')).get('stop', 'a')).toBeUndefined();
    expect(await writer.write(fact(put('a', 2)))).toBe('conflict');
    expect(await writer.write(fact(put('a', 0)))).toBe('written');
  });

  it('that many processes want to make at once is made by one of them', async () => {
    const writers = ['a', 'b', 'c', 'd'].map(aWriter);
    for (let round = 0; round < 10; round++) {
      const id = `fact-${round}`;
      const results = await Promise.all(
        writers.flatMap((writer) => [0, 1, 2, 3].map(() => writer.write(fact(put(id, 0))))),
      );
      expect(results.filter((result) => result === 'written')).toHaveLength(1);
    }
    expect(await eventCount()).toBe(10);
  });
});

describe('a change', () => {
  it('is in effect everywhere only when no process still acts by what was before', async () => {
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const quick = await aRegistry('quick');
    await aRegistry('slow', { settled: () => held });
    await aWriter().write(fact(put('all', 0)));
    expect(await quick.seenEverywhere(300)).toBe(false);
    release();
    expect(await quick.seenEverywhere(5_000)).toBe(true);
  });

  it('does not wait for a process that is gone', async () => {
    const [one, gone] = [await aRegistry('one'), await aRegistry('gone')];
    await gone.stop();
    await aWriter().write(fact(put('all', 0)));
    expect(await one.seenEverywhere(2_000)).toBe(true);
  });

  it('waits for all writes that were accepted before it was known', async () => {
    const writer = aWriter();
    await superuser.query('begin');
    await superuser.query('lock table events in exclusive mode');
    const under = writer.write({ decisionId: 'dec_a', events: [aDraft('decision.allowed', 1)] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const behind = writer.write({ decisionId: 'dec_b', events: [aDraft('decision.allowed', 1)] });
    let done = false;
    const settled = writer.settled().then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(done).toBe(false);
    await superuser.query('commit');
    await settled;
    expect(await Promise.all([under, behind])).toEqual(['written', 'written']);
  });
});

it('a process that can no longer look knows that it may be wrong', async () => {
  const lost = openPool(database.url, 'intake', { max: 2 });
  const registry = new Registry(lost, { process: 'lost', everyMs: 60_000 });
  expect(registry.stale).toBe(true);
  await registry.start();
  expect(registry.stale).toBe(false);
  await registry.stop();
  await lost.end();
  await expect(registry.refresh()).rejects.toMatchObject({ code: 'database-unavailable' });
});

// Fails when a database that goes while a stop takes effect is told as a bug of ours, which no client tries again.
it('a database that is gone is a fault that passes, whatever it is asked', async () => {
  const gone = openPool(database.url, 'intake');
  await gone.end();
  const fault = { code: 'database-unavailable', retryable: true };
  await expect(new RegistryReaders(gone, 'p').behind(1)).rejects.toMatchObject(fault);
  await expect(new Registry(gone, { process: 'p' }).refresh()).rejects.toMatchObject(fault);
});
