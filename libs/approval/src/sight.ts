import { decide } from './decide.js';
import { groupsAsked } from './quorum.js';
import type { ActionRequest, Person, Place } from './request.js';
import { inScope, roleRefusal, type Scope } from './roles.js';
import { settled } from './settled.js';
import type { Decision } from './state.js';
import type { Stop } from './stop.js';
import type { CastVote } from './vote.js';

// Who may see what. Seeing is less than voting: whoever is concerned may know how it stands.

/** Whether this agent asked, itself or for the subject. */
export function isParty(
  { subject, submitted_by }: Pick<ActionRequest, 'subject' | 'submitted_by'>,
  agentId: string,
): boolean {
  return subject.id === agentId || submitted_by === agentId;
}

/** Whether a person has a part in this: owns the agent, is its principal, asked in person, or is in a group that is asked. */
export function isConcerned({ agent, request, approval, broke_glass, review }: Decision, person: Person): boolean {
  return (
    [agent.owner, request.principal, request.subject.id].includes(person.id) ||
    broke_glass?.by === person.id ||
    [...(broke_glass?.notified ?? []), ...(review?.groups ?? [])].some((group) => sitsIn(person, group)) ||
    (approval !== undefined &&
      (groupsAsked(approval.terms).some((group) => sitsIn(person, group)) ||
        // Whoever was on duty when it was asked stays a part of it when somebody else is.
        approval.asked.some(({ id, groups }) => id === person.id && groups.some((one) => person.rota?.includes(one)))))
  );
}

/** Whoever looks, with what their credential is good for. */
export type Viewer =
  { kind: 'agent'; id: string } | { kind: 'person'; person: Person; scopes?: readonly Scope[] } | { kind: 'service' };

/** Whether everything may be seen: the record is there for auditors, and the services work with all of it. */
export function seesAll(viewer: Viewer): boolean {
  if (viewer.kind !== 'person') return viewer.kind === 'service';
  return inScope(viewer.scopes, 'record') && !roleRefusal(viewer.person, 'record');
}

/** Whether this decision may be seen: by agents what they asked, by people what concerns them, by auditors everything. */
export function maySee(decision: Decision, viewer: Viewer): boolean {
  switch (viewer.kind) {
    case 'service':
      return true;
    case 'agent':
      return isParty(decision.request, viewer.id);
    case 'person':
      return seesAll(viewer) || isConcerned(decision, viewer.person);
  }
}

/** Whether people in this conversation are asked about it, or are told of it. */
export function isAskedIn({ approval, broke_glass }: Decision, { channel, address }: Place): boolean {
  const destinations = [...(approval?.destinations ?? []), ...(broke_glass?.destinations ?? [])];
  return destinations.some((one) => one.channel === channel && one.address === address);
}

/** What a vote is counted against besides the decision. */
export interface VoteSituation extends Pick<CastVote, 'earlier' | 'owner' | 'owner_missing'> {
  /** RFC 3339, UTC. */
  at: string;
  /** The stop that is in force now and covers the request. */
  stop?: Stop | undefined;
}

/**
 * Why a person has no vote to cast on this now; empty when they have one: when the rules would take an answer of either kind,
 * given where, and with the reason and sign-in, that policy wants. What is offered is what is taken, since the rules are asked.
 * While nobody answers for the agent a person has a vote all the same: it can be a denial.
 */
export function noVoteBecause(decision: Decision, person: Person, { at, stop, ...now }: VoteSituation): string {
  if (decision.status !== 'PENDING') return decision.approval ? settled(decision).text : 'Nobody was asked about this.';
  const [channel = 'api'] = decision.approval.terms.channels;
  const formal = { channel, reason: 'because', stepped_up: true, grant_id: '', owner_missing: false };
  for (const vote of ['approve', 'deny'] as const) {
    const { refused } = decide(decision, { type: 'vote', voter: person, vote, ...now, ...formal }, at, stop);
    if (refused) return refused.text;
  }
  return '';
}

function sitsIn({ groups, stands_in }: Person, group: string): boolean {
  return groups.includes(group) || (stands_in?.some((seat) => seat.group === group) ?? false);
}
