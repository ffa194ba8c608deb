import type pg from 'pg';
import type { Write } from '../write.js';
import { bucketOf } from './bucket.js';
import type { Addition } from './change.js';
import { digest } from './counter-key.js';

/** Adds what the writes count, in the writer's own rows, and notes the resources they name. */
export async function addUp(client: pg.ClientBase, writes: Write[], slot: number): Promise<void> {
  const additions = writes.flatMap(({ history }) => history?.add ?? []);
  if (additions.length === 0) return;
  await client.query(COUNT, [
    ...columns(additions),
    additions.map(({ count }) => count),
    additions.map(({ sum }) => sum),
    additions.map(({ denies }) => denies),
    slot,
  ]);
  const named = additions.filter(({ resource }) => resource !== undefined);
  if (named.length > 0) await client.query(NAME, [...columns(named), named.map(({ resource }) => digest(resource!))]);
}

function columns(additions: Addition[]): unknown[] {
  return [
    additions.map(({ key }) => key.counter),
    additions.map(({ key }) => key.scope),
    additions.map(({ key }) => digest(key.key)),
    additions.map(({ at }) => bucketOf(Date.parse(at))),
  ];
}

const COUNTER = '$1::text[], $2::text[], $3::bytea[], $4::timestamptz[]';

const COUNT = `
  insert into counters as c (counter, scope, key, bucket, slot, count, sum, denies)
  select counter collate "C", scope collate "C", key, bucket, $8, sum(count), sum(sum), sum(denies)
    from unnest(${COUNTER}, $5::bigint[], $6::numeric[], $7::bigint[]) as a (counter, scope, key, bucket, count, sum, denies)
   group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (counter, scope, key, bucket, slot) do update
     set count = c.count + excluded.count, sum = c.sum + excluded.sum, denies = c.denies + excluded.denies`;

// These rows are shared by all writers; one that is there already is neither changed nor waited for.
const NAME = `
  insert into counted_resources as r (counter, scope, key, resource, bucket)
  select counter collate "C", scope collate "C", key, resource, max(bucket)
    from unnest(${COUNTER}, $5::bytea[]) as a (counter, scope, key, bucket, resource)
   where not exists (
     select from counted_resources r
      where r.counter = a.counter and r.scope = a.scope and r.key = a.key and r.resource = a.resource and r.bucket >= a.bucket)
   group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (counter, scope, key, resource) do update set bucket = greatest(r.bucket, excluded.bucket)`;
