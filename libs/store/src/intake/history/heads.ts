import type pg from 'pg';
import type { Write } from '../write.js';
import { arrayOf } from './array.js';
import { hourOf } from './bucket.js';
import { idOf, isStrict } from './counter-key.js';

/**
 * Locks every head that the writes expect or will move, and says which writes expect one that is not as they saw it. Of two
 * in one batch only the first may add: the second was decided without it. Call it before anything else is written.
 */
export async function lockHeads(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const latest = await lock(client, writes);
  const lost = new Set<Write>();
  for (const write of writes) {
    if (expected(write).some(({ id, version }) => latest.get(id) !== version)) lost.add(write);
    else for (const id of moved(write)) latest.set(id, 'moved');
  }
  return lost;
}

/** Gives each head the writes add to a version it never had. The heads are locked already. */
export async function moveHeads(client: pg.ClientBase, writes: Write[]): Promise<void> {
  const ids = [...new Set(writes.flatMap(moved))];
  if (ids.length > 0) await client.query({ name: 'move-heads', text: MOVE, values: [arrayOf(ids, (id) => id)] });
}

function expected({ history }: Write): { id: string; version: string }[] {
  return (history?.expect ?? []).map(({ key, version }) => ({ id: idOf(key), version }));
}

function moved({ history }: Write): string[] {
  return (history?.add ?? []).filter(({ key }) => isStrict(key)).map(({ key }) => idOf(key));
}

/** Versions by id. A head that is not there yet is made, because what is not there cannot be locked. */
async function lock(client: pg.ClientBase, writes: Write[]): Promise<Map<string, string>> {
  const ids = new Set(writes.flatMap((write) => [...expected(write).map(({ id }) => id), ...moved(write)]));
  if (ids.size === 0) return new Map();
  const hour = Math.max(...writes.map(({ history }) => (history ? hourOf(history.flow.at) : 0)));
  const values = [arrayOf([...ids], (id) => id), hour];
  const { rows } = await client.query<{ id: string; version: string }>({ name: 'lock-heads', text: LOCK, values });
  return new Map(rows.map(({ id, version }) => [id.replaceAll('-', ''), version]));
}

// One statement in one order makes, locks and reads, so that two processes never hold a head each that the other wants.
const LOCK = `
  insert into counter_heads as h (id, version, hour)
  select id, 0, $2 from unnest($1::uuid[]) as k (id) order by id
      on conflict (id) do update set hour = greatest(h.hour, excluded.hour)
  returning id, version::text`;

const MOVE = `update counter_heads set version = nextval('counter_versions') where id = any($1::uuid[])`;
