import type { Ruling } from './decide.js';
import { eligibility, type Excluded } from './eligibility.js';
import { saysNothing } from './inert.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import type { Person } from './request.js';
import type { Decision, ReviewState } from './state.js';

// What comes after a broken glass: somebody who had no part in it looks at what was done and says whether it was right.

export type Finding = 'justified' | 'not_justified';

export interface CloseReview {
  type: 'close_review';
  by: Person;
  finding: Finding;
  comment: string;
  /** Who owns the agent now. */
  owner?: string;
}

type Reviewing = Pick<ReviewState, 'groups' | 'excluded'>;

/** Those of these people who may close the review. */
export function reviewersAmong(people: readonly Person[], review: Reviewing, owner?: string): Person[] {
  return people.filter((person) => mayNotReview(person, review, owner) === undefined);
}

/**
 * Why this person may not close it; undefined when they may. The rules are those of an approval: nobody reviews what they
 * wished for, and whoever broke the glass wished for it.
 */
export function mayNotReview(person: Person, { groups, excluded }: Reviewing, owner?: string): Refusal | undefined {
  const terms = { seats: groups.map((group) => ({ group, count: 1 })) };
  const sits = eligibility(person, { terms, excluded: [...excluded] as Excluded[], asked: [] }, owner);
  return isRefusal(sits) ? refuse('not-reviewer', `You cannot close this review. ${sits.text}`) : undefined;
}

/** Closes the review, once, by somebody who had no part in what was done. */
export function closeReview(decision: Decision, { by, finding, comment, owner }: CloseReview): Ruling {
  const { review } = decision;
  if (!review)
    return { events: [], refused: refuse('no-review', 'The glass was not broken here: there is no review.') };
  if (review.closed) return { events: [], refused: refuse('review-closed', 'This review has been closed already.') };
  const refused = mayNotReview(by, review, owner);
  if (refused) return { events: [], refused };
  if (saysNothing(comment))
    return { events: [], refused: refuse('reason-required', 'Say what you found: a comment is required.') };
  return { events: [{ type: 'review.closed', by: by.id, by_name: by.name, finding, comment }] };
}

/** Says once that nobody has closed it in time. */
export function overdueReview({ review }: Decision, at: string): Ruling {
  const due = review && !review.closed && !review.overdue && Date.parse(at) >= Date.parse(review.due_at);
  return { events: due ? [{ type: 'review.overdue' }] : [] };
}
