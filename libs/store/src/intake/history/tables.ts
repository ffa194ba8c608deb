import type { MigrationInterface, QueryRunner } from 'typeorm';

/** History for policy: derived from decisions, forgotten after a while, and no part of the record. */
export class IntakeHistory1763800000000 implements MigrationInterface {
  name = 'IntakeHistory1763800000000';

  async up(db: QueryRunner): Promise<void> {
    // `id`, `key` and `resource` are 16 bytes of SHA-256, because what they stand for is long and these tables are mostly
    // index. The id of a counter is that of `scope LF counter LF key`. `bucket` and `hour` number the five minutes and the
    // hours since 1970. `slot` is the writer's own row, so that replicas do not wait for each other on a counter of
    // everybody. Amounts are decimal: a sum of money must not drift past a limit, and no sum can be too large for it.
    await db.query(`
      create table counters (
        id     uuid     not null,
        bucket integer  not null,
        slot   smallint not null,
        count  bigint   not null,
        sum    numeric  not null,
        denies bigint   not null,
        primary key (id, bucket, slot)
      ) with (fillfactor = 80)`);
    await db.query('create index counters_bucket on counters (bucket)');
    // `bucket` is that of the latest use. The key begins with the resource so that a window is only ever read by the other
    // index, which has the latest first.
    await db.query(`
      create table counted_resources (
        resource uuid    not null,
        id       uuid    not null,
        bucket   integer not null,
        primary key (resource, id)
      )`);
    await db.query('create index counted_resources_latest on counted_resources (id, bucket desc)');
    await db.query('create index counted_resources_bucket on counted_resources (bucket)');
    // Versions come from one sequence and are never used twice, so a head may be forgotten and made anew.
    await db.query('create sequence counter_versions');
    await db.query(`
      create table counter_heads (
        id      uuid    primary key,
        version bigint  not null,
        hour    integer not null
      ) with (fillfactor = 50)`);
    await db.query('create index counter_heads_hour on counter_heads (hour)');
    // Sessions that have had a decision, and what flowed in them and through each subject. `at`, `action`, `resource` and
    // `decision_id` are of the first time, `bucket` is of the last.
    await db.query(`
      create table sessions (
        key  uuid    primary key,
        hour integer not null
      )`);
    await db.query('create index sessions_hour on sessions (hour)');
    await db.query(`
      create table flow_facts (
        scope       text        collate "C" not null,
        key         uuid        not null,
        fact        text        collate "C" not null,
        at          timestamptz not null,
        action      text        not null,
        resource    text        not null,
        decision_id text        collate "C" not null,
        bucket      integer     not null,
        primary key (scope, key, fact)
      )`);
    await db.query(`create index flow_facts_subject on flow_facts (bucket) where scope = 'subject'`);
    await db.query('grant usage on sequence counter_versions to countersign_intake');
    for (const table of ['counters', 'counted_resources', 'counter_heads', 'sessions', 'flow_facts'])
      await db.query(`grant select, insert, update, delete on ${table} to countersign_intake`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table flow_facts, sessions, counter_heads, counted_resources, counters');
    await db.query('drop sequence counter_versions');
  }
}
