import { eligibility, type Seating } from './eligibility.js';
import type { DecisionHeld } from './event.js';
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
