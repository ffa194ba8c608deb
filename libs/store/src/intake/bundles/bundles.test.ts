import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import { aStep, anAnswer, chainProblems, storedEvents } from '../../../../../test/intake-writes.js';
import { until } from '../../../../../test/until.js';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { Writer } from '../writer.js';
import { Bundles } from './bundles.js';
import type { Activation, Upload } from './change.js';
import { ServingBundle } from './serving.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;
let bundles: Bundles;
let [one, other]: Writer[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake', { max: 20 });
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
  bundles = new Bundles(pool);
});
beforeEach(async () => {
  await superuser.query('update serving_bundle set revision = null, previous = null, candidate = null');
  await superuser.query('truncate events, decisions, bundles, bundle_archives, serving_bundle');
  await superuser.query('insert into serving_bundle default values');
  [one, other] = ['one', 'other'].map((name) => new Writer(pool, { name, limit: 1000, onCommit: () => undefined }));
});
afterEach(() => Promise.all([one, other].map((writer) => writer!.close())));
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

const AT = '2026-11-21T10:00:00.000Z';
const upload = (revision: string, author = 'sam'): Upload => ({
  revision,
  author,
  note: 'a note',
  areas: ['db', 'everywhere'],
  size: 3,
  changes: '{"data":false}',
  at: AT,
});
const activation = (revision: string, from: string, fromStored = true): Activation => ({
  revision,
  from,
  fromStored,
  by: 'sam',
  at: AT,
  decisionId: 'dec_a',
});
const activating = (revision: string, from: string, fromStored = true) => ({
  ...anAnswer(`pol_${revision}`),
  policy: { activation: activation(revision, from, fromStored) },
});

/** What is shipped, and these. */
async function kept(...revisions: string[]): Promise<void> {
  for (const revision of ['shipped', ...revisions]) await bundles.keep(upload(revision), Buffer.from(revision));
}

describe('a bundle', () => {
  it('is there once it is announced on the record, with its first author', async () => {
    await bundles.stage('r1', Buffer.from('abc'));
    expect(await bundles.find('r1')).toBeUndefined();
    const write = (author: string) => ({ ...anAnswer('pol_1'), policy: { upload: upload('r1', author) } });
    expect(await one!.write(write('sam'))).toBe('written');
    expect(await one!.write(write('eve'))).toBe('conflict');
    expect(await bundles.find('r1')).toEqual({
      revision: 'r1',
      author: 'sam',
      note: 'a note',
      areas: ['db', 'everywhere'],
      size: 3,
      changes: '{"data":false}',
      created_at: AT,
      activated_at: null,
      activated_by: null,
      decision_id: null,
    });
    expect(await bundles.archive('r1')).toEqual(Buffer.from('abc'));
    expect(await storedEvents(pool)).toHaveLength(1);
  });

  it('is announced once, however many do it at the same time', async () => {
    await bundles.stage('r1', Buffer.from('abc'));
    const write = () => ({ ...anAnswer('pol_1'), policy: { upload: upload('r1') } });
    const results = await Promise.all([one!, other!, one!, other!].map((writer) => writer.write(write())));
    expect(results.sort()).toEqual(['conflict', 'conflict', 'conflict', 'written']);
    expect(await storedEvents(pool)).toHaveLength(1);
  });

  it('cannot be changed or taken back by the role that intake has', async () => {
    await kept('r1');
    for (const sql of [
      `update bundles set author = 'eve'`,
      `update bundle_archives set archive = ''`,
      'delete from bundles',
      'delete from bundle_archives',
      'delete from serving_bundle',
    ])
      await expect(pool.query(sql)).rejects.toThrow('permission denied');
  });

  it('is listed page by page, the newest first', async () => {
    await kept('r1', 'r2');
    const [first, ...rest] = await bundles.list(2);
    expect([first, ...rest].map((bundle) => bundle?.revision)).toEqual(['shipped', 'r2']);
    expect((await bundles.list(2, rest[0])).map(({ revision }) => revision)).toEqual(['r1']);
  });
});

