import { withEscalation } from './escalation.js';
import type {
  ApprovalEscalated,
  ApprovalReminded,
  DecisionAllowed,
  DecisionBrokeGlass,
  DecisionDenied,
  DecisionEvent,
  DecisionHeld,
  DecisionRevoked,
  DecisionStopped,
  SessionDrawn,
} from './event.js';
import { sameIdentity } from './identity.js';
import type { Destination } from './request.js';
import type { Allowed, ApprovalState, BaseDecision, Decision, Pending } from './state.js';

/** An event as recorded. An envelope of the contract fits. */
export interface Recorded {
  type: string;
  at: string;
  decision_id: string;
  version: number;
  data: object;
}

/**
 * The decision after one more event. Total: an event that does not fit the state, or a type this version does not know,
 * leaves the status as it is, because a recorded fact is not up for discussion. An event that was counted already, as the
 * bus may deliver it again, changes nothing.
 */
export function evolve(decision: Decision | undefined, recorded: Recorded): Decision | undefined {
  const event = { ...recorded.data, type: recorded.type } as DecisionEvent;
  if (!decision) return begin(event, recorded);
  if (recorded.version <= decision.version) return decision;
  const next = apply(decision, event, recorded.at);
  return { ...next, version: recorded.version, updated_at: next === decision ? decision.updated_at : recorded.at };
}

function begin(event: DecisionEvent, { at, decision_id, version }: Recorded): Decision | undefined {
  switch (event.type) {
    case 'decision.allowed':
      return {
        ...asked(event, decision_id, version, at),
        status: 'ALLOWED',
        obligations: event.obligations,
        ...(event.grant ? { grant: event.grant, granted_at: at } : {}),
        ...(event.session ? { drawn_from: event.session } : {}),
      };
    case 'decision.denied':
      return { ...asked(event, decision_id, version, at), status: 'DENIED' };
    case 'decision.broke_glass':
      // One that followed a request that nobody has heard of says nothing about what was asked.
      if (!event.request) return undefined;
      return {
        ...asked(event as DecisionBrokeGlass & DecisionDenied, decision_id, version, at),
        ...broken(event, at),
        obligations: event.obligations ?? [],
      };
    case 'decision.held':
      return {
        ...asked(event, decision_id, version, at),
        status: 'PENDING',
        obligations: event.obligations,
        approval: {
          terms: event.approval,
          excluded: event.excluded,
          asked: event.asked,
          ...(event.members ? { members: event.members } : {}),
          ...(event.away_from ? { away_from: event.away_from } : {}),
          destinations: event.destinations,
          grant: event.grant,
          expires_at: event.expires_at,
          votes: [],
        },
      };
    default:
      return undefined;
  }
}

function asked(
  event: DecisionAllowed | DecisionDenied | DecisionHeld,
  id: string,
  version: number,
  at: string,
): BaseDecision {
  const { request, agent, action_digest, reasons, risk, policy, counts, flow, history } = event;
  return {
    id,
    version,
    request,
    agent,
    action_digest,
    reasons,
    risk,
    policy,
    obligations: [],
    ...(counts ? { counts } : {}),
    ...(flow ? { flow } : {}),
    ...(history ? { history } : {}),
    created_at: at,
    updated_at: at,
  };
}

