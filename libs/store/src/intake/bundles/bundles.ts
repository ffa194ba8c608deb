import { Fault } from '@countersign/contract';
import type { Pool } from '../../postgres.js';
import { ANNOUNCE, POLICY_CHANNEL, type Upload } from './change.js';

export interface StoredBundle extends Omit<Upload, 'at'> {
  created_at: string;
  /** Since when it serves or last served, who wanted that, and which decision allowed it. */
  activated_at: string | null;
  activated_by: string | null;
  decision_id: string | null;
}

/** Which bundles play a part. No revision: nothing was activated yet. */
export interface Standing {
  revision: string | null;
  previous: string | null;
  candidate: string | null;
}

const COLUMNS =
  'revision, author, note, areas, size, changes::text as changes, created_at, activated_at, activated_by, decision_id';

/** Bundles as intake keeps them. What it means that one serves, and who may want that, is the caller's business. */
export class Bundles {
  constructor(readonly pool: Pool) {}

  /** Stores an archive, which nobody sees until it is announced by a write. */
  async stage(revision: string, archive: Buffer): Promise<void> {
    await this.#rows('insert into bundle_archives (revision, archive) values ($1, $2) on conflict do nothing', [
      revision,
      archive,
    ]);
  }

  /** Keeps a bundle that nobody uploaded. */
  async keep({ revision, author, note, areas, size, changes, at }: Upload, archive: Buffer): Promise<void> {
    await this.stage(revision, archive);
    const values = [revision, author, note, areas, size, changes, at];
    await this.#rows(`${ANNOUNCE} on conflict do nothing`, values);
  }

  async find(revision: string): Promise<StoredBundle | undefined> {
    return (await this.#rows<StoredBundle>(`select ${COLUMNS} from bundles where revision = $1`, [revision]))[0];
  }

  /** The newest first, older than the given one. */
  list(limit: number, before?: { created_at: string; revision: string }): Promise<StoredBundle[]> {
    return this.#rows<StoredBundle>(
      `select ${COLUMNS} from bundles where (created_at, revision) < ($2::timestamptz, $3)
        order by created_at desc, revision desc limit $1`,
      [limit, before?.created_at ?? 'infinity', before?.revision ?? ''],
    );
  }

  async archive(revision: string): Promise<Buffer | undefined> {
    const rows = await this.#rows<{ archive: Buffer }>('select archive from bundle_archives where revision = $1', [
      revision,
    ]);
    return rows[0]?.archive;
  }

  async standing(): Promise<Standing> {
    const [row] = await this.#rows<Standing>('select revision, previous, candidate from serving_bundle', []);
    if (!row) throw new TypeError('the row of the serving bundle is gone');
    return row;
  }

  /** Names the candidate, or none. */
  async setCandidate(revision: string | null): Promise<void> {
    await this.#rows('update serving_bundle set candidate = $1', [revision]);
    await this.#rows('select pg_notify($1, $2)', [POLICY_CHANNEL, revision ?? '']);
  }

  async #rows<T extends object>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query<T>(sql, values)).rows;
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }
}
