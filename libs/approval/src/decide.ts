import { eligibility, isRefusal } from './eligibility.js';
import type { DecisionEvent, VoteChoice } from './event.js';
import { addSeconds } from './hold.js';
import { sameIdentity } from './identity.js';
import { saysNothing } from './inert.js';
import { seat, type Sitter } from './quorum.js';
import { redeem, type Redeem } from './redeem.js';
import { refuse, type Refusal } from './refusal.js';
import type { Person } from './request.js';
import { usesMade, type Decision, type Pending } from './state.js';

export interface CastVote {
  type: 'vote';
  voter: Person;
  vote: VoteChoice;
  reason?: string;
  channel: string;
  submitted_by?: string;
  seen_digest?: string;
  card_digest?: string;
  /** The id the grant will have if this vote completes the quorum. */
  grant_id: string;
  /**
   * Those who have voted before, as the directory has them now; those who are gone are absent. A vote counts only while its
   * voter could still cast it. Without it, they count as they were when they voted.
   */
  earlier?: readonly Person[];
  /** Who owns the agent now. */
  owner?: string;
}

export type Command =
  | CastVote
  | Redeem
  | { type: 'withdraw'; by: string; reason?: string }
  | { type: 'revoke'; by: Person; reason: string }
  | { type: 'expire' }
  | { type: 'repeat'; request_id?: string; submitted_by?: string }
  | Report;

/** What came of one use. */
export interface Report {
  type: 'report';
  by: string;
  success: boolean;
  summary?: string;
  details?: Record<string, unknown>;
  /** Which use; absent means the last one made. */
  use?: number;
}

/** What a command leads to. A refusal may still leave facts to record: that somebody tried. */
export interface Ruling {
  events: DecisionEvent[];
  refused?: Refusal;
}

/**
 * The rules. `at` is the time of the command, RFC 3339 in UTC. A deadline that has passed is settled first, whatever the
 * command: a late click must lose even if no timer has run yet.
 */
export function decide(decision: Decision, command: Command, at: string): Ruling {
  const lapsed = lapse(decision, at);
  if (lapsed) {
    if (command.type === 'expire') return { events: [lapsed] };
    const text =
      decision.status === 'PENDING'
        ? 'This request has expired: nobody answered in time. The agent may ask again.'
        : usesMade(decision) > 0
          ? 'This grant has expired before all of its uses were made. Ask again.'
          : 'This grant has expired unused. Ask again.';
    return { events: [lapsed], refused: refuse(decision.status === 'PENDING' ? 'expired' : 'grant-expired', text) };
  }
  switch (command.type) {
    case 'expire':
      return { events: [] };
    case 'repeat':
      return {
        events: [
          {
            type: 'decision.repeated',
            ...defined({ request_id: command.request_id, submitted_by: command.submitted_by }),
          },
        ],
      };
    case 'vote':
      return castVote(decision, command, at);
    case 'redeem':
      return redeem(decision, command);
    case 'withdraw':
      if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
      return { events: [{ type: 'decision.withdrawn', by: command.by, ...defined({ reason: command.reason }) }] };
    case 'revoke':
      return revoke(decision, command);
    case 'report':
      return report(decision, command);
  }
}

/** The event of a deadline that has passed, if one has. */
function lapse(decision: Decision, at: string): DecisionEvent | undefined {
  if (decision.status === 'PENDING' && isPast(decision.approval.expires_at, at)) return { type: 'decision.expired' };
  if (decision.status === 'ALLOWED' && decision.grant && isPast(decision.grant.expires_at, at)) {
    const { id, uses } = decision.grant;
    return { type: 'grant.expired', grant_id: id, unused: uses - usesMade(decision) };
  }
  return undefined;
}

/** Compared as times, not as text: two spellings of one moment must not buy a second. What is no time is past. */
function isPast(deadline: string, at: string): boolean {
  return !(Date.parse(at) < Date.parse(deadline));
}

function castVote(decision: Decision, command: CastVote, at: string): Ruling {
  const refused = voteRefusal(decision, command);
  if (refused) {
    const { voter, vote, channel, submitted_by } = command;
    return {
      events: [
        { type: 'vote.refused', voter: voter.id, vote, because: refused.code, channel, ...defined({ submitted_by }) },
      ],
      refused,
    };
  }
  const pending = decision as Pending;
  const groups = eligibility(command.voter, pending.approval, command.owner) as string[];
  const { voter, vote, reason, channel, submitted_by, seen_digest, card_digest } = command;
  const cast: DecisionEvent = {
    type: 'vote.cast',
    voter: voter.id,
    voter_name: voter.name,
    vote,
    groups,
    channel,
    ...defined({ reason, submitted_by, seen_digest, card_digest }),
  };
  if (vote === 'deny') {
    return { events: [cast, { type: 'decision.rejected', by: voter.id, by_name: voter.name, reason: reason! }] };
  }
  const approvals = pending.approval.votes.filter((earlier) => earlier.vote === 'approve');
  const sitters = [...stillSitting(pending, approvals, command), { id: voter.id, groups }];
  const { complete, seated } = seat(pending.approval.terms.seats, sitters);
  if (!complete) return { events: [cast] };
  const names = new Map([
    ...approvals.map((earlier) => [earlier.voter, earlier.voter_name] as const),
    [voter.id, voter.name],
  ]);
  const terms = pending.approval.grant;
  return {
    events: [
      cast,
      {
        type: 'decision.approved',
        approvers: [...seated].map(([id, seatTaken]) => ({ id, name: names.get(id)!, seat: seatTaken })),
        grant: { id: command.grant_id, expires_at: addSeconds(at, terms.expires_in_s), uses: terms.uses },
      },
    ],
  };
}

