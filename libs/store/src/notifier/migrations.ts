import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from '../postgres.js';
import { NotifierNotices1764500000000 } from './notices.js';

class Notifier1763700000000 implements MigrationInterface {
  name = 'Notifier1763700000000';

  async up(db: QueryRunner): Promise<void> {
    // The notifier's own fold of the events of decisions that people were asked about.
    await db.query(`
      create table requests (
        decision_id text    collate "C" primary key,
        version     integer not null,
        state       json    not null
      )`);
    // What each version looked like, so that a vote can name what its voter saw.
    await db.query(`
      create table cards (
        decision_id text    collate "C" not null references requests,
        version     integer not null,
        digest      text    not null,
        primary key (decision_id, version)
      )`);
    // One message in one conversation. 'open' has work to do at next_at, which is also the lease of the worker that holds
    // it. 'lost' was posted with an unknown outcome as often as is decent, and waits for a click to say where it is.
    await db.query(`
      create table deliveries (
        decision_id      text        collate "C" not null references requests,
        channel          text        collate "C" not null,
        address          text        collate "C" not null,
        groups           json        not null,
        refs             jsonb       not null default '[]',
        posts            integer     not null default 0,
        rendered_version integer     not null default 0,
        rendered_digest  text,
        target_version   integer     not null,
        state            text        not null default 'open' check (state in ('open', 'settled', 'lost', 'dead')),
        attempts         integer     not null default 0,
        next_at          timestamptz not null default now(),
        lease            uuid,
        last_error       text,
        primary key (decision_id, channel, address)
      )`);
    await db.query(`create index deliveries_due on deliveries (channel, next_at) where state = 'open'`);
    // Where a conversation is served, learnt from verified calls of the channel itself.
    await db.query(`
      create table conversations (
        channel     text collate "C" not null,
        address     text collate "C" not null,
        service_url text not null,
        primary key (channel, address)
      )`);
    for (const table of ['requests', 'cards', 'deliveries', 'conversations']) {
      await db.query(`grant select, insert, update on ${table} to countersign_notifier`);
    }
  }

  async down(): Promise<void> {
    throw new Error('deliveries are not taken back: messages are already with people');
  }
}

/** What is said below a card is a message of its own: posted once, and never changed. */
class NotifierNotes1764300000000 implements MigrationInterface {
  name = 'NotifierNotes1764300000000';

  async up(db: QueryRunner): Promise<void> {
    // The version of the decision that is spoken of; 0 is the card itself. `says` is the data of that event.
    await db.query(`alter table deliveries add column note integer not null default 0, add column says json`);
    await db.query(`alter table deliveries drop constraint deliveries_pkey`);
    await db.query(`alter table deliveries add primary key (decision_id, channel, address, note)`);
  }

  async down(): Promise<void> {
    throw new Error('deliveries are not taken back: messages are already with people');
  }
}

/** What stands beside a request is not the same in every conversation, and neither are the cards. */
class NotifierBeside1764700000000 implements MigrationInterface {
  name = 'NotifierBeside1764700000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table deliveries add column beside json');
    await db.query(`
      alter table cards add column channel text collate "C" not null default '',
        add column address text collate "C" not null default ''`);
    await db.query('alter table cards drop constraint cards_pkey');
    await db.query('alter table cards add primary key (decision_id, version, channel, address, digest)');
  }

  async down(): Promise<void> {
    throw new Error('deliveries are not taken back: messages are already with people');
  }
}

class NotifierNoticeLink1764800000000 implements MigrationInterface {
  name = 'NotifierNoticeLink1764800000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table notices add column link text');
  }

  async down(): Promise<void> {
    throw new Error('notices are not taken back: messages are already with people');
  }
}

export const MIGRATIONS: MigrationClass[] = [
  Notifier1763700000000,
  NotifierNotes1764300000000,
  NotifierNotices1764500000000,
  NotifierBeside1764700000000,
  NotifierNoticeLink1764800000000,
];
