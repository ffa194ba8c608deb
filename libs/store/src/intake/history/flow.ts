import type pg from 'pg';
import type { Write } from '../write.js';
import { bucketOf, HOUR_MS } from './bucket.js';
import type { FlowOccurrence, HistoryChange } from './change.js';
import { digest } from './counter-key.js';

/** From here on the sessions of these writes are known, and what flowed in them and through their subjects. */
export async function saveFlow(client: pg.ClientBase, writes: Write[]): Promise<void> {
  const flows = writes.flatMap(({ decisionId, history }) => (history ? [{ decisionId, ...history.flow }] : []));
  const sessions = flows.filter(({ session }) => session !== undefined);
  if (sessions.length > 0)
    await client.query({
      name: 'touch-sessions',
      text: TOUCH,
      values: [
        sessions.map(({ session }) => digest(session!)),
        sessions.map(({ at }) => bucketOf(Date.parse(at), HOUR_MS)),
      ],
    });
  const rows = flows.flatMap(rowsOf);
  if (rows.length > 0)
    await client.query(FLOW, [
      rows.map(({ scope }) => scope),
      rows.map(({ key }) => digest(key)),
      rows.map(({ seen }) => seen.fact),
      rows.map(({ seen }) => seen.at),
      rows.map(({ seen }) => seen.action),
      rows.map(({ seen }) => seen.resource),
      rows.map(({ seen }) => seen.decision_id),
      rows.map(({ seen }) => bucketOf(Date.parse(seen.at))),
    ]);
}

interface FlowRow {
  scope: 'session' | 'subject';
  key: string;
  seen: FlowOccurrence;
}

function rowsOf(flow: HistoryChange['flow'] & { decisionId: string }): FlowRow[] {
  const { subject, session, facts, at, action, resource, decisionId, inherited = [] } = flow;
  const seen = facts.map((fact) => ({ fact, at, action, resource, decision_id: decisionId }));
  return [
    ...seen.map((one): FlowRow => ({ scope: 'subject', key: subject, seen: one })),
    ...(session === undefined ? [] : [...inherited, ...seen]).map((one): FlowRow => ({
      scope: 'session',
      key: session!,
      seen: one,
    })),
  ];
}

const TOUCH = `
  insert into sessions as s (key, hour)
  select key, max(hour) from unnest($1::bytea[], $2::timestamptz[]) as t (key, hour) group by key order by key
      on conflict (key) do update set hour = excluded.hour where s.hour < excluded.hour`;

/** A session never forgets how a thing began. A subject lives for ever, so for it an hour of silence is a new beginning. */
const REPLACES = `excluded.at < f.at or (f.scope = 'subject' and f.bucket < excluded.bucket - interval '1 hour')`;

const FLOW = `
  insert into flow_facts as f (scope, key, fact, at, action, resource, decision_id, bucket)
  select distinct on (scope collate "C", key, fact collate "C")
         scope, key, fact, at, action, resource, decision_id, max(bucket) over (partition by scope, key, fact)
    from unnest($1::text[], $2::bytea[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
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
