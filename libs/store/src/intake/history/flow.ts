import type pg from 'pg';
import type { Write } from '../write.js';
import { arrayOf } from './array.js';
import { BUCKETS_PER_HOUR, bucketOf } from './bucket.js';
import type { FlowOccurrence, HistoryChange } from './change.js';
import { digest } from './counter-key.js';

/** From here on these sessions are known, each with the hour it was last heard of. */
export async function touchSessions(client: pg.ClientBase, sessions: Map<string, number>): Promise<void> {
  if (sessions.size === 0) return;
  const all = [...sessions];
  const values = [arrayOf(all, ([session]) => digest(session)), arrayOf(all, ([, hour]) => hour)];
  await client.query({ name: 'touch-sessions', text: TOUCH, values });
}

/** What flows by these writes, in their sessions and through their subjects. */
export async function saveFlow(client: pg.ClientBase, writes: Write[]): Promise<void> {
  const rows = writes.flatMap(({ decisionId, history }) => (history ? rowsOf(decisionId, history.flow) : []));
  if (rows.length === 0) return;
  await client.query(FLOW, [
    rows.map(({ scope }) => scope),
    arrayOf(rows, ({ key }) => digest(key)),
    rows.map(({ seen }) => seen.fact),
    rows.map(({ seen }) => seen.at),
    rows.map(({ seen }) => seen.action),
    rows.map(({ seen }) => seen.resource),
    rows.map(({ seen }) => seen.decision_id),
    arrayOf(rows, ({ seen }) => bucketOf(seen.at)),
  ]);
}

interface FlowRow {
  scope: 'session' | 'subject';
  key: string;
  seen: FlowOccurrence;
}

function rowsOf(decisionId: string, flow: HistoryChange['flow']): FlowRow[] {
  const { subject, session, facts, at, action, resource, inherited = [] } = flow;
  const seen = facts.map((fact) => ({ fact, at, action, resource, decision_id: decisionId }));
  const inSession = session === undefined ? [] : [...inherited, ...seen];
  return [
    ...seen.map((one): FlowRow => ({ scope: 'subject', key: subject, seen: one })),
    ...inSession.map((one): FlowRow => ({ scope: 'session', key: session!, seen: one })),
  ];
}

const TOUCH = `
  insert into sessions as s (key, hour)
  select key, hour from unnest($1::uuid[], $2::int[]) as t (key, hour) order by key
      on conflict (key) do update set hour = excluded.hour where s.hour < excluded.hour`;

/** A session never forgets how a thing began. A subject lives for ever, so for it an hour of silence is a new beginning. */
const REPLACES = `excluded.at < f.at or (f.scope = 'subject' and f.bucket < excluded.bucket - ${BUCKETS_PER_HOUR})`;

const FLOW = `
  insert into flow_facts as f (scope, key, fact, at, action, resource, decision_id, bucket)
  select distinct on (scope collate "C", key, fact collate "C")
         scope, key, fact, at, action, resource, decision_id, max(bucket) over (partition by scope, key, fact)
    from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::int[])
      as s (scope, key, fact, at, action, resource, decision_id, bucket)
   where not exists (
     select from flow_facts f
      where f.scope = s.scope and f.key = s.key and f.fact = s.fact and f.at <= s.at and f.bucket >= s.bucket)
   order by scope collate "C", key, fact collate "C", at
      on conflict (scope, key, fact) do update
     set ${['at', 'action', 'resource', 'decision_id']
       .map((column) => `${column} = case when ${REPLACES} then excluded.${column} else f.${column} end`)
       .join(', ')},
         bucket = greatest(f.bucket, excluded.bucket)`;
