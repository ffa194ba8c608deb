import { addSeconds } from './deadline.js';
import type { Ruling } from './decide.js';
import { eligibility, handedSeats, sitting } from './eligibility.js';
import type { DecisionApproved, DecisionEvent, DecisionRejected, VoteChoice, VoteRefused } from './event.js';
import { hadIdAt, isIdOf, sameIdentity } from './identity.js';
import { inert, saysNothing } from './inert.js';
import { seatBest, type Sitter } from './quorum.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import type { Person } from './request.js';
import { defined, settled } from './settled.js';
import { leaveOf, sessionRefusal, type SessionChoice } from './session.js';
import type { Decision, Pending } from './state.js';

export interface CastVote {
  type: 'vote';
  voter: Person;
  vote: VoteChoice;
  reason?: string;
  channel: string;
  submitted_by?: string;
  seen_digest?: string;
  card_digest?: string;
  /** Whether the voter had the whole of it open, as the surface tells. */
  opened_details?: boolean;
  /** For how long it was before the voter's eyes, in seconds, as the surface tells. */
  considered_s?: number;
  /** Leave for further actions like it, in the same session. */
  session?: SessionChoice;
  /** True if the voter has just proved again who they are, by more than a click. */
  stepped_up?: boolean;
  /** The id the grant will have if this vote completes the quorum. */
  grant_id: string;
  /**
   * Those who have voted before, as the directory has them now; those who are gone are absent. A vote counts only while its
   * voter could still cast it. Without it, they count as they were when they voted.
   */
  earlier?: readonly Person[];
  /** Who owns the agent now. */
  owner?: string;
  /** True while that is nobody the directory knows, or somebody who is disabled. */
  owner_missing?: boolean;
}

/** A person takes their vote back. */
export interface Retract {
  type: 'retract';
  voter: Person;
  channel: string;
  submitted_by?: string;
}

/** Records a vote, and what it completes: an approval when a quorum is met, a denial when enough have denied. */
export function castVote(decision: Decision, command: CastVote, at: string): Ruling {
  const refused = voteRefusal(decision, command);
  if (refused) {
    return { events: [refusedVote(command, refused)], refused };
  }
  const pending = decision as Pending;
  const groups = eligibility(command.voter, pending.approval, command.owner) as string[];
  const standing_in = handedSeats(command.voter, pending.approval, command.owner).map(
    ({ for: id, name = id, group }) => ({ id, name, group }),
  );
  const { voter, vote, reason, channel, submitted_by, seen_digest, card_digest } = command;
  const { opened_details, considered_s } = command;
  const session = vote === 'approve' ? command.session : undefined;
  const cast: DecisionEvent = {
    type: 'vote.cast',
    voter: voter.id,
    voter_name: voter.name,
    vote,
    groups,
    ...(standing_in.length > 0 ? { standing_in } : {}),
    channel,
    ...defined({ reason, submitted_by, seen_digest, card_digest, opened_details, considered_s, session }),
  };
  // A vote of today takes the place of the one the same person cast before.
  const others = pending.approval.votes.filter((earlier) => !sameIdentity(earlier.voter, voter.id));
  const alike = others.filter((earlier) => earlier.vote === vote);
  const sitters = command.earlier
    ? stillSitting(pending, alike, command)
    : [...alike.map((vote) => ({ id: vote.voter, groups: vote.groups })), { id: voter.id, groups }];
  const closing = vote === 'deny' ? rejection(pending, sitters, command) : approval(pending, sitters, command, at);
  return { events: closing ? [cast, closing] : [cast] };
}

/** The event of a vote that the rules refused: it changes nothing, and is on the record. */
export function refusedVote({ voter, vote, channel, submitted_by }: CastVote, { code }: Refusal): VoteRefused {
  return { type: 'vote.refused', voter: voter.id, vote, because: code, channel, ...defined({ submitted_by }) };
}

/** Takes a vote back, as long as nothing has come of it. */
export function retract(decision: Decision, { voter, channel, submitted_by }: Retract): Ruling {
  if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
  const cast = decision.approval.votes.some((one) => sameIdentity(one.voter, voter.id) && hadIdAt(voter, one.at));
  if (!cast) return { events: [], refused: refuse('no-vote', 'You have no vote on this to take back.') };
  return { events: [{ type: 'vote.retracted', voter: voter.id, channel, ...defined({ submitted_by }) }] };
}

