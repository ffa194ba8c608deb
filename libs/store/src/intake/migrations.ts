import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from '../postgres.js';
import { IntakeAsks1764400000000, IntakeDeniedActions1764500000000 } from './asks/index.js';
import { IntakeAttention1764100000000 } from './attention.js';
import { IntakeBundles1763900000000 } from './bundles/tables.js';
import { IntakeDue1764000000000 } from './due.js';
import { IntakeHistory1763800000000 } from './history/tables.js';
import { IntakeListing1764550000000 } from './listing.js';
import { IntakeRelated1764300000000 } from './related.js';
import { IntakeSession1764350000000 } from './session.js';
import { IntakeRegistry1764200000000 } from './registry/tables.js';

class Intake1763700000000 implements MigrationInterface {
  name = 'Intake1763700000000';

  async up(db: QueryRunner): Promise<void> {
    // The outbox, and the whole history of every decision. An answer that needs nobody is one row here and nothing else.
    // `tx` with `pos` is the relay's cursor: pg_snapshot_xmin fences rows whose transaction may still have unseen siblings.
    await db.query(`
      create table events (
        tx          xid8   not null default pg_current_xact_id(),
        pos         bigint not null generated always as identity,
        source      text   collate "C" not null,
        source_seq  bigint not null,
        decision_id text   collate "C" not null,
        request_key bytea,
        body        bytea  not null,
        primary key (tx, pos)
      )`);
    await db.query('create index events_decision on events (decision_id)');
    await db.query('create unique index events_request on events (request_key) where request_key is not null');
    // State exists for decisions that can still change, or once could.
    await db.query(`
      create table decisions (
        id          text collate "C" primary key,
        version     integer not null,
        status      text collate "C" not null,
        subject_id  text not null,
        digest      text collate "C" not null,
        deadline    timestamptz,
        state       json not null
      )`);
    await db.query('create index decisions_deadline on decisions (deadline) where deadline is not null');
    await db.query(`create unique index decisions_pending on decisions (subject_id, digest) where status = 'PENDING'`);
    await db.query(`create index decisions_open on decisions (deadline, id) where status = 'PENDING'`);
    await db.query(`
      create table relay (
        one boolean primary key default true check (one),
        tx  xid8   not null,
        pos bigint not null
      )`);
    await db.query(`insert into relay (tx, pos) values ('0', 0)`);
    await db.query('grant select, insert on events to countersign_intake');
    await db.query('grant select, insert, update on decisions to countersign_intake');
    await db.query('grant select, update on relay to countersign_intake');
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}

export const MIGRATIONS: MigrationClass[] = [
  Intake1763700000000,
  IntakeHistory1763800000000,
  IntakeBundles1763900000000,
  IntakeDue1764000000000,
  IntakeAttention1764100000000,
  IntakeRegistry1764200000000,
  IntakeRelated1764300000000,
  IntakeSession1764350000000,
  IntakeAsks1764400000000,
  IntakeDeniedActions1764500000000,
  IntakeListing1764550000000,
];
