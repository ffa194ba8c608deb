import { randomUUID } from 'node:crypto';
import type { Beside, Decision, Place } from '@countersign/approval';
import type pg from 'pg';

/** Where a message is, in the channel's own words. */
export type MessageRef = { [name: string]: string };

/** A delivery that this worker holds until its lease runs out. */
export interface Claimed {
  decision_id: string;
  address: string;
  /** The version of the decision that a message below the card speaks of; 0 for the card. */
  note: number;
  /** The data of the event it speaks of; null for the card. */
  says: object | null;
  /** Names of the groups that are asked in this conversation. */
  groups: string[];
  /** What was found to stand beside the request, once it has been looked up. */
  beside: Beside | null;
  /** Where the card is, for what is said below it. */
  thread: MessageRef[];
  /** More than one only when a post with an unknown outcome had in fact arrived. */
  refs: MessageRef[];
  /** Posts that may have arrived, this attempt included. */
  posts: number;
  rendered_digest: string | null;
  attempts: number;
  lease: string;
  decision: Decision;
}

/** What was just sent: a new message, or the known ones anew. */
export interface Rendered {
  posted?: MessageRef;
  version: number;
  digest: string;
}

/** Longer than any call to a channel may take, so that two workers never write one message at once. */
const LEASE_MS = 60_000;

/** Messages in conversations, and the work still to be done on them, shared by all replicas. */
export class Deliveries {
  constructor(
    private readonly pool: pg.Pool,
    private readonly leaseMs = LEASE_MS,
  ) {}

  /**
   * Takes up to `limit` due deliveries of a channel. A post is counted here, before it is made: if this process dies in
   * between, the next one knows that a message may already be there.
   */
  async claim(channel: string, limit: number): Promise<Claimed[]> {
    const lease = randomUUID();
    const claimed = await this.pool.query<Claimed>(
      `with due as (
         select decision_id, channel, address, note from deliveries
         where channel = $1 and state = 'open' and next_at <= now()
         order by next_at limit $2 for update skip locked
       )
       update deliveries d set lease = $3, attempts = d.attempts + 1,
         next_at = now() + $4 * interval '1 millisecond',
         posts = d.posts + case when d.refs = '[]' and r.state ->> 'status' = 'PENDING' then 1 else 0 end
       from due join requests r using (decision_id)
       where (d.decision_id, d.channel, d.address, d.note) = (due.decision_id, due.channel, due.address, due.note)
       returning d.decision_id, d.address, d.note, d.says, d.groups, d.refs, d.posts, d.beside, d.rendered_digest, d.attempts, d.lease,
         r.state as decision, coalesce((
           select card.refs from deliveries card
           where (card.decision_id, card.channel, card.address, card.note) = (d.decision_id, d.channel, d.address, 0)
         ), '[]') as thread`,
      [channel, limit, lease, this.leaseMs],
    );
    return claimed.rows;
  }

  /**
   * The messages now show `version`. Does nothing when the lease has passed on, or a later version is already shown. A
   * message that was adopted meanwhile has not been brought up to date, so the delivery stays open for it.
   */
  async rendered(channel: string, work: Claimed, shown: Rendered): Promise<void> {
    const refs = shown.posted ? [...work.refs, shown.posted] : work.refs;
    await this.pool.query(
      `update deliveries d set refs = m.refs, rendered_version = $7, attempts = 0, last_error = null,
         rendered_digest = case when jsonb_array_length(m.refs) > jsonb_array_length($6::jsonb) then null else $8 end,
         lease = null, next_at = now(),
         state = case when target_version > $7 or jsonb_array_length(m.refs) > jsonb_array_length($6::jsonb) then 'open' else 'settled' end
       from (
         select coalesce(jsonb_agg(distinct ref), '[]') as refs
         from deliveries, jsonb_array_elements(refs || $6::jsonb) as ref
         where decision_id = $1 and channel = $2 and address = $3 and note = $4
       ) m
       where d.decision_id = $1 and d.channel = $2 and d.address = $3 and d.note = $4 and d.lease = $5
         and d.rendered_version <= $7`,
      [...keyOf(channel, work), JSON.stringify(refs), shown.version, shown.digest],
    );
  }

