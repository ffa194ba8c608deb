import { isConcerned, type Decision as CoreDecision, type Person } from '@countersign/approval';
import { invalidArgument, type ApprovalView, type StatusError } from '@countersign/contract';
import type { Beside } from '../beside.js';
import { isDecisionId, LAST_ID } from '../ids.js';
import type { Views, Zone } from './views.js';

/** The most approvals of one page. */
export const PAGE = 200;
/** How many decisions are looked through for one answer. */
export const LOOKED_THROUGH = 1_000;

export interface Page {
  approvals: ApprovalView[];
  nextPageToken: string;
}

export interface PageRequest {
  person: Person;
  size: number;
  /** From the page before, or empty. */
  token: string;
  zone: Zone;
}

/** What waits, in the order of deadlines: `all` that concerns the person, or only what they may vote on. */
export async function pendingPage(
  views: Views,
  { person, size, token, zone }: PageRequest,
  all: boolean,
): Promise<Page> {
  const approvals: ApprovalView[] = [];
  let after = token === '' ? undefined : parseToken(token);
  for (;;) {
    const rows = (await views.decisions.reader.pending(PAGE, after)).map((text) => JSON.parse(text) as CoreDecision);
    for (const decision of rows) {
      after = { deadline: decision.approval!.expires_at, id: decision.id };
      if (!views.lists(decision, person, all)) continue;
      approvals.push(views.of(decision, person, zone));
      if (approvals.length === size) return { approvals, nextPageToken: `${after.deadline} ${after.id}` };
    }
    if (rows.length < PAGE) return { approvals, nextPageToken: '' };
  }
}

/** What is decided is looked through in pages of its own, and no further than `LOOKED_THROUGH` for one answer. */
export async function decidedPage(
  views: Views,
  reader: Beside['reader'],
  { person, size, token, zone }: PageRequest,
): Promise<Page> {
  if (token !== '' && !isDecisionId(token)) throw notAToken();
  const approvals: ApprovalView[] = [];
  let before = token || LAST_ID;
  for (let looked = 0; looked < LOOKED_THROUGH; looked += PAGE) {
    const rows = await reader.decided(PAGE, before);
    for (const text of rows) {
      const decision = JSON.parse(text) as CoreDecision;
      before = decision.id;
      if (!isConcerned(decision, person)) continue;
      approvals.push(views.of(decision, person, zone));
      if (approvals.length === size) return { approvals, nextPageToken: before };
    }
    if (rows.length < PAGE) return { approvals, nextPageToken: '' };
  }
  return { approvals, nextPageToken: before };
}

function parseToken(token: string): { deadline: string; id: string } {
  const [deadline, id] = token.split(' ');
  if (
    !deadline ||
    !id ||
    !isDecisionId(id) ||
    !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(deadline) ||
    Number.isNaN(Date.parse(deadline))
  )
    throw notAToken();
  return { deadline, id };
}

function notAToken(): StatusError {
  return invalidArgument({ field: 'page_token', description: 'is not from an earlier answer' });
}