describe('an activation', () => {
  it('takes place from what it was decided on, and names what served before', async () => {
    await kept('r1');
    expect(await one!.write(activating('r1', 'shipped', false))).toBe('written');
    expect(await bundles.standing()).toEqual({ revision: 'r1', previous: 'shipped', candidate: null });
    expect(await bundles.find('r1')).toMatchObject({ activated_at: AT, activated_by: 'sam', decision_id: 'dec_a' });
    expect(await one!.write(activating('shipped', 'shipped', false))).toBe('conflict');
    expect(await bundles.standing()).toMatchObject({ revision: 'r1' });
  });

  it('is won by one of many, and nothing of the others is left', async () => {
    await kept('r0', 'r1', 'r2', 'r3', 'r4');
    await one!.write(activating('r0', 'shipped', false));
    const step = (revision: string) => ({
      ...aStep(`dec_${revision}`, 1),
      policy: { activation: activation(revision, 'r0') },
    });
    const results = await Promise.all(
      ['r1', 'r2', 'r3', 'r4'].map((revision, i) => (i % 2 ? one! : other!).write(step(revision))),
    );
    expect(results.filter((result) => result === 'written')).toHaveLength(1);
    expect(await storedEvents(pool)).toHaveLength(2);
    expect((await pool.query('select 1 from decisions')).rowCount).toBe(1);
    expect(await chainProblems(pool)).toEqual([]);
  });

  it('does not take place when its decision has changed', async () => {
    await kept('r1');
    await one!.write(aStep('dec_a', 1));
    const late = { ...aStep('dec_a', 3), policy: { activation: activation('r1', 'shipped', false) } };
    expect(await one!.write(late)).toBe('conflict');
    expect(await bundles.standing()).toMatchObject({ revision: null });
  });

  it('commits with events of two streams, each under its own', async () => {
    await kept('r1');
    const write = aStep('dec_a', 1);
    write.events.push({ ...anAnswer('x').events[0]!, stream: 'pol_a' });
    expect(await one!.write({ ...write, policy: { activation: activation('r1', 'shipped', false) } })).toBe('written');
    expect((await storedEvents(pool)).map(({ decision_id }) => decision_id)).toEqual(['dec_a', 'pol_a']);
    const { rows } = await pool.query('select decision_id from events order by tx, pos');
    expect(rows).toEqual([{ decision_id: 'dec_a' }, { decision_id: 'pol_a' }]);
  });
});

describe('what serves', () => {
  it('is followed by every process at once, and by looking when a notice is lost', async () => {
    await kept('r1', 'r2');
    const seen: [number, number] = [0, 0];
    const [listening, looking] = [new ServingBundle(pool, 3_600_000), new ServingBundle(pool, 50)];
    expect(await listening.current()).toBeUndefined();
    expect(await looking.current()).toBeUndefined();
    const stops = [listening.changed(() => seen[0]++), looking.changed(() => seen[1]++)];
    await one!.write(activating('r1', 'shipped', false));
    await until('both have seen it', () => seen[0] === 1 && seen[1] === 1, 3_000);
    expect(await listening.current()).toEqual({ revision: 'r1', archive: Buffer.from('r1') });
    // Without a notice: only who looks can know.
    await superuser.query(`update serving_bundle set revision = 'r2'`);
    await until('one has seen it', () => seen[1] === 2, 3_000);
    expect(seen[0]).toBe(1);
    for (const stop of stops) stop();
  });

  it('is noticed when it changed between the last read and the first look', async () => {
    await kept('r1');
    const serving = new ServingBundle(pool, 3_600_000);
    await serving.current();
    await one!.write(activating('r1', 'shipped', false));
    let seen = 0;
    const stop = serving.changed(() => seen++);
    await until('it is seen', () => seen === 1, 3_000);
    stop();
  });

  it('is heard of by all, whoever saw it first', async () => {
    await kept('r1');
    const serving = new ServingBundle(pool, 3_600_000);
    const seen = [0, 0];
    const stops = [0, 1].map((i) => serving.changed(() => seen[i]!++));
    expect(await serving.current()).toBeUndefined();
    await superuser.query(`update serving_bundle set revision = 'r1'`);
    expect(await serving.current()).toMatchObject({ revision: 'r1' });
    expect(seen).toEqual([1, 1]);
    stops[0]!();
    await superuser.query(`update serving_bundle set revision = null`);
    await serving.current();
    expect(seen).toEqual([1, 2]);
    stops[1]!();
  });

  it('has a candidate beside it', async () => {
    await kept('r1');
    const serving = new ServingBundle(pool, 3_600_000);
    let seen = 0;
    const stop = serving.changed(() => seen++);
    expect(await serving.candidate()).toBeUndefined();
    await bundles.setCandidate('r1');
    await until('it is seen', () => seen === 1, 3_000);
    expect(await serving.candidate()).toMatchObject({ revision: 'r1' });
    await bundles.setCandidate(null);
    await until('it is seen to be gone', () => seen === 2, 3_000);
    expect(await serving.candidate()).toBeUndefined();
    stop();
  });
});
