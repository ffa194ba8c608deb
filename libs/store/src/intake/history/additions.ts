import type pg from 'pg';
import type { Write } from '../write.js';
import { bucketOf } from './bucket.js';
import type { Addition } from './change.js';
import { digest, idOf } from './counter-key.js';

/** Adds what the writes count, in the writer's own rows, and notes the resources they name. */
export async function addUp(client: pg.ClientBase, writes: Write[], slot: number): Promise<void> {
  const additions = writes.flatMap(({ history }) => history?.add ?? []);
  if (additions.length === 0) return;
  const counted = [
    ...columns(additions),
    additions.map(({ count }) => count),
    additions.map(({ sum }) => sum),
    additions.map(({ denies }) => denies),
    slot,
  ];
  await client.query({ name: 'count', text: COUNT, values: counted });
  const named = additions.filter(({ resource }) => resource !== undefined);
  if (named.length === 0) return;
  const resources = named.map(({ resource }) => digest(resource!));
  await client.query({ name: 'count-resources', text: RESOURCES, values: [...columns(named), resources] });
}

function columns(additions: Addition[]): unknown[] {
  return [additions.map(({ key }) => idOf(key)), additions.map(({ at }) => bucketOf(Date.parse(at)))];
}

const COUNT = `
  insert into counters as c (id, bucket, slot, count, sum, denies)
  select id, bucket, $6, sum(count), sum(sum), sum(denies)
    from unnest($1::bytea[], $2::timestamptz[], $3::bigint[], $4::numeric[], $5::bigint[]) as a (id, bucket, count, sum, denies)
   group by id, bucket order by id, bucket
      on conflict (id, bucket, slot) do update
     set count = c.count + excluded.count, sum = c.sum + excluded.sum, denies = c.denies + excluded.denies`;

// These rows are shared by all writers; one that is there already is neither changed nor waited for.
const RESOURCES = `
  insert into counted_resources as r (id, resource, bucket)
  select id, resource, max(bucket)
    from unnest($1::bytea[], $2::timestamptz[], $3::bytea[]) as a (id, bucket, resource)
   where not exists (
     select from counted_resources r where r.id = a.id and r.resource = a.resource and r.bucket >= a.bucket)
   group by id, resource order by id, resource
      on conflict (id, resource) do update set bucket = greatest(r.bucket, excluded.bucket)`;
