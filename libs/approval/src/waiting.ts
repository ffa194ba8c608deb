import type { Ruling } from './decide.js';
import { allowedDestinations, calledByName, eligibleOf, recordedAsked, withEscalation } from './escalation.js';
import { quietUntil, type Calendars } from './hours.js';
import { awayFrom, outOfHours } from './out-of-hours.js';
import { groupsOf } from './quorum.js';
import type { Destination, Person } from './request.js';
import { liveLeave } from './session.js';
import { settled } from './settled.js';
import type { Decision, Pending } from './state.js';
import type { Escalation } from './verdict.js';
import { stillAsked } from './reminder.js';

// What happens while people do not answer. Silence never approves anything: time reminds, asks further people, and ends.

/** Half the time is over. */
export interface Remind {
  type: 'remind';
  /** Everyone in the groups that are asked, as the directory has them now. */
  members?: readonly Person[];
  /** Who owns the agent now. */
  owner?: string;
  /** When the groups are at work, and when they are left in peace. */
  calendars?: Calendars;
}

/** It is time to ask further people. */
export interface Escalate {
  type: 'escalate';
  /** Everyone in the groups of the next escalation, as the directory has them now. */
  members: readonly Person[];
  destinations: readonly Destination[];
  /** Who owns the agent now. */
  owner?: string;
  /** When the groups are at work, and when they are left in peace. */
  calendars?: Calendars;
}

/** Requests that wait for less than this are not worth reminding of, in milliseconds. */
const SHORTEST_REMINDED_MS = 120_000;

export type Due = { at: string; type: 'expire' | 'remind' | 'escalate' };

/** What time does next to a decision, if anything. Deadlines that are equal are settled by the end. */
export function nextDue(decision: Decision): Due | undefined {
  if (decision.status !== 'PENDING') {
    const grant = decision.status === 'ALLOWED' ? decision.grant : undefined;
    const ends = [grant, liveLeave(decision)].flatMap((permission) => permission?.expires_at ?? []);
    return ends.map((at): Due => ({ at, type: 'expire' })).sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];
  }
  const dues: Due[] = [
    { at: decision.approval.expires_at, type: 'expire' },
    ...reminder(decision),
    ...escalation(decision),
  ];
  return dues.reduce((first, due) => (Date.parse(due.at) < Date.parse(first.at) ? due : first));
}

/**
 * Reminds those who may be disturbed, and says until when the others are left in peace: they are reminded then. Nothing about
 * the end changes: who is left in peace until after it is not reminded at all.
 */
export function remind(decision: Decision, { members = [], owner, calendars = {} }: Remind, at: string): Ruling {
  if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
  const [due] = reminder(decision);
  if (!due || !isOver(due, at)) return { events: [] };
  const { approval } = decision;
  const [now, end] = [Date.parse(at), Date.parse(approval.expires_at)];
  const before = approval.waiting?.map(({ group }) => group);
  const waiting = (before ?? groupsOf(approval.terms)).flatMap((group) => {
    const until = quietUntil(calendars[group] ?? {}, now, end);
    return until === undefined ? [] : [{ group, until: new Date(until).toISOString() }];
  });
  const people = stillAsked(decision, members, owner)
    // Whoever is asked for another group as well was reminded the first time.
    .filter(({ groups }) => !before || groups.every((group) => before.includes(group)))
    .map((person) => ({
      ...person,
      groups: person.groups.filter((name) => !waiting.some(({ group }) => group === name)),
    }))
    .filter(({ groups }) => groups.length > 0);
  return { events: [{ type: 'approval.reminded', people, ...(waiting.length > 0 ? { waiting } : {}) }] };
}

/** Asks the people of the next escalation, once its time has come. Nobody who was asked before loses their vote. */
export function escalate(decision: Decision, command: Escalate, at: string): Ruling {
  if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
  const { members, destinations, owner, calendars = {} } = command;
  const [due] = escalation(decision);
  const next = decision.approval.terms.escalate?.[0];
  if (!next || !isOver(due!, at)) return { events: [] };
  const terms = withEscalation(decision.approval.terms, next.seats);
  const { excluded, expires_at } = decision.approval;
  const seating = { terms: { seats: next.seats, channels: terms.channels }, excluded, asked: [] };
  const eligible = eligibleOf(members, seating, owner);
  const away = awayFrom(terms, calendars, { from: Date.parse(at), to: Date.parse(expires_at) });
  const early = Date.parse(at) < afterSilence(decision, next);
  return {
    events: [
      {
        type: 'approval.escalated',
        seats: next.seats,
        ...recordedAsked(calledByName(eligible, members, seating, { everyone: true, owner }), terms),
        ...(away === undefined ? {} : { away_from: new Date(away).toISOString() }),
        ...(early ? { reason: outOfHours(decision.approval.terms) } : {}),
        destinations: allowedDestinations(destinations, terms),
      },
    ],
  };
}

function reminder({ approval, created_at }: Pending): Due[] {
  const [from, to] = [Date.parse(created_at), Date.parse(approval.expires_at)];
  if (!(to - from >= SHORTEST_REMINDED_MS)) return [];
  if (!approval.reminded) return [{ at: new Date((from + to) / 2).toISOString(), type: 'remind' }];
  const ends = (approval.waiting ?? []).map(({ until }) => Date.parse(until)).filter((until) => until < to);
  return ends.length > 0 ? [{ at: new Date(Math.min(...ends)).toISOString(), type: 'remind' }] : [];
}

function escalation(decision: Pending): Due[] {
  const { terms, away_from } = decision.approval;
  const next = terms.escalate?.[0];
  if (!next) return [];
  const away = away_from === undefined ? Infinity : Date.parse(away_from);
  return [{ at: new Date(Math.min(afterSilence(decision, next), away)).toISOString(), type: 'escalate' }];
}

/** When policy has others asked if nobody has answered. */
function afterSilence({ created_at }: Pending, { after_s }: Escalation): number {
  return Date.parse(created_at) + after_s * 1000;
}

function isOver({ at }: Due, now: string): boolean {
  return Date.parse(now) >= Date.parse(at);
}
