import { nodesOf, spanHash, type Span } from '@countersign/ledger';
import type { Pool } from '../postgres.js';
import { ledgerSize } from './ledger-store.js';
import { readNodes, type Queryable } from './nodes.js';

// The reading side of the ledger: entries as they are kept, and hashes of any part of the tree. It reads about log2(n)
// rows for a hash.

export interface LedgerEntry {
  index: number;
  eventId: string;
  type: string;
  decisionId: string;
  source: string;
  sourceSeq: number;
  body: Buffer;
  leafHash: Buffer;
  /** RFC 3339, UTC. */
  occurredAt: string;
  recordedAt: string;
}

const COLUMNS = `leaf_index::float8 as index, event_id as "eventId", type, decision_id as "decisionId", source,
  source_seq::float8 as "sourceSeq", body, leaf_hash as "leafHash", occurred_at as "occurredAt", recorded_at as "recordedAt"`;

export class LedgerReader {
  constructor(private readonly pool: Pool) {}

  size(): Promise<number> {
    return ledgerSize(this.pool);
  }

  /** Up to `limit` entries from place `from` on and before place `to`, in ledger order. */
  async entries(range: { from: number; to?: number; limit: number }): Promise<LedgerEntry[]> {
    const { rows } = await this.pool.query<LedgerEntry>(
      `select ${COLUMNS} from entries where leaf_index >= $1 and leaf_index < $2 order by leaf_index limit $3`,
      [range.from, range.to ?? Number.MAX_SAFE_INTEGER, range.limit],
    );
    return rows;
  }

  async entriesOf(decisionId: string, range: { from: number; limit: number }): Promise<LedgerEntry[]> {
    const { rows } = await this.pool.query<LedgerEntry>(
      `select ${COLUMNS} from entries where decision_id = $1 and leaf_index >= $2 order by leaf_index limit $3`,
      [decisionId, range.from, range.limit],
    );
    return rows;
  }

  /** The first entry of each decision: what was asked. */
  async openings(decisionIds: readonly string[]): Promise<Map<string, LedgerEntry>> {
    const { rows } = await this.pool.query<LedgerEntry>(
      `select distinct on (decision_id) ${COLUMNS} from entries where decision_id = any($1) order by decision_id, leaf_index`,
      [[...new Set(decisionIds)]],
    );
    return new Map(rows.map((row) => [row.decisionId, row]));
  }

  /** The tree hashes of spans, in one query. */
  hashes(spans: readonly Span[]): Promise<Buffer[]> {
    return spanHashes(this.pool, spans);
  }
}

export async function spanHashes(db: Queryable, spans: readonly Span[]): Promise<Buffer[]> {
  const read = await readNodes(db, spans.flatMap(nodesOf));
  return spans.map((span) => spanHash(span, read));
}
