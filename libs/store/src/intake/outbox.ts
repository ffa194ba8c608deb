import type { Client, Pool } from '../postgres.js';
import { LOCKS } from '../locks.js';

export interface OutboxRow {
  tx: string;
  pos: string;
  decision_id: string;
  body: Buffer;
}

/**
 * The outbox as one relay sees it. Rows come in commit-safe order: a row is read only when no transaction that started
 * before its own is still open (pg_snapshot_xmin), so nothing can appear behind the cursor later.
 */
export class Outbox {
  #client: Client | undefined;

  constructor(readonly pool: Pool) {}

  /** Tries to become the relay. The lock belongs to the session: if this process dies, another one gets it. */
  async lead(): Promise<boolean> {
    const client = await this.pool.connect();
    client.on('error', ignore);
    try {
      const { rows } = await client.query<{ led: boolean }>('select pg_try_advisory_lock($1) as led', [LOCKS.relay]);
      if (rows[0]?.led) this.#client = client;
      else client.off('error', ignore).release();
      return rows[0]?.led ?? false;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** The next rows behind the cursor. */
  async next(limit: number): Promise<OutboxRow[]> {
    const { rows } = await this.#session().query<OutboxRow>(
      `select e.tx::text, e.pos::text, e.decision_id, e.body
         from relay r, lateral (
           select * from events
            where (tx, pos) > (r.tx, r.pos) and tx < pg_snapshot_xmin(pg_current_snapshot())
            order by tx, pos limit $1) e
        order by e.tx, e.pos`,
      [limit],
    );
    return rows;
  }

  /** Moves the cursor behind a row. Only after every row up to it has been published. */
  async advance({ tx, pos }: Pick<OutboxRow, 'tx' | 'pos'>): Promise<void> {
    await this.#session().query('update relay set tx = $1::xid8, pos = $2', [tx, pos]);
  }

  /** Steps down. */
  release(): void {
    this.#client?.release(true);
    this.#client = undefined;
  }

  #session(): Client {
    if (!this.#client) throw new Error('only the relay reads the outbox');
    return this.#client;
  }
}

/** A lost session is noticed by the next statement on it. */
function ignore(): void {}
