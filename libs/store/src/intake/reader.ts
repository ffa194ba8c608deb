import { Fault } from '@countersign/contract';
import type { Pool } from '../postgres.js';
import { UNCOUNTED, type AskLimit } from './asks/index.js';

export interface Attention {
  /** JSON text of the last denied one. */
  denied: string | null;
  pending: number;
  /** Whether one like it waits: then asking again takes nobody's attention. */
  isPending: boolean;
  /** Id of the first of the subject's last requests that people were asked about, if there are as many as were to be counted. */
  first: string | null;
  /** Requests that wait for each person. */
  waiting: Record<string, number> | null;
}

/** Decisions of one session that are tried for leave. */
const MOST_LEAVES = 8;

/** Reads of intake's tables. State is JSON text, events are their exact bytes; what they mean is the caller's business. */
export class IntakeReader {
  constructor(readonly pool: Pool) {}

  /** The state row's JSON text, if the decision has one. */
  async state(id: string): Promise<string | undefined> {
    return (await this.#states('select state::text as state from decisions where id = $1', [id]))[0];
  }

  /** Everything that happened to one decision, in order. */
  async events(id: string): Promise<Buffer[]> {
    const rows = await this.#rows<{ body: Buffer }>('select body from events where decision_id = $1 order by tx, pos', [
      id,
    ]);
    return rows.map(({ body }) => body);
  }

  /** The event that first carried this request key. */
  async eventOf(requestKey: Buffer): Promise<Buffer | undefined> {
    const rows = await this.#rows<{ body: Buffer }>('select body from events where request_key = $1', [requestKey]);
    return rows[0]?.body;
  }

  /** The pending decision for the same subject and action. */
  async pendingLike(subjectId: string, digest: string): Promise<string | undefined> {
    const sql = `select state::text as state from decisions where subject_id = $1 and digest = $2 and status = 'PENDING'`;
    return (await this.#states(sql, [subjectId, digest]))[0];
  }

  /**
   * What there is already when one more request wants people's attention: the last one for the same action that they denied,
   * how many of the subject wait, how many it had people asked about, and for how many each of these people is asked. In one
   * round trip. What was denied is found by the action alone: an agent that says another principal, place or key asks for no
   * other thing.
   */
  async attention(
    { subjectId, digest, action }: { subjectId: string; digest: string; action: string },
    people: readonly string[],
    { from, most }: NonNullable<AskLimit['lately']> = UNCOUNTED,
  ): Promise<Attention> {
    const sql = `
      select (select state::text from decisions where subject_id = $1 and state->>'action_digest' = $6 and status = 'DENIED'
                 and (state->'denied_by') is not null order by state->>'updated_at' desc limit 1) as denied,
             (select count(*)::int from decisions where subject_id = $1 and status = 'PENDING') as pending,
             exists (select from decisions where subject_id = $1 and digest = $2 and status = 'PENDING') as "isPending",
             (select id from decisions where held and subject_id = $1 and id >= $4
               order by id desc offset $5 - 1 limit 1) as first,
             (select json_object_agg(person, (select count(*)::int from decisions
                where status = 'PENDING' and asked @> array[person])) from unnest($3::text[]) as person) as waiting`;
    return (await this.#rows<Attention>(sql, [subjectId, digest, people, from, most, action]))[0]!;
  }

  /** Decisions that wait for people, in the order of their deadlines, behind the given one. */
  pending(
    limit: number,
    after: { deadline: string; id: string } = { deadline: '-infinity', id: '' },
  ): Promise<string[]> {
    const sql = `select state::text as state from decisions
                  where status = 'PENDING' and (deadline, id) > ($2::timestamptz, $3) order by deadline, id limit $1`;
    return this.#states(sql, [limit, after.deadline, after.id]);
  }

  /** Decisions that people were asked about, in the order in which they were, behind one id and before another. */
  held(after: string, before: string, limit: number): Promise<string[]> {
    const sql = `select state::text as state from decisions where held and id > $1 and id < $2 order by id limit $3`;
    return this.#states(sql, [after, before, limit]);
  }

  /** The states of these decisions, in no order. */
  states(ids: string[]): Promise<string[]> {
    return this.#states('select state::text as state from decisions where id = any($1)', [ids]);
  }

  /** Decisions that gave leave for further actions with this in common, the latest first. */
  withLeave(session: string): Promise<string[]> {
    const sql = `select state::text as state from decisions where session = $1 order by id desc limit $2`;
    return this.#states(sql, [session, MOST_LEAVES]);
  }

  /** Whether a permission that was given before that time can still be used. */
  async anyGrantBefore(at: string): Promise<boolean> {
    const rows = await this.#rows(
      `select 1 from decisions
        where due is not null and status = 'ALLOWED'
          and coalesce(state->>'granted_at', state->>'updated_at') < $1 limit 1`,
      [at],
    );
    return rows.length > 0;
  }

  /** Ids of decisions that time is to do something to, the longest overdue first. */
  async due(at: string, limit: number): Promise<string[]> {
    const rows = await this.#rows<{ id: string }>('select id from decisions where due <= $1 order by due limit $2', [
      at,
      limit,
    ]);
    return rows.map(({ id }) => id);
  }

  /** Decisions that wait, or whose permission can be used, behind the given one: an order that a change can only move on. */
  async open(
    limit: number,
    after = { due: '-infinity', id: '' },
  ): Promise<{ id: string; due: string; state: string }[]> {
    return this.#rows(
      `select id, due::text as due, state::text as state from decisions
        where due is not null and status in ('PENDING', 'ALLOWED') and (due, id) > ($2::timestamptz, $3) order by due, id limit $1`,
      [limit, after.due, after.id],
    );
  }

  /** True if the database answers. */
  async ping(): Promise<void> {
    await this.#rows('select 1', []);
  }

  async #states(sql: string, values: unknown[]): Promise<string[]> {
    return (await this.#rows<{ state: string }>(sql, values)).map(({ state }) => state);
  }

  async #rows<T extends object>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query<T>(sql, values)).rows;
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }
}
