import { timestampMs } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { SERVICES } from '@countersign/contract';
import type { Client } from './client.js';

/**
 * How much earlier than asked for reading begins, in milliseconds: entries come in the order in which they arrived, which is not
 * quite that in which they happened.
 */
const MARGIN_MS = 3_600_000;

/** An index in the ledger before which nothing happened that is wanted. Asks about as many entries as its size has digits in binary. */
export async function firstIndexSince(client: Client, sinceMs: number): Promise<bigint> {
  const { getCheckpoint, getEntry } = SERVICES.AuditService.method;
  const head = await client.unary(getCheckpoint, {}).catch((error: { code?: unknown }) => {
    // Nothing is signed yet: a ledger as young as that is read whole.
    if (error.code === status.UNAVAILABLE) return undefined;
    throw error;
  });
  let [low, high] = [0n, head?.size ?? 0n];
  while (low < high) {
    const middle = (low + high) / 2n;
    const { occurredAt } = await client.unary(getEntry, { index: middle });
    if (occurredAt && timestampMs(occurredAt) < sinceMs - MARGIN_MS) low = middle + 1n;
    else high = middle;
  }
  return low;
}
