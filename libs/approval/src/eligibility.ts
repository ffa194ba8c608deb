import type { Exclusion } from './event.js';
import { hadIdAt, identityKey, idsOf, isIdOf, sameIdentity } from './identity.js';
import { inert } from './inert.js';
import type { ActionRequest, Agent, HandedSeat, Person } from './request.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { voterRefusal } from './roles.js';
import { groupsOf, type QuorumChoice, type Sitter } from './quorum.js';
import type { ApprovalState } from './state.js';
import type { ApprovalTerms } from './verdict.js';

export interface Excluded {
  id: string;
  because: Exclusion;
}

/**
 * Everyone who never counts for this request: nobody approves their own wish, whichever hat they wear. Admins are no
 * exception, because there is no exception to make: the list is about persons, not roles.
 */
export function excludedFrom(request: ActionRequest, agent: Agent, terms: Pick<ApprovalTerms, 'exclude'>): Excluded[] {
  const found: Excluded[] = [];
  const add = (id: string | undefined, because: Exclusion) => {
    // Policy's names are kept beside an equal id, or an agent could unmake an excluded group by naming it as its principal.
    const known = found.some(
      (other) => sameIdentity(other.id, id ?? '') && (because !== 'policy' || other.because === because),
    );
    if (id && !known) found.push({ id, because });
  };
  // Who asks in person is told so, rather than that they own an agent.
  if (!sameIdentity(agent.owner, request.subject.id)) add(agent.owner, 'owner');
  add(request.principal, 'principal');
  add(request.submitted_by, 'requester');
  add(request.subject.id, 'requester');
  delegationChain(request)?.forEach((id) => add(id, 'delegation'));
  add(authorOf(request), 'author');
  terms.exclude.forEach((id) => add(id, 'policy'));
  return found;
}

/** The action of changing which policy serves. */
export const ACTIVATION = 'policy.activate';

/** Who wrote the policy that is to serve. Here and not in policy: the rule must hold whatever the policy under change says. */
function authorOf({ action }: ActionRequest): string | undefined {
  const author = action.name === ACTIVATION ? action.properties?.['author'] : undefined;
  return typeof author === 'string' ? author : undefined;
}

/** The longest id the directory takes: what is longer names no person. */
const LONGEST_ID = 256;

/** A chain with more parts than this is not read: reading it would be work for an attacker's asking. */
const MOST_PARTS = 1_000;

/**
 * The ids in `subject.properties.act`, outermost first (RFC 8693 section 4.1: each actor may carry the one before it). Every
 * text in it counts as one, in whatever member and shape: a chain must not hide a person by how it is written. Undefined
 * when it is too large to be read whole.
 */
export function delegationChain(request: ActionRequest): string[] | undefined {
  const ids = new Set<string>();
  const left: unknown[] = [request.subject.properties?.['act']];
  for (let parts = 0; left.length > 0; parts++) {
    const part = left.pop();
    if (parts > MOST_PARTS) return undefined;
    if (typeof part === 'string') ids.add(part);
    if (typeof part !== 'object' || part === null) continue;
    const inside = Object.values(part) as unknown[];
    if (inside.length > MOST_PARTS) return undefined;
    left.push(...inside.reverse());
  }
  return [...ids].filter((id) => id.length <= LONGEST_ID);
}

/** What of an approval says who may sit. */
export type Seating = { terms: QuorumChoice } & Pick<ApprovalState, 'excluded' | 'asked' | 'members'> &
  Partial<Pick<ApprovalState, 'votes'>>;

/**
 * The groups this person may sit for, or why there is none. `owner` is whoever owns the agent now: a person who takes over
 * an agent while its request is pending owns that request too.
 */
