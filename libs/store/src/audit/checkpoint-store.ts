import { Fault } from '@countersign/contract';
import { consistencyPath, EMPTY_ROOT, verifyConsistency } from '@countersign/ledger';
import type { Pool } from '../postgres.js';
import { spanHashes } from './ledger-reader.js';
import { ledgerSize, lockSequencer } from './ledger-store.js';
import type { Queryable } from './nodes.js';
import { transaction } from './transaction.js';

// Signed tree heads. A head is only ever signed over a tree that provably holds the one before: a log that signs two
// histories is worth nothing to those who kept the first.

export interface StoredCheckpoint {
  size: number;
  root: Buffer;
  note: string;
  /** RFC 3339, UTC. */
  signedAt: string;
}

const COLUMNS = `size::float8 as size, root, note, signed_at as "signedAt"`;

export class CheckpointStore {
  constructor(private readonly pool: Pool) {}

  latest(): Promise<StoredCheckpoint | undefined> {
    return latest(this.pool);
  }

  /** Checkpoints larger than `size`, from the smallest. */
  async after(size: number, limit: number): Promise<StoredCheckpoint[]> {
    const { rows } = await this.pool.query<StoredCheckpoint>(
      `select ${COLUMNS} from checkpoints where size > $1 order by size limit $2`,
      [size, limit],
    );
    return rows;
  }

  /**
   * Signs the tree as it is now, unless it is signed already. `sign` makes the note. Throws Fault `ledger-inconsistent`
   * when the tree does not hold what was signed last.
   */
  sign(sign: (head: { size: number; root: Buffer }) => string): Promise<StoredCheckpoint | undefined> {
    return transaction(this.pool, async (db) => {
      await lockSequencer(db);
      const last = await latest(db);
      const size = await ledgerSize(db);
      const root = await consistentRoot(db, last, size);
      if (last?.size === size) return last;
      const { rows } = await db.query<StoredCheckpoint>(
        `insert into checkpoints (size, root, note, signed_at) values ($1, $2, $3, clock_timestamp()) returning ${COLUMNS}`,
        [size, root, sign({ size, root })],
      );
      return rows[0];
    });
  }
}

async function latest(db: Queryable): Promise<StoredCheckpoint | undefined> {
  const { rows } = await db.query<StoredCheckpoint>(`select ${COLUMNS} from checkpoints order by size desc limit 1`);
  return rows[0];
}

/** The root over `size` entries, proven to continue `last`. */
async function consistentRoot(db: Queryable, last: StoredCheckpoint | undefined, size: number): Promise<Buffer> {
  if (last && size < last.size) {
    throw new Fault(
      'ledger-inconsistent',
      `the ledger has ${size} entries, but ${last.size} were signed: entries are missing`,
    );
  }
  if (size === 0) return EMPTY_ROOT;
  if (!last || last.size === 0) return (await spanHashes(db, [{ start: 0, end: size }]))[0]!;
  const [root, ...proof] = await spanHashes(db, [{ start: 0, end: size }, ...consistencyPath(last.size, size)]);
  if (!verifyConsistency(last, { size, root: root! }, proof)) {
    throw new Fault('ledger-inconsistent', `the first ${last.size} entries are not those that were signed`);
  }
  return root!;
}
