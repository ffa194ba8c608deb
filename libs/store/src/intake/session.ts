import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leave that people gave for further actions of a session, to be found by what those have in common with the first. */
export class IntakeSession1764350000000 implements MigrationInterface {
  name = 'IntakeSession1764350000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table decisions add column session text collate "C"');
    await db.query('create index decisions_session on decisions (session, id) where session is not null');
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
