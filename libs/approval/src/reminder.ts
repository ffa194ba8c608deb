import { MOST_ACCOUNTS, MOST_NAMED, eligibleOf } from './escalation.js';
import type { Asked, Reminded } from './event.js';
import { effectOf } from './headline.js';
import { sameIdentity } from './identity.js';
import { inert } from './inert.js';
import { openSeats, quorumsOf, seat } from './quorum.js';
import { redact } from './redact.js';
import type { Person } from './request.js';
import type { Decision, Pending } from './state.js';

// Whom a reminder is for, and what it says. It names people who could answer now and nobody else: paging somebody whose click
// would be refused teaches people not to look.

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

/** What is said below a card, and to whom. */
export interface Call {
  people?: Reminded[];
  /** They are asked now, because nobody has answered. */
  escalated?: boolean;
}

/** Those of an escalation who can be called by name. Absent where there is nobody to call. */
export function callOf(asked: readonly Asked[]): Required<Call> | undefined {
  if (!asked.some(({ accounts }) => accounts)) return undefined;
  const people = asked.map(({ id, name, groups, accounts = [] }) => ({ id, name, groups, accounts }));
  return { people, escalated: true };
}

/** What somebody who holds the seats of others is told, by themselves: they are seldom where the group is. No payload. */
export function standInNotice(decision: Decision, { groups, standing_in = [] }: Asked): string {
  const { request, risk } = decision;
  const agent = inert(request.subject.id, 80);
  const whose = standing_in.map((name) => inert(name, 120)).join(' and ');
  const where = groups.map((group) => inert(group, 80)).join(' and ');
  return `${agent} needs an approval (${risk.level} risk). You stand in for ${whose} in ${where}: ${decision.id}.`;
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
  { people, escalated }: Call,
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
    text: `This is not decided yet.${left.length === 0 ? '' : escalated ? ' Now asked as well: ' : ' Still asked: '}`,
    people: left.map((person) => ({ ...person, name: inert(person.name, 120) })),
    expires_at: approval.expires_at,
    otherwise: 'Without an answer it is denied.',
  };
}