function apply(decision: Decision, event: DecisionEvent, at: string): Decision {
  switch (event.type) {
    case 'vote.cast': {
      if (decision.status !== 'PENDING') return decision;
      const { type: _, ...vote } = event;
      const votes = [...votesWithout(decision, event.voter), { ...vote, at }];
      return { ...decision, approval: { ...decision.approval, votes } };
    }
    case 'vote.retracted':
      if (decision.status !== 'PENDING') return decision;
      return { ...decision, approval: { ...decision.approval, votes: votesWithout(decision, event.voter) } };
    case 'approval.reminded':
      if (decision.status !== 'PENDING') return decision;
      return { ...decision, approval: reminded(decision.approval, event) };
    case 'approval.escalated': {
      if (decision.status !== 'PENDING') return decision;
      const reasons = event.reason ? [...decision.reasons, event.reason] : decision.reasons;
      return { ...decision, reasons, approval: escalated(decision.approval, event, at) };
    }
    case 'decision.approved': {
      if (decision.status !== 'PENDING') return decision;
      const seats = new Map(event.approvers.map((approver) => [approver.id, approver.seat]));
      const votes = decision.approval.votes.map((vote) => {
        const taken = seats.get(vote.voter);
        return taken === undefined ? vote : { ...vote, seat: taken };
      });
      return {
        ...decision,
        status: 'ALLOWED',
        grant: event.grant,
        granted_at: at,
        approval: { ...decision.approval, votes },
        ...(event.session ? { session: { ...event.session, used: 0 } } : {}),
      };
    }
    case 'decision.rejected':
      if (decision.status !== 'PENDING') return decision;
      return { ...decision, status: 'DENIED', denied_by: { id: event.by, name: event.by_name, reason: event.reason } };
    case 'decision.expired':
      if (decision.status !== 'PENDING') return decision;
      return { ...decision, status: 'EXPIRED', expired: 'approval' };
    case 'decision.withdrawn':
      if (decision.status !== 'PENDING') return decision;
      return { ...decision, status: 'WITHDRAWN', ...(event.reason ? { withdrawn_because: event.reason } : {}) };
    case 'grant.redeemed': {
      const { grant } = decision as Allowed;
      if (decision.status !== 'ALLOWED' || !grant) return decision;
      const { use, proof } = event;
      const used = {
        ...decision,
        used: use ?? 1,
        ...(proof ? { proofs: [...(decision.proofs ?? []), proof.id] } : {}),
      };
      // A use without a number is from when a grant worked once, whatever it promised: it was the last.
      return use !== undefined && use < grant.uses ? used : { ...used, status: 'REDEEMED', grant, redeemed_at: at };
    }
    case 'decision.revoked':
      if (decision.status !== 'ALLOWED') return decision;
      return {
        ...decision,
        status: 'REVOKED',
        revoked_by: whoEnded(event),
      };
    case 'decision.broke_glass':
      return decision.status === 'PENDING' ? { ...decision, ...broken(event, at) } : decision;
    case 'review.opened': {
      const { type: _, ...review } = event;
      return { ...decision, review };
    }
    case 'review.overdue':
      return decision.review ? { ...decision, review: { ...decision.review, overdue: true } } : decision;
    case 'review.closed': {
      if (!decision.review) return decision;
      const { type: _, ...closed } = event;
      return { ...decision, review: { ...decision.review, closed: { ...closed, at } } };
    }
    case 'decision.stopped':
      if (decision.status !== 'PENDING') return decision;
      return { ...decision, status: 'DENIED', stopped_by: { ...whoEnded(event), stop: event.stop } };
    case 'session.drawn':
      return decision.session ? { ...decision, session: drawn(decision.session, event) } : decision;
    case 'session.ended':
    case 'session.expired':
      return decision.session ? { ...decision, session: { ...decision.session, ended: true } } : decision;
    case 'grant.expired':
      if (decision.status !== 'ALLOWED') return decision;
      return { ...decision, status: 'EXPIRED', expired: 'grant' };
    case 'outcome.reported': {
      const { type: _, ...outcome } = event;
      const reported = outcome.use ? { reported: [...(decision.reported ?? []), outcome.use] } : {};
      return { ...decision, outcome: { ...outcome, at }, ...reported };
    }
    case 'decision.allowed':
    case 'decision.denied':
    case 'decision.held':
    case 'decision.repeated':
    case 'vote.refused':
    case 'break_glass.refused':
    case 'grant.refused':
      return decision;
  }
  // Only a newer writer's events come here.
  event satisfies never;
  return decision;
}

function broken({ grant, ...event }: DecisionBrokeGlass, at: string) {
  const { by, by_name, reason, ticket, rule, overrode, policy, notified, destinations } = event;
  const who = { by, by_name, reason, ...(ticket ? { ticket } : {}), rule, ...(overrode ? { overrode } : {}) };
  const broke_glass = { ...who, policy, notified, destinations, at };
  return { status: 'ALLOWED' as const, grant, granted_at: at, broke_glass };
}

function whoEnded({ by, by_name, reason, stop }: DecisionRevoked | DecisionStopped) {
  return { id: by, name: by_name, reason, ...(stop ? { stop } : {}) };
}

function votesWithout({ approval }: Pending, voter: string): ApprovalState['votes'] {
  return approval.votes.filter((vote) => !sameIdentity(vote.voter, voter));
}

function reminded({ waiting: _, ...approval }: ApprovalState, { waiting }: ApprovalReminded): ApprovalState {
  return { ...approval, reminded: true, ...(waiting ? { waiting } : {}) };
}

function drawn(
  session: NonNullable<BaseDecision['session']>,
  { use, amounts = [] }: SessionDrawn,
): BaseDecision['session'] {
  const added = new Map(amounts.map(({ pointer, amount }) => [pointer, amount]));
  const totals = session.totals.map(({ pointer, sum }) => ({ pointer, sum: sum + (added.get(pointer) ?? 0) }));
  return { ...session, used: use, totals };
}

function escalated({ away_from: _, ...approval }: ApprovalState, event: ApprovalEscalated, at: string): ApprovalState {
  const { terms, asked, members, destinations } = approval;
  const known = new Set(asked.map(({ id }) => id));
  const addressed = new Set(destinations.map(placeOf));
  const added = event.asked.filter(({ id }) => !known.has(id));
  const later = [...(approval.asked_later ?? []), ...added.map(({ id }) => ({ id, at }))];
  return {
    ...approval,
    terms: withEscalation(terms, event.seats),
    asked: [...asked.map((one) => alsoFor(one, event.asked)), ...added],
    ...(later.length > 0 ? { asked_later: later } : {}),
    ...(event.away_from ? { away_from: event.away_from } : {}),
    ...(members && event.members ? { members: [...new Set([...members, ...event.members])] } : {}),
    destinations: [...destinations, ...event.destinations.filter((place) => !addressed.has(placeOf(place)))],
  };
}

/** Whoever was asked before and is asked for further groups now was there for all of them. */
function alsoFor(one: ApprovalState['asked'][number], asked: ApprovalState['asked']): ApprovalState['asked'][number] {
  const again = asked.find(({ id }) => id === one.id);
  return again ? { ...one, groups: [...new Set([...one.groups, ...again.groups])] } : one;
}

/** A conversation and for whom it is: groups may share one. */
function placeOf({ channel, address, group }: Destination): string {
  return JSON.stringify([channel, address, group]);
}
