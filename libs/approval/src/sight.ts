import { eligibility } from './eligibility.js';
import { hadIdAt, sameIdentity } from './identity.js';
import { groupsAsked } from './quorum.js';
import { isRefusal } from './refusal.js';
import type { ActionRequest, Person, Place } from './request.js';
import { settled } from './settled.js';
import type { Decision } from './state.js';

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

/** Whether people in this conversation are asked about it, or are told of it. */
export function isAskedIn({ approval, broke_glass }: Decision, { channel, address }: Place): boolean {
  const destinations = [...(approval?.destinations ?? []), ...(broke_glass?.destinations ?? [])];
  return destinations.some((one) => one.channel === channel && one.address === address);
}

/** Why a person has no vote to cast on this now; empty when they have one. */
export function noVoteBecause(decision: Decision, person: Person, owner: string | undefined): string {
  if (decision.status !== 'PENDING') return decision.approval ? settled(decision).text : 'Nobody was asked about this.';
  if (decision.approval.votes.some(({ voter, at }) => sameIdentity(voter, person.id) && hadIdAt(person, at)))
    return 'You have voted on this already.';
  const groups = eligibility(person, decision.approval, owner);
  return isRefusal(groups) ? groups.text : '';
}

function sitsIn({ groups, stands_in }: Person, group: string): boolean {
  return groups.includes(group) || (stands_in?.some((seat) => seat.group === group) ?? false);
}
