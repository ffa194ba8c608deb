import type pg from 'pg';
import type { Write } from '../write.js';

/** One standing fact as it is to be from now on. */
export interface RegistryChange {
  kind: string;
  id: string;
  /** The version it has now, as far as is known; 0 when there is none. If it has another one the write is lost. */
  expected: number;
  /** Null: it is gone. */
  state: object | null;
}

/** The channel on which every process hears that a standing fact has changed. */
export const REGISTRY_CHANNEL = 'countersign_registry';

interface Known {
  version: number;
  gone: boolean;
}

/**
 * The writes that are too late: a fact has another version than was believed. Locks the registry until the end of the
 * transaction. Of two writes that change one fact in a batch the first goes before. Call it before states are saved.
 */
export async function overtakenRegistry(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const lost = new Set<Write>();
  const changes = writes.flatMap(({ registry = [] }) => registry);
  if (changes.length === 0) return lost;
  await client.query('select from registry_head for update');
  const known = await currentOf(client, changes);
  for (const write of writes) {
    const { registry = [] } = write;
    const late = registry.some((change) => versionOf(known, change) !== change.expected);
    if (late) lost.add(write);
    else for (const change of registry) known.set(keyOf(change), after(known, change));
  }
  return lost;
}

/** Makes the changes of writes that have won. */
export async function changeRegistry(client: pg.ClientBase, writes: Write[]): Promise<void> {
  const changes = writes.flatMap(({ registry = [] }) => registry);
  if (changes.length === 0) return;
  // A statement cannot change one row twice: a fact that changes again in the batch waits for the next statement.
  let round = new Map<string, RegistryChange>();
  for (const change of changes) {
    if (round.has(keyOf(change))) {
      await save(client, [...round.values()]);
      round = new Map();
    }
    round.set(keyOf(change), change);
  }
  await save(client, [...round.values()]);
  await client.query('select pg_notify($1, $2)', [REGISTRY_CHANNEL, '']);
}

async function save(client: pg.ClientBase, changes: RegistryChange[]): Promise<void> {
  await client.query(SAVE, [
    changes.map(({ kind }) => kind),
    changes.map(({ id }) => id),
    changes.map(({ state }) => (state === null ? null : JSON.stringify(state))),
    changes.length,
  ]);
}

const SAVE = `
  with head as (update registry_head set seq = seq + $4::int returning seq)
  insert into registry as r (kind, id, version, seq, state)
    select c.kind, c.id, 1, head.seq - $4::int + c.n, c.state::json
      from head, unnest($1::text[], $2::text[], $3::text[]) with ordinality as c (kind, id, state, n)
      on conflict (kind, id) do update set version = r.version + 1, seq = excluded.seq, state = excluded.state`;

async function currentOf(client: pg.ClientBase, changes: RegistryChange[]): Promise<Map<string, Known>> {
  const { rows } = await client.query<Known & { kind: string; id: string }>(
    `select kind, id, version, state is null as gone
       from registry where (kind, id) in (select * from unnest($1::text[], $2::text[]))`,
    [changes.map(({ kind }) => kind), changes.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/** What is gone can be made anew by whoever believes that there is nothing. */
function versionOf(known: Map<string, Known>, change: RegistryChange): number {
  const { version, gone } = known.get(keyOf(change)) ?? { version: 0, gone: true };
  return gone ? 0 : version;
}

function after(known: Map<string, Known>, change: RegistryChange): Known {
  return { version: (known.get(keyOf(change))?.version ?? 0) + 1, gone: change.state === null };
}

function keyOf({ kind, id }: { kind: string; id: string }): string {
  return `${kind} ${id}`;
}
