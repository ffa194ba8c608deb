import { renderCard } from './card.js';
import { isWithin, type Calendars } from './hours.js';
import { identityKey } from './identity.js';
import { isCut } from './payload.js';
import type { Decision } from './state.js';

// How people answer, as data: whether somebody reads what they approve shows in how long they take and in what they open.
// Signals are for people to talk about. No rule looks at them, and none of them ever stands in the way of a vote.

/** One vote, as far as signals go. */
export interface Answer {
  voter: string;
  voter_name: string;
  approves: boolean;
  /** RFC 3339. */
  at: string;
  /** Seconds from when the voter was asked. */
  after_s: number;
  /** Whether the card could not show all of it. */
  cut: boolean;
  /** Whether the voter had all of it open; absent when the surface did not tell. */
  opened?: boolean;
  /** Whether none of the voter's groups was at work; absent when none of them has a calendar. */
  after_hours?: boolean;
}

export interface Habits {
  votes: number;
  approvals: number;
  /** 0 to 1. */
  approve_rate: number;
  /** Seconds: a tenth, half and nine tenths of the votes took no longer. */
  p10_s: number;
  p50_s: number;
  p90_s: number;
  /** Votes that took less than `fast_s`. */
  fast: number;
}

export interface ApproverSignals extends Habits {
  person: string;
  name: string;
  /** Approvals of what the card did not show whole, and how many of them without having it open. */
  cut_approvals: number;
  cut_unopened: number;
  /** Approvals in a row up to the last vote, and at most. */
  streak: number;
  longest_streak: number;
  /** Votes of which it is known whether the voter was at work, and how many were cast when not. */
  with_hours: number;
  after_hours: number;
  /** The same person in the time before; absent when they did not vote then. */
  before?: Habits;
}

/** The votes of one decision that count, or counted when it was decided. */
export function answersTo(decision: Decision, calendars: Calendars = {}): Answer[] {
  const { approval, created_at } = decision;
  if (!approval || approval.votes.length === 0) return [];
  const cut = isCut(renderCard(decision).payload);
  return approval.votes.map(({ voter, voter_name, vote, at, groups, opened_details }) => {
    const asked = approval.asked_later?.find(({ id }) => id === voter)?.at ?? created_at;
    const work = groups.flatMap((group) => calendars[group]?.work ?? []);
    return {
      voter,
      voter_name,
      approves: vote === 'approve',
      at,
      after_s: Math.max(0, (Date.parse(at) - Date.parse(asked)) / 1000),
      cut,
      ...(opened_details === undefined ? {} : { opened: opened_details }),
      ...(work.length === 0 ? {} : { after_hours: !work.some((hours) => isWithin(hours, Date.parse(at))) }),
    };
  });
}

/** What these votes say of each who cast them, the busiest first. */
export function approverSignals(
  answers: readonly Answer[],
  before: readonly Answer[],
  { fast_s }: { fast_s: number },
): ApproverSignals[] {
  const earlier = byVoter(before);
  return [...byVoter(answers)]
    .map(([key, votes]) => {
      const [latest, past] = [votes.at(-1)!, earlier.get(key)];
      const cut = votes.filter((vote) => vote.cut && vote.approves);
      const known = votes.filter(({ after_hours }) => after_hours !== undefined);
      return {
        person: latest.voter,
        name: latest.voter_name,
        ...habitsOf(votes, fast_s),
        cut_approvals: cut.length,
        // What is not known to have been open was not.
        cut_unopened: cut.filter(({ opened }) => opened !== true).length,
        ...streaksOf(votes),
        with_hours: known.length,
        after_hours: known.filter(({ after_hours }) => after_hours).length,
        ...(past ? { before: habitsOf(past, fast_s) } : {}),
      };
    })
    .sort((a, b) => b.votes - a.votes || (a.person < b.person ? -1 : 1));
}

/** Each person's votes in their order. */
function byVoter(answers: readonly Answer[]): Map<string, Answer[]> {
  const found = new Map<string, Answer[]>();
  const ordered = [...answers].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  for (const answer of ordered) {
    const key = identityKey(answer.voter);
    const mine = found.get(key);
    if (mine) mine.push(answer);
    else found.set(key, [answer]);
  }
  return found;
}

function habitsOf(votes: readonly Answer[], fast_s: number): Habits {
  const approvals = votes.filter(({ approves }) => approves).length;
  const times = votes.map(({ after_s }) => after_s).sort((a, b) => a - b);
  // The nearest rank: always a time that somebody took.
  const rank = (share: number) => times[Math.ceil(times.length * share) - 1]!;
  return {
    votes: votes.length,
    approvals,
    approve_rate: approvals / votes.length,
    p10_s: rank(0.1),
    p50_s: rank(0.5),
    p90_s: rank(0.9),
    fast: times.filter((time) => time < fast_s).length,
  };
}

function streaksOf(votes: readonly Answer[]): { streak: number; longest_streak: number } {
  let [streak, longest_streak] = [0, 0];
  for (const { approves } of votes) {
    streak = approves ? streak + 1 : 0;
    longest_streak = Math.max(longest_streak, streak);
  }
  return { streak, longest_streak };
}
