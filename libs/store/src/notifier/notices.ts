import { randomUUID } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type pg from 'pg';

/** What one person is told, in their own conversation with the bot. */
export interface Notice {
  /** The event that it comes from: what is put twice is said once. */
  id: string;
  channel: 'slack' | 'teams';
  /** "<team>/<user>" in Slack, "<tenant>/<object id>" in Teams. */
  account: string;
  text: string;
  /** Where it leads, if anywhere. */
  link?: string;
}

/** A notice that this worker holds until its lease runs out. */
export interface ClaimedNotice extends Omit<Notice, 'channel' | 'link'> {
  link: string | null;
  lease: string;
  /** Posts that may have arrived, this attempt included. */
  posts: number;
  attempts: number;
}

/** Longer than any call to a channel may take. */
const LEASE_MS = 60_000;

/** What people are told directly, shared by all replicas. */
export class Notices {
  constructor(private readonly pool: pg.Pool) {}

  put(notices: readonly Notice[]): Promise<void> {
    return putNotices(this.pool, notices);
  }

  /** Takes up to `limit` due notices of a channel. A post is counted here, before it is made. */
  async claim(channel: string, limit: number): Promise<ClaimedNotice[]> {
    const claimed = await this.pool.query<ClaimedNotice>(
      `with due as (
         select id, channel, account from notices where channel = $1 and state = 'open' and next_at <= now()
         order by next_at limit $2 for update skip locked
       )
       update notices n set lease = $3, posts = n.posts + 1, attempts = n.attempts + 1,
         next_at = now() + $4 * interval '1 millisecond'
       from due where (n.id, n.channel, n.account) = (due.id, due.channel, due.account)
       returning n.id, n.account, n.says as text, n.link, n.lease, n.posts, n.attempts`,
      [channel, limit, randomUUID(), LEASE_MS],
    );
    return claimed.rows;
  }

  /** Stops working on it: it was said, it may have been and is not said again, or the channel refuses it for good. */
  async close(channel: string, { id, account, lease }: ClaimedNotice, state: 'said' | 'lost' | 'dead', error?: string) {
    await this.pool.query(
      `update notices set state = $5, last_error = $6, lease = null
       where id = $1 and channel = $2 and account = $3 and lease = $4`,
      [id, channel, account, lease, state, error ?? null],
    );
  }

  /** Tries again later what certainly did not arrive. */
  async retry(channel: string, { id, account, lease }: ClaimedNotice, inMs: number, error: string): Promise<void> {
    await this.pool.query(
      `update notices set posts = posts - 1, next_at = now() + $5 * interval '1 millisecond', last_error = $6, lease = null
       where id = $1 and channel = $2 and account = $3 and lease = $4`,
      [id, channel, account, lease, inMs, error],
    );
  }
}

/** What is put twice is said once. */
export async function putNotices(db: pg.Pool | pg.PoolClient, notices: readonly Notice[]): Promise<void> {
  if (notices.length === 0) return;
  await db.query(
    `insert into notices (id, channel, account, says, link)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) on conflict do nothing`,
    [
      notices.map(({ id }) => id),
      notices.map(({ channel }) => channel),
      notices.map(({ account }) => account),
      notices.map(({ text }) => text),
      notices.map(({ link }) => link ?? null),
    ],
  );
}

export class NotifierNotices1764500000000 implements MigrationInterface {
  name = 'NotifierNotices1764500000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table notices (
        id         text        collate "C" not null,
        channel    text        collate "C" not null,
        account    text        collate "C" not null,
        says       text        not null,
        state      text        not null default 'open' check (state in ('open', 'said', 'lost', 'dead')),
        posts      integer     not null default 0,
        attempts   integer     not null default 0,
        next_at    timestamptz not null default now(),
        lease      uuid,
        last_error text,
        primary key (id, channel, account)
      )`);
    await db.query(`create index notices_due on notices (channel, next_at) where state = 'open'`);
    await db.query('grant select, insert, update on notices to countersign_notifier');
  }

  async down(): Promise<void> {
    throw new Error('notices are not taken back: messages are already with people');
  }
}
