import { clockText, utcDateTime } from './clock-text.js';
import { effectOf } from './headline.js';
import { sameIdentity } from './identity.js';
import { impactOf } from './impact.js';
import { groupDigits, inert } from './inert.js';
import { payloadText } from './payload.js';
import { openSeats, seatBest } from './quorum.js';
import { redact } from './redact.js';
import { saidBefore, type Beside } from './related.js';
import type { ActionRequest } from './request.js';
import { sessionOf } from './session.js';
import { sessionText } from './session-text.js';
import { usesMade, type ApprovalState, type Decision, type Pending } from './state.js';
import type { SessionTerms } from './verdict.js';

// What an approver sees, in the order in which the eye should meet it: the effect first, the agent's own words last. Built
// from the canonical action alone. Every channel lays out these lines; none writes its own.

export interface Card {
  id: string;
  status: Decision['status'];
  /** "▲ HIGH RISK": a word and a symbol, never colour alone. */
  risk: string;
  /** "needs 1 dba". */
  needs: string;
  /** RFC 3339; channels show it in the reader's zone. */
  expires_at?: string;
  headline: string;
  who: string;
  why: string[];
  /** What it would do beyond its own words, from policy. Absent when policy says nothing of the kind. */
  impact?: string[];
  /** The exact payload, inert, cut visibly. */
  payload: string;
  /** What its session did before, as recorded. Only where it was looked up. */
  just_before?: string[];
  /** What came of requests like it, differences first. Only where it was looked up. */
  similar?: string[];
  /** What has happened, once something has. */
  outcome?: string;
  agent_says?: string;
  /** What the agent says it did before. Not verified. */
  agent_says_before?: string[];
  effect?: string;
  progress?: string;
  /** Who has answered, where, when and why, in the order of time. */
  votes?: string[];
  /** Buttons only while they work. */
  actions: ('approve' | 'deny')[];
  reason_required: boolean;
  /** The most leave for further actions that an approval can give. Absent when it can give none. */
  session?: { count: number; expires_in_s: number };
  /** Where the whole of it can be opened. */
  link?: string;
  action_digest: string;
  short_digest: string;
  /** For lock screens and subjects: no payload. */
  notice: string;
}

const PLACES = new Map([
  ['slack', 'Slack'],
  ['teams', 'Teams'],
  ['inbox', 'the inbox'],
  ['terminal', 'a terminal'],
]);

const SYMBOL = { low: '●', medium: '◆', high: '▲', critical: '■' } as const;

/** For whom a card is made: times are in their zone, and what stands beside the request is what they may see of it. */
export interface Sheet {
  zone?: string;
  beside?: Beside;
  /** URL of the inbox, without a slash at its end. */
  inbox?: string;
}

/** What people see of a decision, from the canonical action and the record alone. */
export function renderCard(decision: Decision, { zone, beside, inbox }: Sheet = {}): Card {
  const { approval } = decision;
  const pending = decision.status === 'PENDING';
  // From here on there is only what people may see.
  const { arguments: shown, hidden, request } = redact(decision.request, approval?.terms.redact ?? []);
  const session = request.context?.['session_id'];
  const ticket = request.context?.['ticket'];
  const behalf = request.principal ? `, for ${inert(request.principal, 120)}` : '';
  const refs = [
    typeof session === 'string' ? `session ${inert(session, 60)}` : undefined,
    typeof ticket === 'string' ? `ticket ${inert(ticket, 60)}` : undefined,
    request.submitted_by ? `through ${inert(request.submitted_by, 60)}` : undefined,
  ].filter((part) => part !== undefined);
  const owner = decision.agent.owner_name ?? decision.agent.owner;
  const answerable = `${sameIdentity(decision.agent.owner, request.subject.id) ? '' : 'owner '}${inert(owner, 120)}`;
  const level = decision.risk.level;
  return {
    id: decision.id,
    status: decision.status,
    risk: `${SYMBOL[level]} ${level.toUpperCase()} RISK`,
    needs: approval
      ? `needs ${approval.terms.seats.map(({ group, count }) => `${count} ${inert(group, 80)}`).join(' + ')}`
      : '',
    ...(pending ? { expires_at: approval!.expires_at } : {}),
    headline: effectOf(request),
    who: [`${inert(request.subject.id, 120)}${behalf} (${answerable})`, ...refs].join(' · '),
    why: decision.reasons.map(({ rule, text }) => `${inert(text, 300)} (${inert(rule, 80)})`),
    ...several('impact', impactOf(decision)),
    payload: payloadText(shown, hidden.length),
    ...(beside ? several('just_before', beside.just_before) : {}),
    ...(beside ? { similar: beside.similar } : {}),
    ...optional('outcome', wholeOutcome(decision, zone)),
    ...(request.justification ? { agent_says: inert(request.justification, 500) } : {}),
    ...several('agent_says_before', saidBefore(request)),
    ...(decision.status === 'PENDING' ? { effect: effectText(decision) } : {}),
    ...optional('progress', progressOf(decision)),
    ...several('votes', votesOf(decision, zone)),
    actions: pending ? ['approve', 'deny'] : [],
    reason_required: approval?.terms.reason_required ?? false,
    ...sessionLeave(decision),
    ...(inbox ? { link: `${inbox}/${encodeURIComponent(decision.id)}` } : {}),
    action_digest: decision.action_digest,
    short_digest: `${decision.action_digest.slice(0, 4)} ${decision.action_digest.slice(4, 8)}`,
    notice: noticeOf(decision, request),
  };
}

