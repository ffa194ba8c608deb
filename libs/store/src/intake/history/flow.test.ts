import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCount, type Counted } from '../../../../../test/history-writes.js';
import { testDatabase } from '../../../../../test/postgres.js';
import { migrate, openPool, type Pool } from '../../postgres.js';
import { Writer } from '../writer.js';
import { HistoryReader } from './reader.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let superuser: pg.Client;
let writer: Writer;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.url, 'intake');
  pool = openPool(database.url, 'intake');
  superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=intake' });
  await superuser.connect();
});
beforeEach(async () => {
  await superuser.query('truncate events, counters, counter_heads, sessions, flow_facts');
  writer = new Writer(pool, { name: 'w', limit: 100, onCommit: () => undefined });
});
afterEach(() => writer.close());
afterAll(async () => {
  await superuser.end();
  await pool.end();
  await database.drop();
});

const A = 'release-bot\na';
const B = 'release-bot\nb';

/** A decision that counts nothing. */
function decided(id: string, time: string, what: Counted = {}) {
  return writer.write(aCount(id, { keys: [], at: `2026-11-21T${time}Z`, resource: id, ...what }));
}

async function seen(time: string, session?: string, subject = 'release-bot') {
  const now = new Date(`2026-11-21T${time}Z`);
  const query = { counters: [], subject, now, ...(session === undefined ? {} : { session }) };
  const { flow, sessionKnown } = await new HistoryReader(pool).read(query);
  return { known: sessionKnown, facts: flow.map(({ fact, at, decision_id }) => [fact, at.slice(11, 19), decision_id]) };
}

describe('what flowed in a session', () => {
  it('is told by its first time, with what did it', async () => {
    await decided('dec_1', '10:00:00', { session: A, facts: ['untrusted_read'] });
    await decided('dec_2', '15:00:00', { session: A, facts: ['untrusted_read', 'sensitive_read'] });
    const { flow } = await new HistoryReader(pool).read({
      counters: [],
      subject: 'release-bot',
      session: A,
      now: new Date('2026-11-22T09:00:00Z'),
    });
    const common = { action: 'payments.refund' };
    expect(flow).toEqual([
      { ...common, fact: 'sensitive_read', at: '2026-11-21T15:00:00.000Z', resource: 'dec_2', decision_id: 'dec_2' },
      { ...common, fact: 'untrusted_read', at: '2026-11-21T10:00:00.000Z', resource: 'dec_1', decision_id: 'dec_1' },
    ]);
  });

  it('is told by its first time also when that comes in last, or in the same batch', async () => {
    const facts = ['untrusted_read'];
    await Promise.all([
      decided('dec_3', '10:02:00', { session: A, facts }),
      decided('dec_2', '10:01:00', { session: A, facts }),
    ]);
    expect((await seen('10:02:00', A)).facts).toEqual([['untrusted_read', '10:01:00', 'dec_2']]);
    await decided('dec_1', '10:00:00', { session: A, facts });
    expect((await seen('10:02:00', A)).facts).toEqual([['untrusted_read', '10:00:00', 'dec_1']]);
  });

  it('is not what flowed in another session that is known, nor in one of another subject with the same name', async () => {
    await decided('dec_1', '10:00:00', { session: B });
    await decided('dec_2', '10:00:00', { session: A, facts: ['untrusted_read'] });
    expect(await seen('10:01:00', B)).toEqual({ known: true, facts: [] });
    expect(await seen('10:01:00', 'other-bot\na', 'other-bot')).toEqual({ known: false, facts: [] });
  });

  it('is carried on by a session that says what it begins with', async () => {
    await decided('dec_1', '10:00:00', { session: A, facts: ['untrusted_read'] });
    const { flow } = await new HistoryReader(pool).read({
      counters: [],
      subject: 'release-bot',
      session: B,
      now: new Date('2026-11-21T10:30:00Z'),
    });
    await decided('dec_2', '10:30:00', { session: B, facts: ['untrusted_read', 'sensitive_read'], inherited: flow });
    expect(await seen('20:00:00', B)).toEqual({
      known: true,
      facts: [
        ['sensitive_read', '10:30:00', 'dec_2'],
        ['untrusted_read', '10:00:00', 'dec_1'],
      ],
    });
  });
});

describe('a session that is new', () => {
  it('sees what flowed through its subject in the last hour, so that a new name washes nothing away', async () => {
    await decided('dec_1', '10:00:00', { session: A, facts: ['untrusted_read'] });
    const facts = [['untrusted_read', '10:00:00', 'dec_1']];
    expect(await seen('10:59:59', B)).toEqual({ known: false, facts });
    expect(await seen('10:59:59')).toEqual({ known: false, facts });
    expect(await seen('11:05:00', B)).toEqual({ known: false, facts: [] });
  });

  it('is known from its first decision on, also when nothing flowed', async () => {
    await decided('dec_1', '10:00:00', { session: A, facts: ['untrusted_read'] });
    await decided('dec_2', '10:01:00', { session: B });
    expect(await seen('10:02:00', B)).toEqual({ known: true, facts: [] });
  });
});

it('what flows through a subject begins again after an hour of silence', async () => {
  const facts = ['untrusted_read'];
  await decided('dec_1', '10:00:00', { facts });
  await decided('dec_2', '10:50:00', { facts });
  await decided('dec_3', '11:40:00', { facts });
  expect((await seen('11:45:00')).facts).toEqual([['untrusted_read', '10:00:00', 'dec_1']]);
  await decided('dec_4', '13:00:00', { facts });
  expect((await seen('13:00:00')).facts).toEqual([['untrusted_read', '13:00:00', 'dec_4']]);
});

it('a session that goes on quietly costs a row once an hour, and nothing in between', async () => {
  const touches = async () => {
    const { rows } = await superuser.query<{ xmin: string }>('select xmin::text from sessions');
    return rows.map(({ xmin }) => xmin);
  };
  await decided('dec_1', '10:00:00', { session: A });
  const first = await touches();
  await decided('dec_2', '10:59:00', { session: A });
  expect(await touches()).toEqual(first);
  await decided('dec_3', '11:00:00', { session: A });
  expect(await touches()).not.toEqual(first);
});
