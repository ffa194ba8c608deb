import type pg from 'pg';
import type { Write } from '../write.js';
import { bucketOf, HOUR_MS } from './bucket.js';
import { idOf, isStrict, nameOf, type CounterKey } from './counter-key.js';

/**
 * Locks every head that the writes expect or will move, and says which writes expect one that is not as they saw it. Of two
 * in one batch only the first may add: the second was decided without it. Call it before anything else is written.
 */
export async function lockHeads(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const latest = await lock(client, writes);
  const lost = new Set<Write>();
  for (const write of writes) {
    const { expect = [] } = write.history ?? {};
    if (expect.some(({ key, version }) => latest.get(nameOf(key)) !== version)) lost.add(write);
    else for (const key of movedBy(write)) latest.set(nameOf(key), 'moved');
  }
  return lost;
}

/** Gives each head the writes add to a version it never had. The heads are locked already. */
export async function moveHeads(client: pg.ClientBase, writes: Write[]): Promise<void> {
  const keys = writes.flatMap(movedBy);
  if (keys.length > 0) await client.query({ name: 'move-heads', text: MOVE, values: [keys.map(idOf)] });
}

function movedBy({ history }: Write): CounterKey[] {
  return (history?.add ?? []).map(({ key }) => key).filter(isStrict);
}

/** Versions by name. A head that is not there yet is made, because what is not there can not be locked. */
async function lock(client: pg.ClientBase, writes: Write[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const write of writes) {
    const expected = (write.history?.expect ?? []).map(({ key }) => key);
    for (const key of [...expected, ...movedBy(write)]) names.set(idOf(key).toString('hex'), nameOf(key));
  }
  if (names.size === 0) return new Map();
  const values = [[...names.keys()], new Date(Math.max(...writes.map(hourOf)))];
  const { rows } = await client.query<{ id: string; version: string }>({ name: 'lock-heads', text: LOCK, values });
  return new Map(rows.map(({ id, version }) => [names.get(id)!, version]));
}

function hourOf({ history }: Write): number {
  return history ? bucketOf(Date.parse(history.flow.at), HOUR_MS).getTime() : 0;
}

// One statement in one order makes, locks and reads, so that two processes never hold a head each that the other wants.
const LOCK = `
  insert into counter_heads as h (id, version, hour)
  select decode(id, 'hex'), 0, $2 from unnest($1::text[]) as k (id) order by id
      on conflict (id) do update set hour = greatest(h.hour, excluded.hour)
  returning encode(id, 'hex') as id, version::text`;

const MOVE = `
  update counter_heads h set version = nextval('counter_versions')
    from (select distinct id from unnest($1::bytea[]) as k (id)) k where h.id = k.id`;
