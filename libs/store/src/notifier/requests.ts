import type { Decision, Place } from '@countersign/approval';
import type pg from 'pg';
import { putNotices, type Notice } from './notices.js';

interface Row {
  decision_id: string;
  state: Decision;
}

/** Something to be said below the cards of a decision, once. */
export interface Note {
  /** Of the event it speaks of: what makes it the same note when the event comes again. */
  version: number;
  /** The data of that event. */
  says: object;
  /** Only where one of these groups is asked. */
  groups: string[];
}

/** A decision as it is now, and what is to be said about how it came there. */
export interface Folded {
  decision: Decision;
  notes: Note[];
  /** What single people are told of it. */
  notices: Notice[];
}

/** The notifier's fold of held decisions, and the deliveries that follow from it. */
export class Requests {
  constructor(private readonly pool: pg.Pool) {}

  /**
   * Hands the known decisions to `step` and stores those it returns, with the new target of their deliveries and the notes, in one
   * transaction. A version never moves back, so handling the same events again changes nothing.
   */
  async fold(ids: string[], step: (known: Map<string, Decision>) => Folded[]): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const known = await client.query<Row>(
        'select decision_id, state from requests where decision_id = any($1) order by decision_id for update',
        [ids],
      );
      for (const folded of step(new Map(known.rows.map((row) => [row.decision_id, row.state]))))
        await save(client, folded);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async find(id: string): Promise<Decision | undefined> {
    const found = await this.pool.query<Row>('select decision_id, state from requests where decision_id = $1', [id]);
    return found.rows[0]?.state;
  }

  /**
   * Remembers what a version looked like in a conversation. Written before the card is sent: a click can come before the answer
   * does.
   */
  async shown(id: string, version: number, { channel, address }: Place, digest: string): Promise<void> {
    await this.pool.query(
      `insert into cards (decision_id, version, channel, address, digest) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [id, version, channel, address, digest],
    );
  }

  /**
   * The digest of the card people saw there at a version, of which it begins so; undefined if no such card was ever sent
   * there. A card from before conversations were told apart is found by its version alone.
   */
  async cardDigest(id: string, version: number, { channel, address }: Place, begin = ''): Promise<string | undefined> {
    const found = await this.pool.query<{ digest: string }>(
      `select digest from cards where decision_id = $1 and version = $2 and starts_with(digest, $5)
         and ((channel = $3 and address = $4) or channel = '') limit 2`,
      [id, version, channel, address, begin],
    );
    // Of two, nobody can say which it was.
    return found.rows.length === 1 ? found.rows[0]!.digest : undefined;
  }
}

async function save(client: pg.PoolClient, { decision, notes, notices }: Folded): Promise<void> {
  const stored = await client.query(
    `insert into requests (decision_id, version, state) values ($1, $2, $3)
     on conflict (decision_id) do update set version = excluded.version, state = excluded.state
       where requests.version < excluded.version`,
    [decision.id, decision.version, JSON.stringify(decision)],
  );
  if (stored.rowCount === 0) return;
  await createDeliveries(client, decision, notes);
  await putNotices(client, notices);
  // A row that is being retried or worked on keeps its time: retry-after is a promise, and the worker looks again.
  await client.query(
    `update deliveries set target_version = greatest(target_version, $2),
       next_at = case when state = 'settled' then now() else next_at end,
       state = case when state = 'settled' then 'open' else state end
     where decision_id = $1 and note = 0`,
    [decision.id, decision.version],
  );
}

/**
 * One delivery for each conversation: groups that share one are asked by one message. Looked at whenever a decision changes,
 * because others may be asked while it waits.
 */
async function createDeliveries(client: pg.PoolClient, decision: Decision, notes: Note[]): Promise<void> {
  for (const { channel, address, groups } of conversationsOf(decision)) {
    await client.query(
      `insert into deliveries (decision_id, channel, address, groups, target_version) values ($1, $2, $3, $4, $5)
       on conflict (decision_id, channel, address, note) do update set groups = excluded.groups`,
      [decision.id, channel, address, JSON.stringify(groups), decision.version],
    );
    for (const note of notes.filter((one) => one.groups.some((group) => groups.includes(group)))) {
      await client.query(
        `insert into deliveries (decision_id, channel, address, groups, target_version, note, says)
         values ($1, $2, $3, $4, $5, $5, $6) on conflict do nothing`,
        [decision.id, channel, address, JSON.stringify(groups), note.version, JSON.stringify(note.says)],
      );
    }
  }
}

function conversationsOf({ approval, broke_glass }: Decision) {
  const conversations = new Map<string, { channel: string; address: string; groups: string[] }>();
  // Whoever is to be told of a broken glass is told where they would be asked.
  for (const { channel, address, group } of [...(approval?.destinations ?? []), ...(broke_glass?.destinations ?? [])]) {
    const key = JSON.stringify([channel, address]);
    const conversation = conversations.get(key) ?? { channel, address, groups: [] };
    conversation.groups.push(group);
    conversations.set(key, conversation);
  }
  return [...conversations.values()];
}
