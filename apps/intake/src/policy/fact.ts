import type { PolicyFact } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import type { EventDraft, Write } from '@countersign/store';
import { newId } from '../ids.js';

/** A fact about the gate itself as a write: the only event of a stream of its own. */
export function fact(told: PolicyFact, at: string, traceId?: string): Write {
  const { stream, ...event } = factEvent(told, at, traceId);
  return { decisionId: stream, events: [event] };
}

/** The same as an event that is written with others. */
export function factEvent(
  { type, ...data }: PolicyFact,
  at: string,
  traceId?: string,
): EventDraft & { stream: string } {
  const ms = Date.parse(at);
  return {
    id: newId('evt', ms),
    type,
    at,
    version: 1,
    data: canonicalize(data),
    stream: newId('pol', ms),
    ...(traceId ? { traceId } : {}),
  };
}
