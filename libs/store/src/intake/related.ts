import { Fault } from '@countersign/contract';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Pool } from '../postgres.js';

// What stands beside a request when a person looks at it. Never read to answer an agent, and bounded, however much there is.

export interface Alike {
  id: string;
  subjectId: string;
  action: string;
  /** Ids begin with their time: only those behind this one are looked at. */
  since: string;
}

const MOST_ALIKE = 60;
/** Events that are looked through for those of a session: the table has no index on what an event says. */
const LOOKED_THROUGH = 400;
const MOST_OF_SESSION = 10;

export class RelatedReader {
  constructor(readonly pool: Pool) {}

  /** States of the latest requests of the same agent for the same action, the latest first, and whether there are more. */
  async alike({ id, subjectId, action, since }: Alike): Promise<{ states: string[]; more: boolean }> {
    const sql = `
      select state::text as state from decisions
       where subject_id = $1 and state->'request'->'action'->>'name' = $2 and id > $3 and id <> $4
       order by id desc limit ${MOST_ALIKE + 1}`;
    const rows = await this.#rows<{ state: string }>(sql, [subjectId, action, since, id]);
    return { states: rows.slice(0, MOST_ALIKE).map(({ state }) => state), more: rows.length > MOST_ALIKE };
  }

  /**
   * Ids of decisions made before this one whose events have this text in them, the latest first. A text can stand anywhere,
   * so the caller has to see that it is the session and the agent that are meant.
   */
  async mentioning(id: string, since: string, text: string): Promise<string[]> {
    const sql = `
      select distinct decision_id from (
        select decision_id, body from events where decision_id < $1 and decision_id > $2
         order by decision_id desc limit ${LOOKED_THROUGH}) as latest
       where position($3::bytea in body) > 0
       order by decision_id desc limit ${MOST_OF_SESSION}`;
    return (await this.#rows<{ decision_id: string }>(sql, [id, since, Buffer.from(text)])).map(
      ({ decision_id }) => decision_id,
    );
  }

  /** The events of these decisions, in order. */
  async events(ids: readonly string[]): Promise<{ decision_id: string; body: Buffer }[]> {
    return this.#rows(
      `select decision_id, body from events where decision_id = any($1) order by decision_id desc, tx, pos limit 200`,
      [ids],
    );
  }

  /** Decided requests that people were asked about, the latest first, behind the given id. */
  async decided(limit: number, before: string): Promise<string[]> {
    const sql = `
      select state::text as state from decisions
       where status <> 'PENDING' and (state->'approval') is not null and id < $2 order by id desc limit $1`;
    return (await this.#rows<{ state: string }>(sql, [limit, before])).map(({ state }) => state);
  }

  async #rows<T extends object>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query<T>(sql, values)).rows;
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }
}

/** Both indexes hold only decisions that have a state: an answer that needs nobody has none, and pays nothing for them. */
export class IntakeRelated1764300000000 implements MigrationInterface {
  name = 'IntakeRelated1764300000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `create index decisions_alike on decisions (subject_id, (state->'request'->'action'->>'name'), id desc)`,
    );
    await db.query(
      `create index decisions_decided on decisions (id) where status <> 'PENDING' and (state->'approval') is not null`,
    );
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
