import { canonicalize, digestOf, leafHash, readEvent, type EventFields } from '@countersign/ledger';
import { hash } from 'node:crypto';

// What came in from the bus and what becomes of it. Everything that arrives ends up in the ledger: an event as its own
// bytes, anything else as an entry of the ledger's own that carries its digest. Nothing is skipped in silence, and nothing
// that is malformed stops what comes after it.

export interface Arrival {
  value: Buffer;
  topic: string;
  partition: number;
  /** Decimal. */
  offset: string;
}

/** One row of the ledger before it has a place. */
export interface Row {
  event: EventFields;
  body: Buffer;
  leaf: Buffer;
  /** Absent for what the ledger says itself. */
  from?: Arrival;
}

export interface Poison {
  reason: string;
  sha256: Buffer;
  from: Arrival;
}

/** The name under which the ledger writes entries of its own: as a source, as a decision, and before types. */
export const LEDGER = 'ledger';

/** An event as a row, or why it cannot be one. */
export function readArrival(arrival: Arrival): Row | Poison {
  const event = readEvent(arrival.value);
  if ('problem' in event) return poison(arrival, event.problem);
  // Only the ledger speaks for itself: an event that claims its names could fake or block its entries.
  const posing = event.source === LEDGER || event.decisionId === LEDGER || event.type.startsWith(`${LEDGER}.`);
  if (posing || !event.id.startsWith('evt_')) return poison(arrival, 'an event under a reserved name');
  return { event, body: arrival.value, leaf: leafHash(arrival.value), from: arrival };
}

function poison(from: Arrival, reason: string): Poison {
  return { reason, sha256: hash('sha256', from.value, 'buffer'), from };
}

/**
 * What is new among rows, given the leaf hashes the ledger holds under their ids. The same bytes again are a duplicate and
 * drop out; the same id with other bytes is an alarm.
 */
export function settle(read: readonly (Row | Poison)[], recorded: ReadonlyMap<string, Buffer>): (Row | Poison)[] {
  const leaves = new Map(recorded);
  return read.flatMap((one): (Row | Poison)[] => {
    if ('reason' in one) return [one];
    const leaf = leaves.get(one.event.id);
    leaves.set(one.event.id, leaf ?? one.leaf);
    if (!leaf) return [one];
    return leaf.equals(one.leaf) ? [] : [poison(one.from!, `event ${one.event.id} is recorded with other bytes`)];
  });
}

/** The last entry the ledger wrote itself: the head of its own chain. */
export interface OwnHead {
  seq: number;
  body: Buffer | undefined;
}

/** The entry that puts a poison message on the record. Its id depends on the bytes alone, so that they are recorded once. */
export function quarantineRow(what: Poison, head: OwnHead, at: string): Row {
  const seq = head.seq + 1;
  const { topic, partition, offset, value } = what.from;
  const sha256 = what.sha256.toString('hex');
  const event: EventFields = {
    id: `qua_${sha256}`,
    type: `${LEDGER}.quarantined`,
    at,
    decisionId: LEDGER,
    version: seq,
    source: LEDGER,
    seq,
    prev: head.body ? digestOf(head.body) : '',
  };
  const { decisionId, ...members } = event;
  const data = { sha256, bytes: value.length, reason: what.reason, topic, partition, offset };
  const body = Buffer.from(canonicalize({ v: 1, ...members, decision_id: decisionId, data }));
  return { event, body, leaf: leafHash(body) };
}