function rejection(
  { approval: { terms } }: Pending,
  denying: readonly Sitter[],
  { voter, reason }: CastVote,
): DecisionRejected | undefined {
  if (denying.length < (terms.deny_quorum ?? 1)) return undefined;
  return { type: 'decision.rejected', by: voter.id, by_name: voter.name, reason: reason! };
}

function approval(
  { request, approval: { terms, votes, grant } }: Pending,
  sitters: readonly Sitter[],
  { voter, grant_id, session }: CastVote,
  at: string,
): DecisionApproved | undefined {
  const { complete, seated } = seatBest(terms, sitters);
  if (!complete) return undefined;
  const given = new Map([...votes.map((cast) => [cast.voter, cast.session] as const), [voter.id, session]]);
  const choices = [...seated.keys()].map((id) => given.get(id));
  const names = new Map([...votes.map((cast) => [cast.voter, cast.voter_name] as const), [voter.id, voter.name]]);
  return {
    type: 'decision.approved',
    approvers: [...seated].map(([id, seat]) => ({ id, name: names.get(id)!, seat })),
    grant: { id: grant_id, expires_at: addSeconds(at, grant.expires_in_s), uses: grant.uses },
    ...defined({ session: leaveOf(terms.session, choices, request, at) }),
  };
}

/** The voter, and those of the earlier votes that still count: of people who could cast them today, and who are not all one. */
function stillSitting(
  { approval: asked }: Pending,
  votes: Pending['approval']['votes'],
  { earlier = [], owner, voter }: CastVote,
): Sitter[] {
  const people = votes.flatMap(({ voter: id, at }) => earlier.find((one) => one.id === id && hadIdAt(one, at)) ?? []);
  return sitting([...people, voter], asked, owner);
}

function isBy({ voter, at }: Pending['approval']['votes'][number], person: Person): boolean {
  return hadIdAt(person, at) && isIdOf(person, voter);
}

function voteRefusal(decision: Decision, command: CastVote): Refusal | undefined {
  if (decision.status !== 'PENDING') return settled(decision);
  const { approval: asked } = decision;
  const { voter, vote, channel } = command;
  const groups = eligibility(voter, asked, command.owner);
  if (isRefusal(groups)) return groups;
  const { channels, step_up, reason_required } = asked.terms;
  // A terminal speaks the API with the same credential: who takes votes there takes them from it too.
  const places = channel === 'terminal' ? ['terminal', 'api'] : [channel];
  if (channels.length > 0 && !places.some((place) => channels.includes(place))) {
    const where = channels.map((one) => inert(one, 40)).join(' or ');
    return refuse('wrong-channel', `Policy takes votes on this in ${where} only. Vote there.`);
  }
  const before = asked.votes.find((cast) => isBy(cast, voter));
  if (before && (before.vote === vote || !sameIdentity(before.voter, voter.id))) {
    const text = 'You have voted on this already. One person is one vote, whatever the group or channel.';
    return refuse('already-voted', text);
  }
  if (!before && !stillSitting(decision, asked.votes, command).some(({ id }) => id === voter.id)) {
    const handed = handedSeats(voter, asked, command.owner).map(({ for: id, name = id }) => inert(name, 120));
    const whose =
      handed.length > 0
        ? ` You hold the seat of ${[...new Set(handed)].join(' and ')}: together you are one vote.`
        : '';
    const text = 'Your seat has been voted on already: by another account of yours, or by whoever else may sit on it.';
    return refuse('already-voted', `${text}${whose}`);
  }
  if (command.seen_digest && command.seen_digest !== decision.action_digest) {
    return refuse('changed', 'The request is not what you saw. Open it again and read it before you vote.');
  }
  if (command.owner_missing && vote === 'approve') {
    const text = 'Nobody answers for this agent now: its owner is not known here, or disabled. You can deny this.';
    return refuse('owner-missing', text);
  }
  if (step_up && vote === 'approve' && !command.stepped_up) {
    const text = 'Approving this takes a fresh sign-in. Open it in the inbox, sign in again, and approve it there.';
    return refuse('step-up-required', text);
  }
  if (saysNothing(command.reason) && (vote === 'deny' || reason_required)) {
    return refuse('reason-required', `Say why: a reason is required to ${vote === 'deny' ? 'deny' : 'approve'} this.`);
  }
  return vote === 'approve' && command.session
    ? sessionRefusal(asked.terms.session, command.session, decision.request)
    : undefined;
}
