import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from '../postgres.js';

/** Tables whose rows are never changed or removed. */
const RECORD = ['entries', 'nodes', 'checkpoints', 'quarantine'];

class Audit1763700000000 implements MigrationInterface {
  name = 'Audit1763700000000';

  async up(db: QueryRunner): Promise<void> {
    // `body` is the record: the exact bytes that were hashed. The columns beside it only help to find it. `leaf_index` comes
    // from the one writer at a time, never from a sequence, which leaves gaps.
    await db.query(`
      create table entries (
        leaf_index      bigint primary key check (leaf_index >= 0),
        event_id        text collate "C" not null unique,
        type            text collate "C" not null,
        decision_id     text collate "C" not null,
        source          text collate "C" not null,
        source_seq      bigint not null,
        body            bytea not null check (octet_length(body) <= 65535),
        leaf_hash       bytea not null check (leaf_hash = sha256('\\x00'::bytea || body)),
        occurred_at     timestamptz not null,
        recorded_at     timestamptz not null,
        topic           text,
        kafka_partition integer,
        kafka_offset    bigint
      )`);
    await db.query('create index entries_decision on entries (decision_id, leaf_index)');
    await db.query(`create index entries_own on entries (source_seq) where source = 'ledger'`);
    // Complete nodes of the tree above the leaves. A proof reads about log2(n) of them, whatever the size of the ledger.
    await db.query(`
      create table nodes (
        level smallint not null check (level >= 1),
        index bigint   not null check (index >= 0),
        hash  bytea    not null check (octet_length(hash) = 32),
        primary key (level, index)
      )`);
    await db.query(`
      create table checkpoints (
        size      bigint primary key,
        root      bytea not null check (octet_length(root) = 32),
        note      text not null,
        signed_at timestamptz not null
      )`);
    await db.query(`
      create table quarantine (
        sha256          bytea primary key check (sha256 = sha256(raw)),
        raw             bytea not null,
        reason          text not null,
        leaf_index      bigint not null unique references entries,
        received_at     timestamptz not null,
        topic           text,
        kafka_partition integer,
        kafka_offset    bigint
      )`);
    // How far the outgoing topics have been written: the only row here that moves.
    await db.query(`
      create table published (
        stream text primary key,
        next   bigint not null
      )`);
    await db.query(`insert into published values ('entries', 0), ('checkpoints', 0)`);
    await db.query('grant select, insert on entries, nodes, checkpoints, quarantine to countersign_audit');
    await db.query('grant select, update (next) on published to countersign_audit');
    await refuseChange(db);
  }

  async down(): Promise<void> {
    throw new Error('the record is never taken back');
  }
}

/**
 * Refuses change to whoever asks, the owner and a superuser included. "Always" keeps the triggers on where
 * session_replication_role would switch ordinary ones off. Whoever may drop a trigger can still get around it: this
 * prevents, and only a checkpoint kept elsewhere proves.
 */
async function refuseChange(db: QueryRunner): Promise<void> {
  await db.query(`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'the record is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
    end $$`);
  for (const table of RECORD) {
    await db.query(
      `create trigger ${table}_keep_rows before update or delete on ${table} for each row execute function refuse_change()`,
    );
    await db.query(
      `create trigger ${table}_keep_table before truncate on ${table} for each statement execute function refuse_change()`,
    );
    await db.query(`alter table ${table} enable always trigger ${table}_keep_rows`);
    await db.query(`alter table ${table} enable always trigger ${table}_keep_table`);
  }
}

export const MIGRATIONS: MigrationClass[] = [Audit1763700000000];
