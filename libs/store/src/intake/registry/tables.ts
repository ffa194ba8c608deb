import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Standing facts that are no decisions: a seat handed over, a stop, a person an identity provider told of, a token. */
export class IntakeRegistry1764200000000 implements MigrationInterface {
  name = 'IntakeRegistry1764200000000';

  async up(db: QueryRunner): Promise<void> {
    // What is gone stays as a row without state, so that those who follow by `seq` hear of it.
    await db.query(`
      create table registry (
        kind    text    collate "C" not null,
        id      text    collate "C" not null,
        version integer not null,
        seq     bigint  not null,
        state   json,
        primary key (kind, id)
      )`);
    await db.query('create unique index registry_seq on registry (seq)');
    // Locked by every change until its commit: `seq` is therefore in the order of commits, and has no gap still to fill.
    await db.query(`
      create table registry_head (
        one boolean primary key default true check (one),
        seq bigint not null
      )`);
    await db.query('insert into registry_head (seq) values (0)');
    // How far each process has read, and when it last looked.
    await db.query(`
      create table registry_readers (
        process text collate "C" primary key,
        seq     bigint      not null,
        at      timestamptz not null
      )`);
    await db.query('grant select, insert, update, delete on registry to countersign_intake');
    await db.query('grant select, update on registry_head to countersign_intake');
    await db.query('grant select, insert, update, delete on registry_readers to countersign_intake');
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}
