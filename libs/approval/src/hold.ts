import { addSeconds } from './deadline.js';
import { delegationChain, excludedFrom, sitting } from './eligibility.js';
import { allowedDestinations, calledByName, eligibleOf, fillable, recordedAsked } from './escalation.js';
import type { DecisionDenied, DecisionHeld } from './event.js';
import type { Calendars } from './hours.js';
import { askedEarly, awayFrom, outOfHours } from './out-of-hours.js';
import { groupsOf, openSeats, seatBest, type Sitter } from './quorum.js';
import type { ActionRequest, Agent, Destination, Person } from './request.js';
import type { ApprovalTerms, GrantTerms, QuorumTerms, Reason, Verdict } from './verdict.js';

export interface Hold {
  request: ActionRequest;
  /** The request with large parts cut out, when it is too large to be recorded whole. */
  recorded?: ActionRequest;
  agent: Agent;
  action_digest: string;
  /** Its effect is require_approval. */
  verdict: Verdict;
  /** Everyone in the groups the verdict names, those of its escalations included, as the directory has them now. */
  members: readonly Person[];
  destinations: Destination[];
  /** When the groups are at work. */
  calendars?: Calendars;
  /** What policy was told of earlier actions, if anything. */
  history?: Record<string, unknown>;
  /** Why people are not to be asked now. */
  restraint?: Reason | undefined;
  /** Ids of people before whom so many requests are that one more would not be read. They may vote, but are not counted on. */
  weary?: readonly string[];
}

const DEFAULT_GRANT: GrantTerms = { expires_in_s: 600, uses: 1 };

/** What a grant is issued with: what policy says, and otherwise one use within ten minutes. */
export function grantTerms(verdict: Pick<Verdict, 'grant'>): GrantTerms {
  return verdict.grant ?? DEFAULT_GRANT;
}

/** Nobody countersigns what nobody can read: padding must not push the payload out of an approver's sight. */
const TOO_LARGE =
  'The request is too large to be shown whole to the people who would have to approve it. Make it smaller, or ask about its parts.';

const OVERLOADED =
  'Too many requests wait for the people who would have to approve this: one more would not be read. Ask again later.';

/** A chain of delegation longer than this is not worked through, and a request with one is not put before people. */
const MOST_DELEGATES = 32;

/**
 * The first event of a decision that people must answer. If exclusions leave too few to fill the seats, it is denied at
 * once and says so: a request nobody can approve must not wait for its expiry.
 */
export function hold(given: Hold, at: string): DecisionHeld | DecisionDenied {
  const { request, recorded, agent, verdict, members, destinations } = given;
  const { restraint, weary = [], calendars = {} } = given;
  const terms = verdict.approval;
  if (!terms) throw new TypeError('a verdict that requires approval carries its terms');
  const answered = answeredIn(given);
  const denied = (rule: string, text: string): DecisionDenied => {
    return { type: 'decision.denied', ...answered, reasons: [{ rule, text }, ...verdict.reasons] };
  };
  if (restraint) return denied(restraint.rule, restraint.text);
  if (recorded) return denied('too-large-to-show', TOO_LARGE);
  const chain = delegationChain(request);
  if (!chain || chain.length > MOST_DELEGATES) {
    return denied('delegation-too-long', `The chain of delegation names more than ${MOST_DELEGATES} actors.`);
  }
  const excluded = excludedFrom(request, agent, terms);
  const seating = (now: ApprovalTerms) => ({ terms: now, excluded, asked: [] });
  const sitters = (now: ApprovalTerms) => sitting(members, seating(now));
  const found = fillable(terms, sitters);
  if (!found) return denied('nobody-eligible', shortage(terms, sitters(terms)));
  const awake = members.filter(({ id }) => !weary.includes(id));
  if (!seatBest(found, sitting(awake, seating(found))).complete) return denied('approvers-overloaded', OVERLOADED);
  const expires_at = addSeconds(at, terms.expires_in_s);
  const span = { from: Date.parse(at), to: Date.parse(expires_at) };
  const isAway = awayFrom(found, calendars, span) === span.from;
  const isFillable = (seats: QuorumTerms, now: ApprovalTerms) =>
    seatBest({ seats }, sitting(awake, seating(now))).complete;
  const now = isAway ? askedEarly(found, calendars, span, isFillable) : found;
  const away = awayFrom(now, calendars, span);
  const why = [
    ...(found === terms ? [] : [tooFew(terms, sitters(terms))]),
    ...(now === found ? [] : [outOfHours(found)]),
  ];
  return {
    type: 'decision.held',
    ...answered,
    reasons: [...verdict.reasons, ...why],
    obligations: verdict.obligations,
    approval: now,
    expires_at,
    excluded,
    ...recordedAsked(
      calledByName(eligibleOf(members, seating(now)), members, seating(now), { everyone: false }),
      terms,
    ),
    // From the first moment on nobody is away: either others were asked, or there are none who would be enough.
    ...(away === undefined || away === span.from ? {} : { away_from: new Date(away).toISOString() }),
    destinations: allowedDestinations(destinations, terms).filter(({ group }) => groupsOf(now).includes(group)),
    grant: grantTerms(verdict),
  };
}

/** What the first event of a decision says, whatever comes of it. */
function answeredIn({ request, recorded = request, agent, action_digest, verdict, history }: Hold) {
  return {
    request: recorded,
    agent: {
      owner: agent.owner,
      ...(agent.owner_name ? { owner_name: agent.owner_name } : {}),
      groups: [...agent.groups],
      ...(agent.trust ? { trust: agent.trust } : {}),
    },
    action_digest,
    reasons: verdict.reasons,
    risk: verdict.risk,
    policy: verdict.policy,
    ...(verdict.counts ? { counts: verdict.counts } : {}),
    ...(verdict.flow ? { flow: verdict.flow } : {}),
    ...(history ? { history } : {}),
  };
}

/** Why others are asked than those policy named first. */
function tooFew(terms: ApprovalTerms, asked: readonly Sitter[]): Reason {
  return { rule: 'escalated', text: `Others are asked at once: ${missing(terms, asked)}.` };
}

function shortage(terms: ApprovalTerms, asked: readonly Sitter[]): string {
  return `Nobody may approve this: ${missing(terms, asked)}, not counting the agent's owner, the principal and the requester.`;
}

function missing(terms: ApprovalTerms, asked: readonly Sitter[]): string {
  const { seats, filled } = seatBest(terms, asked);
  const short = openSeats(seats, filled).map(
    ({ group, count }) => `${group} needs ${count} and has ${filled.get(group)!}`,
  );
  return short.length > 0 ? short.join(', ') : 'it names no seat';
}
