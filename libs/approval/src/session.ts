import { addSeconds, isPast } from './deadline.js';
import { approversAmong, excludedFrom, sitting } from './eligibility.js';
import type { DecisionEvent, SessionDrawn, SessionExpired, SessionLeave } from './event.js';
import { differing, pointed } from './pointer.js';
import { seatBest } from './quorum.js';
import { refuse, type Refusal } from './refusal.js';
import type { ActionRequest, Agent, Person } from './request.js';
import type { ApprovalState, Decision } from './state.js';
import type { SessionLimit, SessionTerms, Verdict } from './verdict.js';

// One approval for several actions that are alike, of one agent in one session. Only where policy says so, only in what it
// lets differ, and only if everybody who approved meant it.

/** What an approver gives leave for besides the action itself. */
export interface SessionChoice {
  /** Further actions; absent means as many as policy lets. */
  count?: number;
  /** Seconds from the approval; absent means as long as policy lets. */
  expires_in_s?: number;
}

/** An agent wants to act once more under the approval of an action like this one. */
export interface Draw {
  type: 'draw';
  /** What it wants to do now, and the decision that is to hold it. */
  request: ActionRequest;
  decision_id: string;
  action_digest: string;
  agent: Agent;
  /** What policy says about it: it requires approval, or there would be nothing to draw. */
  verdict: Verdict;
  /** Members of context that bind. */
  binding: readonly string[];
  /** Those who approved, as the directory has them now; those who are gone are absent. */
  approvers: readonly Person[];
}

/** The longest that anybody's leave for a session lasts, whatever policy says. */
export const LONGEST_SESSION_S = 3_600;

/** Where leave may let requests differ: never in who acts, for whom, where, or in what is being done. */
const VARIABLE = /^\/(action\/properties|resource\/properties)\/.|^\/resource\/id$/;

/** Whether a session approval may let requests differ under this JSON pointer. */
export function isVariable(pointer: string): boolean {
  return VARIABLE.test(pointer);
}

/** Why a vote cannot give this leave, if it cannot. */
export function sessionRefusal(
  terms: SessionTerms | undefined,
  choice: SessionChoice,
  request: ActionRequest,
): Refusal | undefined {
  if (sessionOf(request) === undefined)
    return refuse('no-session', 'The agent named no session, so only this one action can be approved.');
  if (!terms)
    return refuse('no-session', 'Policy allows approving this one action only. Approve it without the session.');
  const { count = terms.count, expires_in_s = terms.expires_in_s } = choice;
  if (count > terms.count || expires_in_s > terms.expires_in_s) {
    const most = `${terms.count} further actions within ${Math.floor(terms.expires_in_s / 60)} minutes`;
    return refuse('no-session', `Policy allows ${most} at most. Choose no more than that.`);
  }
  return undefined;
}

/** The leave that a complete quorum gives: what each of them gave, and nothing unless all of them did. */
export function leaveOf(
  terms: SessionTerms | undefined,
  choices: readonly (SessionChoice | undefined)[],
  request: ActionRequest,
  at: string,
): SessionLeave | undefined {
  const given = choices.filter((choice) => choice !== undefined);
  if (!terms || given.length < choices.length) return undefined;
  const seconds = Math.min(...given.map(({ expires_in_s = terms.expires_in_s }) => expires_in_s), LONGEST_SESSION_S);
  return {
    count: Math.min(...given.map(({ count = terms.count }) => count)),
    expires_at: addSeconds(at, seconds),
    // What was approved itself counts: the total is that of everything people let through.
    totals: terms.limits.map(({ pointer }) => ({ pointer, sum: amount(request, pointer) ?? 0 })),
  };
}