export function eligibility(person: Person, approval: Seating, owner?: string): string[] | Refusal {
  const exclusion = exclusionOf(person, approval.excluded, owner);
  if (exclusion) return refuseExcluded(exclusion, person, approval);
  const unfit = voterRefusal(person);
  if (unfit) return unfit;
  const asked = groupsOf(approval.terms);
  const handed = seatsHeld(person, approval, owner);
  const groups = asked.filter(
    (group) => sitsFor(person, group, approval) || handed.some((seat) => seat.group === group),
  );
  if (groups.length === 0) {
    const seat = person.stands_in?.find(({ group }) => asked.includes(group));
    if (seat) return refuseStandIn(seat, exclusionOf(personBehind(seat), approval.excluded, owner)!, person, approval);
    const wanted = asked.map((group) => inert(group, 80)).join(' or ');
    return refuse(
      'not-asked',
      `This needs someone from ${wanted}, and you are not in that group.${askedInstead(person, approval)}`,
    );
  }
  const there = groups.filter(
    (group) =>
      handed.some((seat) => seat.group === group && wasThere(personBehind(seat), group, approval)) ||
      (sitsFor(person, group, approval) && wasThere(person, group, approval)),
  );
  if (there.length === 0) {
    const text = 'You joined the group after this was asked, and only those who were in it then may answer.';
    return refuse('joined-later', `${text}${askedInstead(person, approval)}`);
  }
  return there;
}

/** In their own right: in the group, or on duty for it when it was asked or when they voted. */
function sitsFor(person: Person, group: string, { asked, votes = [] }: Seating): boolean {
  if (person.groups.includes(group)) return true;
  if (!person.rota?.includes(group)) return false;
  return (
    asked.some(({ id, groups }) => isIdOf(person, id) && groups.includes(group)) ||
    votes.some(({ voter, groups }) => isIdOf(person, voter) && groups.includes(group))
  );
}

/** The seats of others that this person may sit on. */
export function handedSeats(person: Person, approval: Seating, owner: string | undefined): HandedSeat[] {
  return seatsHeld(person, approval, owner).filter((seat) => wasThere(personBehind(seat), seat.group, approval));
}

/** Names of those for whom alone a person sits in these groups: empty for whoever sits in one of them in their own right. */
export function sitsOnlyFor(
  person: Person,
  groups: readonly string[],
  approval: Seating,
  owner: string | undefined,
): string[] {
  if (groups.some((group) => sitsFor(person, group, approval))) return [];
  const seats = handedSeats(person, approval, owner).filter(({ group }) => groups.includes(group));
  return [...new Set(seats.map((seat) => personBehind(seat).name))];
}

/** A seat may be handed over, but not by somebody who may not sit on it. What somebody has in their own right needs no other's. */
function seatsHeld(person: Person, approval: Seating, owner: string | undefined): HandedSeat[] {
  const asked = groupsOf(approval.terms);
  return (person.stands_in ?? []).filter(
    (seat) =>
      asked.includes(seat.group) &&
      !sitsFor(person, seat.group, approval) &&
      !exclusionOf(personBehind(seat), approval.excluded, owner),
  );
}

/** Whoever handed over a seat, as far as the rules must know them. */
function personBehind({ for: id, name = id, groups = [], also = [] }: HandedSeat): Person {
  return { id, name, groups, also };
}

function exclusionOf(person: Person, excluded: readonly Excluded[], owner: string | undefined): Excluded | undefined {
  const owns = owner !== undefined && isIdOf(person, owner);
  return excluded.find((one) => isExcluded(person, one)) ?? (owns ? { id: owner, because: 'owner' } : undefined);
}

/**
 * Who of these people may sit for which groups, when every human being is one, whatever accounts they have, and every seat
 * is one, whoever it was handed to. Who comes first counts; whoever has a seat of their own leaves one that was handed over
 * to those who have no other, so that nobody blocks a quorum that could be met.
 */
