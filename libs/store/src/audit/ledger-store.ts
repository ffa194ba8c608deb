import type { Client, Pool } from '../postgres.js';
import {
  LEDGER,
  quarantineRow,
  readArrival,
  settle,
  type Arrival,
  type OwnHead,
  type Poison,
  type Row,
} from './arrival.js';
import { insertQuarantine, insertRows } from './insert.js';
import type { Queryable } from './nodes.js';
import { transaction } from './transaction.js';
import { LOCKS } from '../locks.js';

// The writing side of the ledger. Any number of writers may run: a lock held to the end of each transaction makes them
// take turns, so that places are handed out without gaps and the tree grows from one right edge.

/** Arrivals per transaction: bounds how long others wait and how much a retry repeats. */
const LARGEST_BATCH = 1000;

export interface Appended {
  /** Places of the new entries: [from, to). With other writers around, some between may be theirs. */
  from: number;
  to: number;
  /** Arrivals that were in the ledger already. */
  duplicates: number;
  /** Why each message was quarantined that was not before. */
  quarantined: string[];
}

export class LedgerStore {
  constructor(private readonly pool: Pool) {}

  /**
   * Appends what is not there yet, in order, and returns after the commit. The same bytes twice are one entry; the same
   * event id with other bytes is an alarm, and is quarantined as everything else that is no acceptable event.
   */
  async append(arrivals: readonly Arrival[]): Promise<Appended> {
    let total: Appended | undefined;
    for (let start = 0; !total || start < arrivals.length; start += LARGEST_BATCH) {
      const part = await transaction(this.pool, (db) => append(db, arrivals.slice(start, start + LARGEST_BATCH)));
      total = {
        from: total?.from ?? part.from,
        to: part.to,
        duplicates: (total?.duplicates ?? 0) + part.duplicates,
        quarantined: [...(total?.quarantined ?? []), ...part.quarantined],
      };
    }
    return total;
  }
}

/** Waits until no other transaction appends or signs; others then wait for this one to end. */
export async function lockSequencer(db: Client): Promise<void> {
  await db.query('select pg_advisory_xact_lock($1)', [LOCKS.sequencer]);
}

/** Number of entries. It only grows, but it is the next free place only under the sequencer's lock. */
export async function ledgerSize(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ size: string }>('select coalesce(max(leaf_index) + 1, 0) as size from entries');
  return Number(rows[0]!.size);
}

async function append(db: Client, arrivals: readonly Arrival[]): Promise<Appended> {
  await lockSequencer(db);
  const from = await ledgerSize(db);
  const read = arrivals.map(readArrival);
  const settled = settle(read, await recordedLeaves(db, read));
  const poison = await newPoison(db, settled);
  // All writers share the clock of the database.
  const { rows: clock } = await db.query<{ at: string }>('select clock_timestamp() as at');
  const at = clock[0]!.at;

  let own: OwnHead | undefined;
  const rows: Row[] = [];
  const places: number[] = [];
  for (const one of settled) {
    if (!('reason' in one)) {
      rows.push(one);
    } else if (poison.has(one)) {
      own ??= await ownHead(db);
      const row = quarantineRow(one, own, at);
      own = { seq: row.event.seq, body: row.body };
      places.push(from + rows.length);
      rows.push(row);
    }
  }
  if (rows.length > 0) await insertRows(db, from, rows, at);
  if (poison.size > 0) await insertQuarantine(db, [...poison], places, at);
  const quarantined = [...poison].map((one) => one.reason);
  return { from, to: from + rows.length, duplicates: arrivals.length - rows.length, quarantined };
}

/** Leaf hashes by event id, of those of these events that are in the ledger. */
async function recordedLeaves(db: Client, read: readonly (Row | Poison)[]): Promise<Map<string, Buffer>> {
  const ids = read.flatMap((one) => ('reason' in one ? [] : [one.event.id]));
  const { rows } = await db.query<{ event_id: string; leaf_hash: Buffer }>(
    'select event_id, leaf_hash from entries where event_id = any($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.event_id, row.leaf_hash]));
}

/** The poison that was not met before, in order and each of it once. */
async function newPoison(db: Client, settled: readonly (Row | Poison)[]): Promise<Set<Poison>> {
  const fresh = new Map<string, Poison>();
  for (const one of settled)
    if ('reason' in one && !fresh.has(one.sha256.toString('hex'))) fresh.set(one.sha256.toString('hex'), one);
  if (fresh.size > 0) {
    const { rows } = await db.query<{ sha256: Buffer }>(
      'select sha256 from quarantine where sha256 = any($1::bytea[])',
      [[...fresh.values()].map((one) => one.sha256)],
    );
    for (const row of rows) fresh.delete(row.sha256.toString('hex'));
  }
  return new Set(fresh.values());
}

async function ownHead(db: Client): Promise<OwnHead> {
  const { rows } = await db.query<{ source_seq: string; body: Buffer }>(
    `select source_seq, body from entries where source = '${LEDGER}' order by source_seq desc limit 1`,
  );
  return { seq: Number(rows[0]?.source_seq ?? 0), body: rows[0]?.body };
}
