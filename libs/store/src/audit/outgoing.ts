import type { Pool } from '../postgres.js';
import { transaction } from './transaction.js';

/** What is sent on from the ledger, each with a cursor of its own. */
export type Stream = 'entries' | 'checkpoints';

/** The cursors of the outgoing topics. A cursor moves after its messages were accepted: a crash repeats, and never skips. */
export class Outgoing {
  constructor(private readonly pool: Pool) {}

  /**
   * Hands the cursor to `send`, which publishes from there and returns the new position. Only one sender per stream is at
   * work at a time, so that the order holds with several replicas; to the others this is "nothing to do": false. True
   * when the cursor moved.
   */
  advance(stream: Stream, send: (next: number) => Promise<number>): Promise<boolean> {
    return transaction(this.pool, async (db) => {
      const { rows } = await db.query<{ next: number }>(
        'select next::float8 as next from published where stream = $1 for update skip locked',
        [stream],
      );
      if (!rows[0]) return false;
      const next = await send(rows[0].next);
      if (next === rows[0].next) return false;
      await db.query('update published set next = $2 where stream = $1', [stream, next]);
      return true;
    });
  }
}
