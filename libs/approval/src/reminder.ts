import { MOST_NAMED, eligibleOf } from './escalation.js';
import type { ApprovalReminded, Reminded } from './event.js';
import { effectOf } from './headline.js';
import { sameIdentity } from './identity.js';
import { inert } from './inert.js';
import { openSeats, quorumsOf, seat } from './quorum.js';
import { redact } from './redact.js';
import type { Person } from './request.js';
import type { Decision, Pending } from './state.js';

// Whom a reminder is for, and what it says. It names people who could answer now and nobody else: paging somebody whose click
// would be refused teaches people not to look.

/** Accounts of one person that the record has room for. */
const MOST_ACCOUNTS = 4;

/** Everyone among these people who may still answer and whose place, or one like it, is free. */
export function stillAsked({ approval }: Pending, members: readonly Person[], owner: string | undefined): Reminded[] {
  const approving = approval.votes
    .filter(({ vote }) => vote === 'approve')
    .map((vote) => ({ id: vote.voter, groups: vote.groups }));
  const open = new Set(
    quorumsOf(approval.terms).flatMap((seats) =>
      openSeats(seats, seat(seats, approving).filled).map(({ group }) => group),
    ),
  );
  return eligibleOf(members, approval, owner)
    .filter(({ id }) => !approval.votes.some(({ voter }) => sameIdentity(voter, id)))
    .map(({ id, name, groups }) => ({
      id,
      name,
      groups: groups.filter((group) => open.has(group)),
      accounts: [...(members.find((person) => person.id === id)?.accounts ?? [])].slice(0, MOST_ACCOUNTS),
    }))
    .filter(({ groups }) => groups.length > 0)
    .slice(0, MOST_NAMED);
}

export interface Reminder {
  /** For lock screens: no payload. */
  notice: string;
  headline: string;
  /** "Nobody has decided this yet. Still asked:"; the people follow, as the channel names them. */
  text: string;
  people: Reminded[];
  /** RFC 3339; channels show it in the reader's zone. */
  expires_at: string;
  /** What comes of silence. */
  otherwise: string;
}

/** What a reminder says in one conversation: to those of `people` who are asked for one of these groups and have not answered. */
export function renderReminder(
  decision: Decision & Pending,
  { people }: Pick<ApprovalReminded, 'people'>,
  groups: readonly string[],
): Reminder {
  const { request, approval } = decision;
  const shown = redact(request, approval.terms.redact).request;
  const left = (people ?? []).filter(
    (person) =>
      person.groups.some((group) => groups.includes(group)) &&
      !approval.votes.some(({ voter }) => sameIdentity(voter, person.id)),
  );
  return {
    notice: `${inert(shown.subject.id, 80)} still needs an approval (${decision.risk.level} risk)`,
    headline: effectOf(shown),
    text: `This is not decided yet.${left.length > 0 ? ' Still asked: ' : ''}`,
    people: left.map((person) => ({ ...person, name: inert(person.name, 120) })),
    expires_at: approval.expires_at,
    otherwise: 'Without an answer it is denied.',
  };
}
