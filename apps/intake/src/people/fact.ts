import type { CredentialFact } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import type { EventDraft } from '@countersign/store';
import { newId } from '../ids.js';

/** A fact about people as an event of its stream: 1 is how it began, 2 how it ended. */
export function peopleEvent(
  { type, ...data }: CredentialFact,
  at: string,
  version: 1 | 2,
  traceId?: string,
): EventDraft {
  const id = newId('evt', Date.parse(at));
  return { id, type, at, version, data: canonicalize(data), ...(traceId ? { traceId } : {}) };
}
