import { Fault } from '@countersign/contract';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Pool } from '../postgres.js';

// Decisions as they are listed. What needs nobody is one event and no state, and is listed from that event; everything else
// from its state. Both are found by the first event, by which every decision has one row and not more.

export interface ListingRange {
  /** Only those of this subject. */
  subject?: string;
  /** Only those of which this agent is the subject, or that it submitted. */
  party?: string;
  /** Ids, which sort by time: behind `before`, down to `from`. */
  before: string;
  from: string;
  limit: number;
}

/** Either is there: JSON text of the state, or the exact bytes of the only event. */
interface Listed {
  id: string;
  state: string | null;
  body: Buffer | null;
}

export class ListingReader {
  constructor(readonly pool: Pool) {}

  /** The newest decisions of a range. It costs as much as what it returns, however many there are. */
  async page({ subject, party, before, from, limit }: ListingRange): Promise<Listed[]> {
    const sources = party === undefined ? [subject === undefined ? 'true' : 'subject_id = $4'] : BY_PARTY;
    const scans = sources.map(
      (by) => `(select decision_id as id from events
                 where ${by} and subject_id is not null and decision_id < $1 and decision_id >= $2
                 order by decision_id desc limit $3)`,
    );
    const sql = `
      with page as (select id from (${scans.join(' union ')}) found order by id desc limit $3)
      select page.id, d.state::text as state, case when d.id is null then e.body end as body
        from page
        left join decisions d on d.id = page.id
        join events e on e.decision_id = page.id and e.subject_id is not null
       order by page.id desc`;
    const who = party ?? subject;
    try {
      const values = [before, from, limit, ...(who === undefined ? [] : [who])];
      return (await this.pool.query<Listed>(sql, values)).rows;
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }
}

const BY_PARTY = ['subject_id = $4', 'submitted_by = $4'];

/** Both columns are of the first event of a decision alone. A second index is kept only for what gateways submit. */
export class IntakeListing1764550000000 implements MigrationInterface {
  name = 'IntakeListing1764550000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(
      'alter table events add column subject_id text collate "C", add column submitted_by text collate "C"',
    );
    const request = `convert_from(body, 'UTF8')::json #> '{data,request}'`;
    await db.query(`
      update events set subject_id = ${request} #>> '{subject,id}', submitted_by = ${request} ->> 'submitted_by'
       where decision_id < 'dec_~' and position('"version":1}'::bytea in body) > 0
         and ${request} is not null and convert_from(body, 'UTF8')::json ->> 'version' = '1'`);
    await db.query('create index events_subject on events (subject_id, decision_id) where subject_id is not null');
    await db.query(
      'create index events_submitted on events (submitted_by, decision_id) where submitted_by is not null',
    );
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