/** The session that a request says it belongs to. */
export function sessionOf({ context }: ActionRequest): string | undefined {
  const id = context?.['session_id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** Uses up leave once. The event is the origin's; a refusal means that people must be asked. */
export function draw(origin: Decision, command: Draw, at: string): { events: DecisionEvent[]; refused?: Refusal } {
  const refused = drawRefusal(origin, command, at);
  if (refused) return { events: [], refused };
  const { decision_id, action_digest, request } = command;
  const amounts = limitsOf(origin).map(({ pointer }) => ({ pointer, amount: amount(request, pointer)! }));
  const drawn: SessionDrawn = {
    type: 'session.drawn',
    decision_id,
    action_digest,
    use: origin.session!.used + 1,
    ...(amounts.length > 0 ? { amounts } : {}),
  };
  return { events: [drawn] };
}

function drawRefusal(origin: Decision, command: Draw, at: string): Refusal | undefined {
  const { session, approval } = origin;
  if (!session || !approval) return refuse('no-session', 'Nobody approved more than one action.');
  const ended = sessionEnded(origin);
  if (ended) return ended;
  if (isPast(session.expires_at, at)) return refuse('session-over', 'The session approval has expired.');
  if (session.used >= session.count)
    return refuse('session-over', `All ${session.count} further actions have been made.`);
  const { request, verdict, binding } = command;
  const now = verdict.approval?.session;
  if (!now) return refuse('no-session', 'Policy wants people to approve this action itself.');
  const vary = approval.terms.session!.vary.filter((pointer) => now.vary.includes(pointer));
  const others = differing(boundOf(origin.request, binding), boundOf(request, binding)).filter(
    (pointer) => !vary.some((free) => pointer === free || pointer.startsWith(`${free}/`)),
  );
  if (others.length > 0)
    return refuse('session-differs', `This is not what was approved for the session: ${others[0]} differs.`);
  return limitRefusal(origin, request, now.limits) ?? quorumRefusal(origin, command);
}

/** The leave that this decision gave, as long as nobody has taken it back and its end is not on record. */
export function liveLeave(decision: Decision): Decision['session'] {
  return decision.session && !sessionEnded(decision) ? decision.session : undefined;
}

/** The event of leave whose time is over, if it is. */
export function leaveLapsed(decision: Decision, at: string): SessionExpired[] {
  const leave = liveLeave(decision);
  if (!leave || !isPast(leave.expires_at, at)) return [];
  return [{ type: 'session.expired', unused: leave.count - leave.used }];
}

/** Why nothing may be done any more on the strength of leave that this decision gave, if that is so. */
export function sessionEnded({ status, session }: Decision): Refusal | undefined {
  if (session && !session.ended && (status === 'ALLOWED' || status === 'REDEEMED' || status === 'EXPIRED'))
    return undefined;
  return refuse('session-over', 'The session approval has been revoked. Ask again.');
}

/** All that says which action it is and who wants it, where and in whose hand. What is free is taken out by the caller. */
function boundOf(
  { subject, principal, action, resource, context, submitted_by, audience, holder_key }: ActionRequest,
  binding: readonly string[],
) {
  const bound = Object.fromEntries(['session_id', ...binding].map((name) => [name, context?.[name]]));
  return { subject, principal, action, resource, context: bound, submitted_by, audience, holder_key };
}

function limitsOf({ approval }: Decision): SessionLimit[] {
  return approval!.terms.session!.limits;
}

/** Both what policy said when people approved, and what it says now. A number that is none is above every limit. */
function limitRefusal(origin: Decision, request: ActionRequest, now: readonly SessionLimit[]): Refusal | undefined {
  const totals = new Map(origin.session!.totals.map(({ pointer, sum }) => [pointer, sum]));
  for (const { pointer, each = Infinity, total = Infinity } of [...limitsOf(origin), ...now]) {
    const given = amount(request, pointer);
    // A total that nobody kept from the beginning on cannot be checked.
    const sum = totals.get(pointer) ?? (total < Infinity ? Infinity : 0);
    if (given === undefined || given > each || sum + given > total)
      return refuse('session-limit', `${pointer} is above what was approved for the session.`);
  }
  return undefined;
}

/** Whoever approved must be able to approve this action, too, today, and be enough for it. */
function quorumRefusal(origin: Decision, { request, agent, verdict, approvers }: Draw): Refusal | undefined {
  const terms = verdict.approval!;
  const excluded = [...origin.approval!.excluded, ...excludedFrom(request, agent, terms)];
  const voted = approversAmong(approvers, leaveGiven(origin.approval!));
  const complete = (wanted: typeof terms) =>
    seatBest(wanted, sitting(voted, { terms: wanted, excluded, asked: [] }, agent.owner)).complete;
  if (!complete(terms) || !complete(origin.approval!.terms))
    return refuse('approver-gone', 'Those who approved for the session may not approve this action.');
  if (terms.step_up && !origin.approval!.terms.step_up)
    return refuse('step-up-required', 'Policy now wants a fresh sign-in for this.');
  return undefined;
}

/** The votes that gave leave: a plain approval beside them never meant more than the one action. */
export function leaveGiven({ votes }: Pick<ApprovalState, 'votes'>): Pick<ApprovalState, 'votes'> {
  return { votes: votes.filter(({ session }) => session !== undefined) };
}

function amount(request: ActionRequest, pointer: string): number | undefined {
  const value = pointed(request, pointer);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
