import type pg from 'pg';
import type { Write } from '../write.js';
import { bucketOf, HOUR_MS } from './bucket.js';
import { digest, isStrict, nameOf, type CounterKey } from './counter-key.js';

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
  const keys = distinct(writes.flatMap(movedBy));
  if (keys.length > 0) await client.query(MOVE, columns(keys));
}

function movedBy({ history }: Write): CounterKey[] {
  return (history?.add ?? []).map(({ key }) => key).filter(isStrict);
}

/** Versions by name. A head that is not there yet is made, because what is not there can not be locked. */
async function lock(client: pg.ClientBase, writes: Write[]): Promise<Map<string, string>> {
  const keys = distinct(
    writes.flatMap((write) => [...(write.history?.expect ?? []).map(({ key }) => key), ...movedBy(write)]),
  );
  if (keys.length === 0) return new Map();
  const hour = new Date(Math.max(...writes.map(hourOf)));
  const { rows } = await client.query<{ place: string; version: string }>(LOCK, [...columns(keys), hour]);
  return new Map(rows.map(({ place, version }) => [nameOf(keys[Number(place) - 1]!), version]));
}

function hourOf({ history }: Write): number {
  return history ? bucketOf(Date.parse(history.flow.at), HOUR_MS).getTime() : 0;
}

function distinct(keys: CounterKey[]): CounterKey[] {
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()];
}

function columns(keys: CounterKey[]): unknown[] {
  return [keys.map(({ counter }) => counter), keys.map(({ scope }) => scope), keys.map(({ key }) => digest(key))];
}

const KEYS = 'unnest($1::text[], $2::text[], $3::bytea[]) with ordinality as k (counter, scope, key, place)';

// One statement in one order makes, locks and reads, so that two processes never hold a head each that the other wants.
const LOCK = `
  with locked as (
    insert into counter_heads as h (counter, scope, key, version, hour)
    select counter, scope, key, 0, $4 from ${KEYS} order by counter collate "C", scope collate "C", key
        on conflict (counter, scope, key) do update set hour = greatest(h.hour, excluded.hour)
    returning counter, scope, key, version)
  select k.place::text, locked.version::text from locked join ${KEYS} using (counter, scope, key)`;

const MOVE = `
  update counter_heads h set version = nextval('counter_versions') from ${KEYS}
   where h.counter = k.counter and h.scope = k.scope and h.key = k.key`;
