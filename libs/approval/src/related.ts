import { clockText } from './clock-text.js';
import { differences, largestOf } from './difference.js';
import { effectOf } from './headline.js';
import { sameIdentity } from './identity.js';
import { groupDigits, inert } from './inert.js';
import { redact } from './redact.js';
import type { ActionRequest, Place, Person } from './request.js';
import { isAskedIn, isConcerned } from './sight.js';
import type { Decision, Status } from './state.js';

// What stands beside a request: what its session did before, and what came of requests like it. Whoever loads these bounds
// how many there are; here it is decided what of them this person may see, and what is said.

export interface Related {
  /** Recorded decisions of the same agent in the same session, made before this one, the latest first. */
  session: readonly Decision[];
  /** What the same agent asked people about the same action in the last 30 days, the latest first, without this one. */
  alike: readonly Decision[];
  /** True if there were more like it than are here. */
  more: boolean;
}

/** One request like this one, to be opened. */
export interface SimilarRequest {
  id: string;
  status: Status;
  headline: string;
  created_at: string;
  /** What this request has otherwise. */
  differences: string[];
}

/** One person, or everybody in a conversation: they see there what was asked there before, and no more. */
export type Reader = ({ person: Person } | { place: Place }) & {
  /** IANA name of the reader's time zone. */
  zone?: string;
};

/** What stands beside a request, as it is said. */
export interface Beside {
  just_before: string[];
  similar: string[];
}

const MOST_BEFORE = 5;
const MOST_SIMILAR = 8;

const BECAME: Record<Status, string> = {
  PENDING: 'still waiting',
  ALLOWED: 'allowed',
  DENIED: 'denied',
  EXPIRED: 'expired',
  WITHDRAWN: 'withdrawn',
  REDEEMED: 'used',
  REVOKED: 'revoked',
};

/** What a card says beside the request, for one reader. */
export function besideText(decision: Decision, related: Related, reader: Reader): Beside {
  return {
    just_before: justBefore(decision, related.session, reader.zone),
    similar: similarText(decision, related, reader),
  };
}

/** "Read prod.orders: allowed, 14:02": what the record has, the latest first. */
function justBefore(decision: Decision, session: readonly Decision[], zone?: string): string[] {
  return session.slice(0, MOST_BEFORE).map((earlier) => {
    const when = clockText(earlier.created_at, decision.created_at, zone);
    return `${effectOf(shownBeside(earlier, decision))}: ${BECAME[earlier.status]}, ${when}`;
  });
}

/** What the agent itself says it did, from `context.activity`: never verified, and labelled so. The last are kept. */
export function saidBefore(shown: ActionRequest): string[] {
  const activity = shown.context?.['activity'];
  if (!Array.isArray(activity) || activity.length === 0) return [];
  const kept = activity.slice(-MOST_BEFORE).map((item) => inert(textOf(item), 160));
  const earlier = activity.length - kept.length;
  return earlier > 0 ? [`… ${groupDigits(earlier)} earlier not shown …`, ...kept] : kept;
}

/** What came of requests like this one, differences first. */
function similarText(decision: Decision, related: Related, reader: Reader): string[] {
  const seen = visibleTo(related.alike, reader);
  const answered = seen.filter(({ status }) => status !== 'PENDING');
  const approved = answered.filter(isApproved);
  const last = approved[0];
  const waiting = seen.length - answered.length;
  return [
    ...(last ? [lastText(decision, last, reader)] : []),
    countText(answered, approved, reader, related.more),
    ...largestText(decision, approved),
    ...(waiting > 0 ? [`${groupDigits(waiting)} like it ${waiting === 1 ? 'waits' : 'wait'} now`] : []),
  ];
}

/** Requests like this one that the reader may open, those that wait first. */
export function similarRequests(decision: Decision, { alike }: Related, reader: Reader): SimilarRequest[] {
  const seen = visibleTo(alike, reader);
  const waiting = seen.filter(({ status }) => status === 'PENDING');
  return [...waiting, ...seen.filter(({ status }) => status !== 'PENDING')].slice(0, MOST_SIMILAR).map((other) => ({
    id: other.id,
    status: other.status,
    headline: effectOf(shownBeside(other, decision)),
    created_at: other.created_at,
    differences: differences(shownBeside(decision, other), shownBeside(other, decision)),
  }));
}

/** Only what the reader has a part in: that there is more is not said either. */
function visibleTo(alike: readonly Decision[], reader: Reader): Decision[] {
  return alike.filter(
    (other) =>
      other.approval && ('person' in reader ? isConcerned(other, reader.person) : isAskedIn(other, reader.place)),
  );
}

/** Whether a quorum approved it, whatever came of the permission. Whoever broke the glass has approved nothing. */
function isApproved(decision: Decision): boolean {
  if (decision.broke_glass) return false;
  if (decision.status === 'EXPIRED') return decision.expired === 'grant';
  return decision.status !== 'DENIED' && decision.status !== 'WITHDRAWN';
}

function lastText(decision: Decision, last: Decision, { zone }: Reader): string {
  const by = last.approval!.votes.findLast(({ vote }) => vote === 'approve')!;
  const who = ` (${inert(by.voter_name, 80)}, ${clockText(by.at, decision.created_at, zone)})`;
  const found = differences(shownBeside(decision, last), shownBeside(last, decision));
  if (decision.action_digest === last.action_digest) return `The same as the last one approved${who}`;
  // Equal in all that may be seen is not equal.
  return `Unlike the last one approved${who}: ${found.join(' · ') || 'in what is not shown'}`;
}

function countText(answered: Decision[], approved: Decision[], reader: Reader, more: boolean): string {
  if (answered.length === 0) return 'Nothing like it was answered in 30 days';
  const isOwn = (voter: string) => 'person' in reader && sameIdentity(voter, reader.person.id);
  const byReader = approved.filter(({ approval }) =>
    approval!.votes.some(({ vote, voter }) => vote === 'approve' && isOwn(voter)),
  ).length;
  const denied = answered.filter(({ status }) => status === 'DENIED').length;
  const silent = answered.filter((other) => other.status === 'EXPIRED' && other.expired === 'approval').length;
  const broken = answered.filter(({ broke_glass }) => broke_glass).length;
  const parts = [
    `${groupDigits(approved.length)} approved${byReader > 0 ? ` (${groupDigits(byReader)} by you)` : ''}`,
    ...(denied > 0 ? [`${groupDigits(denied)} denied`] : []),
    ...(broken > 0 ? [`${groupDigits(broken)} let through by breaking the glass`] : []),
    ...(silent > 0 ? [`${groupDigits(silent)} not answered in time`] : []),
  ];
  return `${more ? `Of the last ${groupDigits(answered.length)}` : 'In 30 days'}: ${parts.join(', ')}`;
}

function largestText(decision: Decision, approved: Decision[]): string[] {
  const largest = largestOf(
    shownBeside(decision, decision),
    approved.map((other) => shownBeside(other, decision)),
  );
  return largest === undefined ? [] : [`Largest approved: ${largest}`];
}

/** One request as it may be seen beside another: what either of them hides is hidden. */
function shownBeside(decision: Decision, other: Decision): ActionRequest {
  const pointers = [decision, other].flatMap(({ approval }) => approval?.terms.redact ?? []);
  return redact(decision.request, pointers).request;
}

function textOf(item: unknown): string {
  return typeof item === 'string' ? item : JSON.stringify(item);
}
