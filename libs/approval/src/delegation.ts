import { hadIdAt, idsOf, isIdOf } from './identity.js';
import { inert } from './inert.js';
import type { HandedSeat, Person } from './request.js';
import { voterRefusal } from './roles.js';

// Who may hand a seat to whom, and what of it holds at a time. Handing over gives nobody more than whoever hands over has.

/** A seat that somebody has handed over for a time. */
export interface Delegation {
  group: string;
  by: string;
  by_name: string;
  to: string;
  to_name: string;
  /** RFC 3339, UTC: from when to when it is handed over. */
  since: string;
  until: string;
  /** RFC 3339, UTC: when that was said, if it was before it began. */
  made_at?: string;
  reason?: string;
}

/** The longest time for which a seat can be handed over, in days: who is away for longer should leave the group. */
const MOST_DAYS = 30;
/** How far ahead a hand-over may be said, in days: nothing lies in wait for longer than people remember it. */
const MOST_AHEAD_DAYS = 90;
const DAY_MS = 86_400_000;

export type DelegationProblem = { code: 'NOT_YOUR_SEAT' | 'NOT_A_DELEGATE' | 'NOT_A_TIME'; text: string };

/** Why a person may not hand this seat to another, if they may not. */
export function mayNotDelegate(
  { by, to, group, since, until }: { by: Person; to: Person; group: string; since?: string; until: string },
  at: string,
): DelegationProblem | undefined {
  const name = inert(to.name, 120);
  const what = inert(group, 80);
  if (voterRefusal(by) || !isMember(by, group)) {
    const held = by.stands_in?.some((seat) => seat.group === group);
    const text = held
      ? `The seat you hold in ${what} is not your own and cannot be handed on.`
      : `You have no seat in ${what} to hand over.`;
    return { code: 'NOT_YOUR_SEAT', text };
  }
  const isOne = idsOf(to).some((id) => isIdOf(by, id));
  const unfit = isOne
    ? 'is you: hand your seat to somebody else'
    : to.disabled
      ? 'is disabled'
      : to.guest
        ? 'is a guest, and guests cannot approve or deny'
        : voterRefusal(to)
          ? 'does not have the role approver'
          : isMember(to, group)
            ? `is in ${what} already, and one person is one vote`
            : undefined;
  if (unfit) return { code: 'NOT_A_DELEGATE', text: `${name} ${unfit}.` };
  const [now, begins, ends] = [at, since ?? at, until].map((time) => Date.parse(time)) as [number, number, number];
  const days = (ends - begins) / DAY_MS;
  const ahead = (begins - now) / DAY_MS;
  if (days > 0 && days <= MOST_DAYS && ahead >= 0 && ahead <= MOST_AHEAD_DAYS) return undefined;
  const text = `A seat is handed over for at most ${MOST_DAYS} days, from now or from a time within the next ${MOST_AHEAD_DAYS} days.`;
  return { code: 'NOT_A_TIME', text };
}

/** The seat that a delegation hands over at this time, while both of the two people may sit. */
export function seatHanded(
  { group, by, to, since, until, made_at = since }: Delegation,
  people: (id: string) => Person | undefined,
  at: string,
): HandedSeat | undefined {
  const [giver, holder] = [people(by), people(to)];
  const [now, from, end] = [at, since, until].map((time) => Date.parse(time)) as [number, number, number];
  if (!giver || !holder || !(now >= from && now < end)) return undefined;
  // In their own right, and only now: a seat that was lost, or is another's turn, cannot be sat on by anybody.
  if (voterRefusal(giver) || !giver.groups.includes(group)) return undefined;
  // An id that is somebody else's by now brings no seat with it, nor does it give one away.
  if (!hadIdAt(giver, made_at) || !hadIdAt(holder, made_at)) return undefined;
  const { id, name, groups, also } = giver;
  return { group, for: id, name, groups, ...(also ? { also } : {}) };
}

function isMember({ groups, rota }: Person, group: string): boolean {
  return groups.includes(group) || (rota?.includes(group) ?? false);
}
