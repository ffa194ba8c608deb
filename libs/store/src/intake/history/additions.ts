import type pg from 'pg';
import type { Write } from '../write.js';
import { arrayOf } from './array.js';
import { bucketOf } from './bucket.js';
import type { Addition } from './change.js';
import { digest, idOf } from './counter-key.js';

/** Adds what the writes count, in the writer's own rows, and notes the resources they name. */
export async function addUp(client: pg.ClientBase, writes: Write[], slot: number): Promise<void> {
  const additions = writes.flatMap(({ history }) => history?.add ?? []);
  if (additions.length === 0) return;
  const counted = [
    slot,
    ...columns(additions),
    arrayOf(additions, ({ count }) => count),
    arrayOf(additions, ({ sum }) => sum),
    arrayOf(additions, ({ denies }) => denies),
  ];
  await client.query({ name: 'count', text: COUNT, values: counted });
  const named = additions.filter(({ resource }) => resource !== undefined);
  if (named.length === 0) return;
  const resources = arrayOf(named, ({ resource }) => digest(resource!));
  await client.query({ name: 'count-resources', text: RESOURCES, values: [...columns(named), resources] });
}

function columns(additions: Addition[]): string[] {
  return [arrayOf(additions, ({ key }) => idOf(key)), arrayOf(additions, ({ at }) => bucketOf(at))];
}

// The sums are added up here and not before, where numbers are not decimal.
const COUNT = `
  insert into counters as c (id, bucket, slot, count, sum, denies)
  select id, bucket, $1, sum(count), sum(sum), sum(denies)
    from unnest($2::uuid[], $3::int[], $4::bigint[], $5::numeric[], $6::bigint[]) as a (id, bucket, count, sum, denies)
   group by id, bucket order by id, bucket
      on conflict (id, bucket, slot) do update
     set count = c.count + excluded.count, sum = c.sum + excluded.sum, denies = c.denies + excluded.denies`;

// These rows are shared by all writers; one that is there already is neither changed nor waited for.
const RESOURCES = `
  insert into counted_resources as r (id, bucket, resource)
  select id, max(bucket), resource from unnest($1::uuid[], $2::int[], $3::uuid[]) as a (id, bucket, resource)
   where not exists (
     select from counted_resources r where r.id = a.id and r.resource = a.resource and r.bucket >= a.bucket)
   group by id, resource order by id, resource
      on conflict (id, resource) do update set bucket = greatest(r.bucket, excluded.bucket)`;