  /** Tries again later. `posted` says whether the attempt may have left a message behind. */
  async retry(channel: string, work: Claimed, again: { inMs: number; error: string; posted: boolean }): Promise<void> {
    await this.pool.query(
      `update deliveries set next_at = now() + $6 * interval '1 millisecond', last_error = $7, lease = null,
         posts = case when $8 or refs <> '[]' then posts else posts - 1 end
       where decision_id = $1 and channel = $2 and address = $3 and note = $4 and lease = $5`,
      [...keyOf(channel, work), again.inMs, again.error, again.posted],
    );
  }

  /** Stops working on it: nothing is left to say, it was lost, or the channel refuses it for good. */
  async close(channel: string, work: Claimed, state: 'settled' | 'lost' | 'dead', error?: string): Promise<void> {
    await this.pool.query(
      `update deliveries set state = $6, last_error = coalesce($7, last_error), lease = null
       where decision_id = $1 and channel = $2 and address = $3 and note = $4 and lease = $5`,
      [...keyOf(channel, work), state, error ?? null],
    );
  }

  /**
   * Whether a message belongs to a decision. When a post is unaccounted for, the message that was clicked is it: it is
   * taken in and brought up to date with the others.
   */
  async owns(decisionId: string, channel: string, address: string, ref: MessageRef): Promise<boolean> {
    const key = [decisionId, channel, address, JSON.stringify(ref)];
    if (await this.#knows(key)) return true;
    const adopted = await this.pool.query(
      `update deliveries set refs = refs || $4::jsonb, state = 'open', rendered_digest = null,
         next_at = case when lease is null then now() else next_at end
       where decision_id = $1 and channel = $2 and address = $3 and note = 0 and posts > jsonb_array_length(refs)
         and not refs @> jsonb_build_array($4::jsonb)`,
      key,
    );
    // The message may have been accounted for between the two questions: a click can be that quick.
    return adopted.rowCount === 1 || (await this.#knows(key));
  }

  async #knows(key: string[]): Promise<boolean> {
    const known = await this.pool.query(
      `select 1 from deliveries
       where decision_id = $1 and channel = $2 and address = $3 and note = 0 and refs @> jsonb_build_array($4::jsonb)`,
      key,
    );
    return known.rowCount === 1;
  }

  /** Keeps what stands beside a request in a conversation, as its card shows it. What was kept first stays. */
  async keepBeside(decisionId: string, { channel, address }: Place, beside: Beside): Promise<void> {
    await this.pool.query(
      `update deliveries set beside = coalesce(beside, $4)
       where decision_id = $1 and channel = $2 and address = $3 and note = 0`,
      [decisionId, channel, address, JSON.stringify(beside)],
    );
  }

  async beside(decisionId: string, { channel, address }: Place): Promise<Beside | undefined> {
    const found = await this.pool.query<{ beside: Beside | null }>(
      'select beside from deliveries where decision_id = $1 and channel = $2 and address = $3 and note = 0',
      [decisionId, channel, address],
    );
    return found.rows[0]?.beside ?? undefined;
  }

  /** Remembers where a conversation is served. Only for verified calls of the channel itself. */
  async learn(channel: string, address: string, serviceUrl: string): Promise<void> {
    await this.pool.query(
      `insert into conversations (channel, address, service_url) values ($1, $2, $3)
       on conflict (channel, address) do update set service_url = excluded.service_url
         where conversations.service_url <> excluded.service_url`,
      [channel, address, serviceUrl],
    );
  }

  async serviceUrl(channel: string, address: string): Promise<string | undefined> {
    const found = await this.pool.query<{ service_url: string }>(
      'select service_url from conversations where channel = $1 and address = $2',
      [channel, address],
    );
    return found.rows[0]?.service_url;
  }
}

function keyOf(channel: string, work: Claimed): [string, string, string, number, string] {
  return [work.decision_id, channel, work.address, work.note, work.lease];
}
