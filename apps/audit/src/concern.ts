import { evolve, isParty, maySee, type ActionRequest, type Decision, type Recorded } from '@countersign/approval';
import type { Caller } from '@countersign/directory';
import type { LedgerEntry } from '@countersign/store';

/** Whether what these entries tell, in their order, is this caller's business: by the rule that also guards the decision. */
export function concerns(entries: readonly Pick<LedgerEntry, 'body'>[], caller: Caller): boolean {
  const told = entries.map(({ body }) => JSON.parse(body.toString('utf8')) as Recorded);
  if (caller.kind === 'agent') {
    const { request } = (told[0]?.data ?? {}) as { request?: ActionRequest };
    return request !== undefined && isParty(request, caller.id);
  }
  if (caller.kind !== 'person') return false;
  // What is told of a person, and not of a decision, names whom it is about.
  if (told.some(({ data }) => (data as { person?: unknown }).person === caller.id)) return true;
  const decision = told.reduce<Decision | undefined>(evolve, undefined);
  return decision !== undefined && maySee(decision, caller);
}

/**
 * The entries as they are told to people whom they concern, and who are no auditors: where policy hides parts of the request
 * from those who are asked, the record does not tell them either. What holds the request has no body then, and can still be
 * proven by its hash.
 */
export function withoutHidden<E extends Pick<LedgerEntry, 'body'>>(entries: readonly E[], story: readonly E[]): E[] {
  const isHiding = story.some(({ body }) => (dataIn(body).approval?.redact?.length ?? 0) > 0);
  return entries.map((entry) => (isHiding && dataIn(entry.body).request ? { ...entry, body: Buffer.alloc(0) } : entry));
}

function dataIn(body: Buffer): { request?: unknown; approval?: { redact?: string[] } } {
  return (JSON.parse(body.toString('utf8')) as { data: object }).data;
}