export function sitting(people: readonly Person[], approval: Seating, owner?: string): Sitter[] {
  const present: { person: Person; asked: string[]; groups: string[] }[] = [];
  const known = new Set<string>();
  for (const person of people) {
    const asked = eligibility(person, approval, owner);
    const keys = idsOf(person).map(identityKey);
    if (isRefusal(asked) || keys.some((key) => known.has(key))) continue;
    keys.forEach((key) => known.add(key));
    present.push({ person, asked, groups: [] });
  }
  const taken = new Set<string>();
  const take = (ids: readonly string[], group: string) => {
    const keys = ids.map((id) => JSON.stringify([identityKey(id), group]));
    const free = keys.every((key) => !taken.has(key));
    if (free) keys.forEach((key) => taken.add(key));
    return free;
  };
  const own = ({ person, asked }: (typeof present)[number]) =>
    asked.filter((group) => sitsFor(person, group, approval));
  const handed = ({ person, groups }: (typeof present)[number]) => {
    const seats = handedSeats(person, approval, owner);
    for (const group of new Set(seats.map((seat) => seat.group)))
      if (seats.some((seat) => seat.group === group && take([seat.for, ...(seat.also ?? [])], group)))
        groups.push(group);
  };
  for (const one of present) {
    if (own(one).length === 0) handed(one);
    else one.groups.push(...own(one).filter((group) => take(idsOf(one.person), group)));
  }
  present.filter((one) => own(one).length > 0).forEach(handed);
  return present.flatMap(({ person, groups }) => (groups.length > 0 ? [{ id: person.id, groups }] : []));
}

/** Those of these people who approved. */
export function approversAmong(people: readonly Person[], { votes }: Pick<ApprovalState, 'votes'>): Person[] {
  return people.filter((person) =>
    votes.some(({ voter, vote, at }) => vote === 'approve' && sameIdentity(voter, person.id) && hadIdAt(person, at)),
  );
}

/**
 * Whether a person was asked for this group, where late members may not vote. Whoever was asked for one group and has joined
 * another since is late there. Of those who are not named it is only known that they were asked; unknown members bar nobody.
 */
function wasThere(person: Person, group: string, { asked, members }: Pick<Seating, 'asked' | 'members'>): boolean {
  if (!members) return true;
  const named = asked.filter(({ id }) => isIdOf(person, id));
  if (named.length > 0) return named.some(({ groups }) => groups.includes(group));
  return members.some((id) => isIdOf(person, id));
}

/** Policy may exclude a whole group. Read as an id alone, a group's name would exclude nobody and say nothing. */
function isExcluded(person: Person, { id, because }: Excluded): boolean {
  return isIdOf(person, id) || (because === 'policy' && person.groups.includes(id));
}

function refuseExcluded(exclusion: Excluded, person: Person, approval: Pick<ApprovalState, 'asked'>): Refusal {
  const why: Record<Exclusion, string> = {
    owner: 'You own the agent that asks',
    principal: 'The agent acts on your behalf',
    requester: 'You made this request',
    delegation: 'You are in the chain of delegation behind this request',
    author: 'You wrote the policy that is to serve',
    policy: 'Policy excludes you from this request',
  };
  const handed = [...new Set(person.stands_in?.map(nameOf))];
  const neither = handed.length > 0 ? ` The seat of ${handed.join(' or ')} does not change that.` : '';
  const text = `${why[exclusion.because]}, so someone else has to decide.${neither}${askedInstead(person, approval)}`;
  return refuse(codeOf(exclusion), text);
}

/** The seat is of somebody who may not sit on it. Both are named: the one who reads this may not know why. */
function refuseStandIn(seat: HandedSeat, { because }: Excluded, person: Person, approval: Seating): Refusal {
  const whose = nameOf(seat);
  const why: Record<Exclusion, string> = {
    owner: 'who owns the agent that asks',
    principal: 'on whose behalf the agent acts',
    requester: 'who made this request',
    delegation: 'who is in the chain of delegation behind this request',
    author: 'who wrote the policy that is to serve',
    policy: 'whom policy excludes from this request',
  };
  const text = `You, ${inert(person.name, 120)}, hold the seat of ${whose}, ${why[because]}, so neither of you can decide.`;
  return refuse(codeOf({ because }), `${text}${askedInstead(person, approval)}`);
}

function codeOf({ because }: Pick<Excluded, 'because'>): 'excluded' | 'self-approval' {
  return because === 'policy' ? 'excluded' : 'self-approval';
}

function nameOf({ for: id, name = id }: HandedSeat): string {
  return inert(name, 120);
}

function askedInstead(person: Person, approval: Pick<ApprovalState, 'asked'>): string {
  const names = approval.asked.filter(({ id }) => id !== person.id).map(({ name }) => inert(name, 120));
  if (names.length === 0) return '';
  const shown = names.slice(0, 5).join(', ');
  return ` Asked: ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}.`;
}
