import type pg from 'pg';
import { LOCKS } from '../../locks.js';
import type { Write } from '../write.js';

/** How many requests of one subject are put before people. */
export interface AskLimit {
  subject_id: string;
  /** How many of them may wait at a time. */
  pending: number;
  /** How many there may be from a time on. Ids sort by time: decisions with a smaller id are not counted. */
  lately?: { from: string; most: number };
}

/** Counts nothing: no id is that large. */
export const UNCOUNTED = { from: '~', most: 1 };

/**
 * The writes that would put more before people than their limit. Writes for one subject go one after another over all
 * processes, because each of them would otherwise count without the others. Call it before anything else is locked.
 */
export async function overtakenAsks(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const lost = new Set<Write>();
  const limited = writes.filter(({ asks }) => asks);
  if (limited.length === 0) return lost;
  const limits = [...new Map(limited.map(({ asks }) => [asks!.subject_id, asks!])).values()];
  const subjects = limits.map(({ subject_id }) => subject_id);
  await client.query(LOCK, [LOCKS.asks, subjects]);
  const lately = limits.map((limit) => limit.lately ?? { ...UNCOUNTED, most: limit.pending });
  const { rows } = await client.query<{ subject: string; room: number }>(ROOM, [
    subjects,
    lately.map(({ from }) => from),
    lately.map(({ most }) => most),
    limits.map(({ pending }) => pending),
  ]);
  const room = new Map(rows.map(({ subject, room: left }) => [subject, left]));
  for (const write of limited) {
    const left = room.get(write.asks!.subject_id)!;
    if (left <= 0) lost.add(write);
    else room.set(write.asks!.subject_id, left - 1);
  }
  return lost;
}

// In one order everywhere. A statement of its own: only the next one sees what was committed while this one waited.
const LOCK = `select pg_advisory_xact_lock($1, key) from (
  select distinct hashtext(subject) as key from unnest($2::text[]) as subject order by key) as keys`;

/** Looks at no more rows than matter. */
const ROOM = `
  select subject,
         least(most - (select count(*)::int from (
                 select from decisions where held and subject_id = subject and id >= since limit most) as asked),
               waiting - (select count(*)::int from (
                 select from decisions where status = 'PENDING' and subject_id = subject limit waiting) as pending)) as room
    from unnest($1::text[], $2::text[], $3::int[], $4::int[]) as limits (subject, since, most, waiting)`;
