import type { Ruling } from './decide.js';
import { allowedDestinations, eligibleOf, recordedAsked, withEscalation } from './escalation.js';
import type { Destination, Person } from './request.js';
import { settled } from './settled.js';
import type { Decision, Pending } from './state.js';
import { stillAsked } from './reminder.js';

// What happens while people do not answer. Silence never approves anything: time reminds, asks further people, and ends.

/** Half the time is over. */
export interface Remind {
  type: 'remind';
  /** Everyone in the groups that are asked, as the directory has them now. */
  members?: readonly Person[];
  /** Who owns the agent now. */
  owner?: string;
}

/** It is time to ask further people. */
export interface Escalate {
  type: 'escalate';
  /** Everyone in the groups of the next escalation, as the directory has them now. */
  members: readonly Person[];
  destinations: readonly Destination[];
  /** Who owns the agent now. */
  owner?: string;
}

/** Requests that wait for less than this are not worth reminding of, in milliseconds. */
const SHORTEST_REMINDED_MS = 120_000;

export type Due = { at: string; type: 'expire' | 'remind' | 'escalate' };

/** What time does next to a decision, if anything. Deadlines that are equal are settled by the end. */
export function nextDue(decision: Decision): Due | undefined {
  if (decision.status === 'ALLOWED') {
    return decision.grant ? { at: decision.grant.expires_at, type: 'expire' } : undefined;
  }
  if (decision.status !== 'PENDING') return undefined;
  const dues: Due[] = [
    { at: decision.approval.expires_at, type: 'expire' },
    ...reminder(decision),
    ...escalation(decision),
  ];
  return dues.reduce((first, due) => (Date.parse(due.at) < Date.parse(first.at) ? due : first));
}

export function remind(decision: Decision, { members = [], owner }: Remind, at: string): Ruling {
  if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
  const [due] = reminder(decision);
  if (!due || !isOver(due, at)) return { events: [] };
  return { events: [{ type: 'approval.reminded', people: stillAsked(decision, members, owner) }] };
}

export function escalate(decision: Decision, { members, destinations, owner }: Escalate, at: string): Ruling {
  if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
  const [due] = escalation(decision);
  const next = decision.approval.terms.escalate?.[0];
  if (!next || !isOver(due!, at)) return { events: [] };
  const terms = withEscalation(decision.approval.terms, next.seats);
  const { excluded } = decision.approval;
  const eligible = eligibleOf(members, { terms: { seats: next.seats }, excluded, asked: [] }, owner);
  return {
    events: [
      {
        type: 'approval.escalated',
        seats: next.seats,
        ...recordedAsked(eligible, terms),
        destinations: allowedDestinations(destinations, terms),
      },
    ],
  };
}

function reminder({ approval, created_at }: Pending): Due[] {
  const [from, to] = [Date.parse(created_at), Date.parse(approval.expires_at)];
  if (approval.reminded || !(to - from >= SHORTEST_REMINDED_MS)) return [];
  return [{ at: new Date((from + to) / 2).toISOString(), type: 'remind' }];
}

function escalation({ approval, created_at }: Pending): Due[] {
  const next = approval.terms.escalate?.[0];
  if (!next) return [];
  return [{ at: new Date(Date.parse(created_at) + next.after_s * 1000).toISOString(), type: 'escalate' }];
}

function isOver({ at }: Due, now: string): boolean {
  return Date.parse(now) >= Date.parse(at);
}
