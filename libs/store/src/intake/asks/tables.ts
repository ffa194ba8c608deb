import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which decisions people were asked about, by who made them ask, and by time. */
export class IntakeAsks1764400000000 implements MigrationInterface {
  name = 'IntakeAsks1764400000000';

  async up(db: QueryRunner): Promise<void> {
    // What was kept before has no value here, and counts as not asked: it is looked at for an hour only.
    await db.query('alter table decisions add column held boolean');
    await db.query('create index decisions_asks on decisions (subject_id, id) where held');
    await db.query('create index decisions_held on decisions (id) where held');
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}

/** What people have denied, by the action itself. */
export class IntakeDeniedActions1764500000000 implements MigrationInterface {
  name = 'IntakeDeniedActions1764500000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('drop index decisions_denied');
    await db.query(
      `create index decisions_denied on decisions (subject_id, (state->>'action_digest')) where status = 'DENIED'`,
    );
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