function progressOf(decision: Decision): string | undefined {
  if (!decision.approval) return undefined;
  const { terms, votes } = decision.approval;
  const { seats, seated, filled } = seatBest(
    terms,
    votes.filter(({ vote }) => vote === 'approve').map((vote) => ({ id: vote.voter, groups: vote.groups })),
  );
  const total = seats.reduce((sum, { count }) => sum + count, 0);
  const open = openSeats(seats, filled).map(({ group }) => inert(group, 80));
  const rest = decision.status === 'PENDING' && open.length > 0 ? ` · ${open.join(', ')} still open` : '';
  return `${seated.size} of ${total}${rest}`;
}

/** A broken glass comes first and its review last, whatever has become of the permission. */
function wholeOutcome(decision: Decision, zone?: string): string | undefined {
  const parts = [brokenText(decision, zone), outcomeOf(decision, zone), reviewText(decision)].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(' ');
}

function outcomeOf(decision: Decision, zone?: string): string | undefined {
  switch (decision.status) {
    case 'PENDING':
      return undefined;
    case 'DENIED':
      if (decision.stopped_by)
        return `Stopped by ${inert(decision.stopped_by.name, 120)}: ${inert(decision.stopped_by.reason, 300)}`;
      if (!decision.denied_by) return 'Denied by policy.';
      return `Denied by ${inert(decision.denied_by.name, 120)}: ${inert(decision.denied_by.reason, 300)}`;
    case 'EXPIRED':
      if (decision.expired === 'grant') {
        const used = usesMade(decision);
        return `${[approvedBy(decision, zone), 'Expired:'].filter(Boolean).join(' ')} it was ${used > 0 ? `used ${times(used)}` : 'not used'}.`;
      }
      return `Expired: ${decision.approval?.votes.length ? 'too few answered' : 'nobody answered'}.`;
    case 'WITHDRAWN':
      return `Withdrawn by the agent${decision.withdrawn_because ? `: ${inert(decision.withdrawn_because, 300)}` : '.'}`;
    case 'REVOKED':
      return `Revoked by ${inert(decision.revoked_by.name, 120)}: ${inert(decision.revoked_by.reason, 300)}`;
    case 'ALLOWED': {
      const used = usesMade(decision);
      return [approvedBy(decision, zone), used > 0 ? `Used ${times(used)} of ${decision.grant!.uses}.` : '']
        .filter(Boolean)
        .join(' ');
    }
    case 'REDEEMED':
      return [approvedBy(decision, zone), ranText(decision, zone)].filter(Boolean).join(' ');
  }
}

function approvedBy(decision: Decision, zone?: string): string {
  if (decision.broke_glass) return '';
  const approvals = decision.approval?.votes.filter(({ vote }) => vote === 'approve') ?? [];
  if (approvals.length === 0) return allowedBy(decision);
  return `Approved by ${approvals.map((vote) => voteText(vote, decision, zone)).join('; ')}.`;
}

