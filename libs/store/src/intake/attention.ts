import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose attention a waiting request takes, and what people have denied lately: looked up for every request that is held. */
export class IntakeAttention1764100000000 implements MigrationInterface {
  name = 'IntakeAttention1764100000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table decisions add column asked text[]');
    await db.query(`create index decisions_asked on decisions using gin (asked) where status = 'PENDING'`);
    await db.query(`create index decisions_denied on decisions (subject_id, digest, id) where status = 'DENIED'`);
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
