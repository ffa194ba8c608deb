import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When time does something to a decision next, apart from when it ends: before the end there may be a reminder. */
export class IntakeDue1764000000000 implements MigrationInterface {
  name = 'IntakeDue1764000000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table decisions add column due timestamptz');
    await db.query('update decisions set due = deadline where deadline is not null');
    await db.query('create index decisions_due on decisions (due) where due is not null');
    await db.query('drop index decisions_deadline');
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