/** Earlier approvals that still count: of people who could give them today. */
function stillSitting(
  { approval }: Pending,
  approvals: Pending['approval']['votes'],
  { earlier, owner }: CastVote,
): Sitter[] {
  return approvals.flatMap(({ voter, groups }) => {
    if (!earlier) return [{ id: voter, groups }];
    const person = earlier.find(({ id }) => id === voter);
    const now = person && eligibility(person, approval, owner);
    return now && !isRefusal(now) ? [{ id: voter, groups: now }] : [];
  });
}

function voteRefusal(decision: Decision, command: CastVote): Refusal | undefined {
  if (decision.status !== 'PENDING') return settled(decision);
  const { approval } = decision;
  const groups = eligibility(command.voter, approval, command.owner);
  if (isRefusal(groups)) return groups;
  if (approval.votes.some(({ voter }) => sameIdentity(voter, command.voter.id))) {
    return refuse(
      'already-voted',
      'You have voted on this already. One person is one vote, whatever the group or channel.',
    );
  }
  if (command.seen_digest && command.seen_digest !== decision.action_digest) {
    return refuse('changed', 'What you saw is not what is asked. Open the request again and read it before you vote.');
  }
  if (saysNothing(command.reason) && (command.vote === 'deny' || approval.terms.reason_required)) {
    return refuse(
      'reason-required',
      `Say why: a reason is required to ${command.vote === 'deny' ? 'deny' : 'approve'} this.`,
    );
  }
  return undefined;
}

function revoke(decision: Decision, { by, reason }: { by: Person; reason: string }): Ruling {
  if (decision.status !== 'ALLOWED' || !decision.grant) {
    const text =
      decision.status === 'ALLOWED' ? 'There is nothing to revoke: this was allowed outright.' : settled(decision).text;
    return { events: [], refused: refuse('no-grant', text) };
  }
  if (saysNothing(reason))
    return { events: [], refused: refuse('reason-required', 'Say why: a reason is required to revoke.') };
  return { events: [{ type: 'decision.revoked', by: by.id, by_name: by.name, reason }] };
}

function report(decision: Decision, { by, success, summary, details, use }: Report): Ruling {
  const made = usesMade(decision);
  const outright = decision.status === 'ALLOWED' && !decision.grant;
  const which = outright ? 1 : (use ?? Math.max(made, 1));
  if (which > made && !outright) {
    const notYet = decision.status === 'ALLOWED' ? 'The grant has not been redeemed, so nothing may have run.' : '';
    const text = made > 0 ? `Use ${which} of the grant has not been made.` : notYet || settled(decision).text;
    return { events: [], refused: refuse('not-acted', `There is no outcome to report. ${text}`) };
  }
  const { outcome } = decision;
  const reported = decision.reported ?? (outcome ? [1] : []);
  if (reported.includes(which)) {
    // Said again in the same words it is the same report; only the last one is still there to compare.
    const same = (outcome?.use ?? 1) === which && outcome?.success === success && outcome.summary === summary;
    return same
      ? { events: [] }
      : { events: [], refused: refuse('already-reported', 'An outcome has been reported already.') };
  }
  const what = defined({ summary, details, use: outright ? undefined : which });
  return { events: [{ type: 'outcome.reported', by, success, ...what }] };
}

/** Why a decision that has left PENDING can not be changed by this command. */
export function settled(decision: Decision): Refusal {
  const text: Record<Decision['status'], string> = {
    PENDING: 'This request is still waiting for people.',
    ALLOWED: 'This request has been approved already.',
    DENIED: 'This request has been denied already.',
    EXPIRED: 'This request has expired.',
    WITHDRAWN: 'The agent has withdrawn this request.',
    REDEEMED: 'This request was approved and its grant has been used.',
    REVOKED: 'The permission has been revoked.',
  };
  const code =
    decision.status === 'PENDING' ? 'not-pending' : decision.status === 'EXPIRED' ? 'expired' : 'already-decided';
  return refuse(code, text[decision.status]);
}

/** The members that have a value, so that a recorded fact holds no empty ones. */
export function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined | ''> } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ''),
  ) as never;
}
