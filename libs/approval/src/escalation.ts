import { eligibility, sitsOnlyFor, type Seating } from './eligibility.js';
import type { Asked, DecisionHeld } from './event.js';
import { seatBest, type Sitter } from './quorum.js';
import { isRefusal } from './refusal.js';
import type { Destination, Person } from './request.js';
import type { ApprovalTerms, QuorumTerms } from './verdict.js';

/** People named in the record as asked. With a bound, because an event too large for the ledger would escape the record. */
export const MOST_NAMED = 100;
/** Characters that the ids of all members may come to in the record. */
const MEMBERS_LENGTH = 16_000;

/** The terms once the next escalation has been taken: what it asks for does as well as what was asked before. */
export function withEscalation(terms: ApprovalTerms, seats: QuorumTerms): ApprovalTerms {
  const { escalate = [], alternatives = [], ...rest } = terms;
  const later = escalate.slice(1);
  return { ...rest, alternatives: [...alternatives, seats], ...(later.length > 0 ? { escalate: later } : {}) };
}

/** Everyone among these people who may sit, as they are named in the record. */
export function eligibleOf(members: readonly Person[], approval: Seating, owner?: string): DecisionHeld['asked'] {
  return members.flatMap((person) => {
    const groups = eligibility(person, approval, owner);
    return isRefusal(groups) ? [] : [{ id: person.id, name: person.name, groups }];
  });
}

/** Accounts of one person that the record has room for. */
export const MOST_ACCOUNTS = 4;

/**
 * The same people with where they can be spoken to, as far as policy lets people be asked there: all of them, or only those who
 * hold the seats of others, who are seldom where the group is.
 */
export function calledByName(
  asked: readonly Asked[],
  members: readonly Person[],
  approval: Seating & { terms: Pick<ApprovalTerms, 'channels'> },
  { everyone, owner }: { everyone: boolean; owner?: string | undefined },
): Asked[] {
  const { channels } = approval.terms;
  const byId = new Map(members.map((person) => [person.id, person]));
  return asked.map((one) => {
    const person = byId.get(one.id)!;
    const standing_in = sitsOnlyFor(person, one.groups, approval, owner);
    const accounts = (person.accounts ?? [])
      .filter(({ channel }) => channels.length === 0 || channels.includes(channel))
      .slice(0, MOST_ACCOUNTS);
    return {
      ...one,
      ...(accounts.length > 0 && (everyone || standing_in.length > 0) ? { accounts } : {}),
      ...(standing_in.length > 0 ? { standing_in } : {}),
    };
  });
}

/** Who was asked, as far as the record has room: names of the first, and the ids of all where late members may not vote. */
export function recordedAsked(
  eligible: DecisionHeld['asked'],
  { late_members }: Pick<ApprovalTerms, 'late_members'>,
): Pick<DecisionHeld, 'asked' | 'members'> {
  const members = eligible.map(({ id }) => id);
  const room = members.reduce((sum, id) => sum + id.length + 3, 0) <= MEMBERS_LENGTH;
  return { asked: eligible.slice(0, MOST_NAMED), ...(late_members || !room ? {} : { members }) };
}

/** Destinations that policy lets people be asked at. */
export function allowedDestinations(destinations: readonly Destination[], { channels }: ApprovalTerms): Destination[] {
  return destinations.filter(({ channel }) => channels.length === 0 || channels.includes(channel));
}

/**
 * Terms that enough people are left for, when exclusions leave too few for those that policy gave: the first escalation
 * that can be filled is taken at once. Undefined when there is none.
 */
export function fillable(
  terms: ApprovalTerms,
  sittersFor: (terms: ApprovalTerms) => Sitter[],
): ApprovalTerms | undefined {
  for (let now = terms; ;) {
    if (seatBest(now, sittersFor(now)).complete) return now;
    const next = now.escalate?.[0];
    if (!next) return undefined;
    now = withEscalation(now, next.seats);
  }
}
