import type { Pool } from '../../postgres.js';
import { bucketOf, hourOf } from './bucket.js';

/**
 * Forgets what no window reaches any more, a bounded number of rows per table and call. Returns how many went; 0 when there
 * is nothing left. `before` must lie more than a day back. Rows that a writer holds are left for the next time, so that
 * nobody waits for this.
 */
export async function sweepHistory(pool: Pool, before: Date, limit = 5_000): Promise<number> {
  let swept = 0;
  for (const [sql, bound] of [
    [forget('counters', 'bucket < $1'), bucketOf(before)],
    [forget('counted_resources', 'bucket < $1'), bucketOf(before)],
    [forget('counter_heads', 'hour < $1'), hourOf(before)],
    [forget('flow_facts', `scope = 'subject' and bucket < $1`), bucketOf(before)],
    [FORGET_SESSIONS, hourOf(before)],
  ] as const) {
    const { rows } = await pool.query<{ swept: number }>(sql, [bound, limit]);
    swept += rows[0]!.swept;
  }
  return swept;
}

function forget(table: string, old: string): string {
  return `with old as (select ctid from ${table} where ${old} limit $2 for update skip locked),
               gone as (delete from ${table} where ctid = any(array(select ctid from old)) returning 1)
          select count(*)::int as swept from gone`;
}

// What flowed in a session is known for as long as the session goes on, however long ago it was.
const FORGET_SESSIONS = `
  with old as (select key from sessions where hour < $1 limit $2 for update skip locked),
       gone as (delete from sessions using old where sessions.key = old.key returning sessions.key),
       facts as (delete from flow_facts using gone where flow_facts.scope = 'session' and flow_facts.key = gone.key)
  select count(*)::int as swept from gone`;
