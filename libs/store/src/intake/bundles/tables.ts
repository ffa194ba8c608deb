import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Compiled policies, and which of them serves. */
export class IntakeBundles1763900000000 implements MigrationInterface {
  name = 'IntakeBundles1763900000000';

  async up(db: QueryRunner): Promise<void> {
    // An archive is stored before it is announced: it is large, and must not hold up the commits of decisions.
    await db.query(`
      create table bundle_archives (
        revision text  collate "C" primary key,
        archive  bytea not null
      )`);
    await db.query(`
      create table bundles (
        revision     text collate "C" primary key references bundle_archives,
        author       text not null,
        note         text not null,
        areas        text[] not null,
        size         integer not null,
        changes      json not null,
        created_at   timestamptz not null,
        activated_at timestamptz,
        activated_by text,
        decision_id  text collate "C"
      )`);
    await db.query('create index bundles_newest on bundles (created_at, revision)');
    // One row that is always there, so that it can be locked. No revision: nothing was activated yet, and what is shipped serves.
    await db.query(`
      create table serving_bundle (
        one       boolean primary key default true check (one),
        revision  text collate "C" references bundles,
        previous  text collate "C" references bundles,
        candidate text collate "C" references bundles
      )`);
    await db.query('insert into serving_bundle default values');
    await db.query('grant select, insert on bundle_archives, bundles to countersign_intake');
    // What was uploaded is never changed: only when it served.
    await db.query('grant update (activated_at, activated_by, decision_id) on bundles to countersign_intake');
    await db.query('grant select, update on serving_bundle to countersign_intake');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table serving_bundle, bundles, bundle_archives');
  }
}