function votesOf(decision: Decision, zone?: string): string[] {
  const said = { approve: 'Approved', deny: 'Denied' };
  return (decision.approval?.votes ?? []).map((vote) => `${said[vote.vote]} by ${voteText(vote, decision, zone)}`);
}

function voteText(vote: ApprovalState['votes'][number], { created_at }: Decision, zone?: string): string {
  const { voter_name, standing_in = [], channel, at, reason } = vote;
  const whose = [...new Set(standing_in.map(({ name }) => inert(name, 120)))].join(' and ');
  const instead = whose ? ` for ${whose}` : '';
  const after = groupDigits(Math.max(0, Math.round((Date.parse(at) - Date.parse(created_at)) / 1000)));
  const place = PLACES.get(channel) ?? inert(channel, 40);
  const why = reason ? `: ${inert(reason, 300)}` : '';
  return `${inert(voter_name, 120)}${instead} in ${place}, ${clockText(at, created_at, zone)}, after ${after} s${why}`;
}

function allowedBy({ drawn_from }: Decision): string {
  if (!drawn_from) return 'Allowed by policy.';
  const names = drawn_from.approvers.map(({ name }) => inert(name, 120)).join(' and ');
  return `Allowed for the session by ${names}, with ${drawn_from.decision_id}.`;
}

/** Loud: who let it run alone, why, and against what. */
function brokenText({ broke_glass, created_at }: Decision, zone?: string): string {
  if (!broke_glass) return '';
  const { by_name, reason, overrode, at } = broke_glass;
  const against = overrode ? 'against a denial of policy' : 'without approval';
  return `GLASS BROKEN by ${inert(by_name, 120)} ${against}, ${clockText(at, created_at, zone)}: ${inert(reason, 300)}.`;
}

function reviewText({ review }: Decision): string {
  if (!review) return '';
  const { closed, overdue, due_at, groups } = review;
  if (closed) {
    const found = closed.finding === 'justified' ? 'justified' : 'NOT justified';
    return `Reviewed by ${inert(closed.by_name, 120)}: ${found}. ${inert(closed.comment, 300)}`;
  }
  const who = groups.map((group) => inert(group, 80)).join(' or ');
  return `Review by ${who} ${overdue ? 'OVERDUE since' : 'due'} ${utcDateTime(due_at)}.`;
}

function ranText(decision: Decision, zone?: string): string {
  if (!decision.outcome) return 'The grant was used; no outcome has been reported.';
  const { success, summary, at } = decision.outcome;
  return `${success ? 'Ran' : 'Failed'} ${clockText(at, decision.created_at, zone)}${summary ? `: ${inert(summary, 300)}` : ''}.`;
}

/** What people are about to permit: more than once has to be said, or nobody would expect it. */
function effectText(decision: Decision & Pending): string {
  const { uses } = decision.approval.grant;
  const session = leaveTerms(decision);
  const exact = `Approving lets this exact call run ${uses > 1 ? `up to ${times(uses)}` : 'once'}.`;
  return session ? `${exact} ${sessionText(session)}` : exact;
}

/** What policy lets people give, if the agent names a session to give it for. */
function leaveTerms({ approval, request }: Decision & Pending): SessionTerms | undefined {
  return sessionOf(request) === undefined ? undefined : approval.terms.session;
}

function sessionLeave(decision: Decision): Pick<Card, 'session'> {
  const terms = decision.status === 'PENDING' ? leaveTerms(decision) : undefined;
  return terms ? { session: { count: terms.count, expires_in_s: terms.expires_in_s } } : {};
}

function times(n: number): string {
  return n === 1 ? 'once' : `${groupDigits(n)} times`;
}

function noticeOf(decision: Decision, shown: ActionRequest): string {
  const agent = inert(shown.subject.id, 80);
  const state = decision.status === 'PENDING' ? 'needs an approval' : `request is ${decision.status.toLowerCase()}`;
  return `${agent} ${state} (${decision.risk.level} risk)`;
}

function several<K extends string>(key: K, values: string[]): { [P in K]?: string[] } {
  return values.length === 0 ? {} : ({ [key]: values } as { [P in K]?: string[] });
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}
