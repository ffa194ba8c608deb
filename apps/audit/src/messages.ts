import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { invalidArgument, type FieldViolation } from '@countersign/contract';
import type { LedgerEntry, StoredCheckpoint } from '@countersign/store';

// Between the protos and the ledger: nothing here decides, it only translates and refuses what cannot be meant.

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1000;

export function entryMessage(entry: LedgerEntry) {
  const { index, eventId, type, decisionId, source, sourceSeq, body, leafHash } = entry;
  return {
    index: BigInt(index),
    eventId,
    type,
    decisionId,
    source,
    sourceSeq: BigInt(sourceSeq),
    body,
    leafHash,
    occurredAt: timestamp(entry.occurredAt),
    recordedAt: timestamp(entry.recordedAt),
  };
}

export function checkpointMessage(checkpoint: StoredCheckpoint) {
  const { note, size, root, signedAt } = checkpoint;
  return { note, size: BigInt(size), rootHash: root, signedAt: timestamp(signedAt) };
}

/** A place or size from the wire. Beyond 2^53 there is no ledger, and arithmetic would not be exact. */
export function indexOf(value: bigint, field: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidArgument({ field, description: `${value} is beyond any ledger` });
  }
  return Number(value);
}

export function pageOf(request: { pageSize: number; pageToken: string }): { from: number; limit: number } {
  const violations: FieldViolation[] = [];
  const limit = request.pageSize || DEFAULT_PAGE;
  if (limit < 1 || limit > LARGEST_PAGE)
    violations.push({ field: 'page_size', description: `give 1 to ${LARGEST_PAGE}` });
  const [, digits = ''] = /^i([0-9]{1,15})$/.exec(request.pageToken || tokenOf(0)) ?? [];
  if (digits === '')
    violations.push({ field: 'page_token', description: 'give the token from the answer before, unchanged' });
  const [first, ...others] = violations;
  if (first) throw invalidArgument(first, ...others);
  return { from: Number(digits), limit };
}

export function tokenOf(index: number): string {
  return `i${index}`;
}

function timestamp(at: string) {
  return timestampFromDate(new Date(at));
}
