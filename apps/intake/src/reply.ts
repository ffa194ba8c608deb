import { create } from '@bufbuild/protobuf';
import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import {
  quorumsOf,
  seat,
  seatBest,
  usesMade,
  type Decision as CoreDecision,
  type QuorumChoice,
  type Reason,
  type Sitter,
  type Status,
} from '@countersign/approval';
import { sessionToWire } from '@countersign/policy';
import { DecisionSchema, Finding, State, Vote, type Decision } from '@countersign/contract';

// The decision as it is told to agents: state, what they may do, and what to do next.

export const STATES: Record<Status, State> = {
  PENDING: State.PENDING,
  ALLOWED: State.ALLOWED,
  DENIED: State.DENIED,
  EXPIRED: State.EXPIRED,
  WITHDRAWN: State.WITHDRAWN,
  REDEEMED: State.REDEEMED,
  REVOKED: State.REVOKED,
};

export const RUN_NOW = 'Run exactly this action now.';
export const DO_NOT =
  'Do not run this action and do not use another tool to achieve it. Tell whoever you act for why it was denied.';

/** How soon a pending decision is worth asking about again, in seconds. */
const POLL_AFTER_S = 2n;

/** `grant` is the signed token, for the one caller who may have it. */
export function toDecision(decision: CoreDecision, grant?: string): Decision {
  const { request, approval, status } = decision;
  const pending = status === 'PENDING';
  const issued = status === 'ALLOWED' ? decision.grant : undefined;
  return create(DecisionSchema, {
    id: decision.id,
    requestId: request.request_id ?? '',
    state: STATES[status],
    mayAct: status === 'ALLOWED',
    final: !pending,
    ...(pending ? { pollAfter: { seconds: POLL_AFTER_S } } : {}),
    reasons: [...glassReasons(decision), ...humanReasons(decision), ...decision.reasons],
    risk: decision.risk,
    actionDigest: decision.action_digest,
    policy: decision.policy,
    ...(approval ? { approval: toApproval(decision) } : {}),
    ...(issued
      ? {
          grant: grant ?? '',
          grantExpiresAt: at(issued.expires_at),
          grantUsesLeft: issued.uses - usesMade(decision),
        }
      : {}),
    obligations: decision.obligations.map(({ id, properties }) => ({
      id,
      ...(properties ? { properties: properties as never } : {}),
    })),
    createdAt: at(decision.created_at),
    updatedAt: at(decision.updated_at),
    nextStep: nextStep(decision),
    subject: { type: request.subject.type, id: request.subject.id },
    ...brokenGlassOf(decision),
  });
}

function brokenGlassOf({ id, broke_glass: broken, review }: CoreDecision) {
  if (!broken || !review) return {};
  const { by, by_name: byName, reason, ticket = '', rule, overrode, notified } = broken;
  const { groups, due_at, overdue = false, closed } = review;
  return {
    brokenGlass: { by, byName, reason, ticket, rule, overrodeDeny: overrode === 'deny', notified, at: at(broken.at) },
    review: {
      ...{ id, groups, dueAt: at(due_at), overdue: overdue && !closed, by, byName, reason, ticket },
      ...(closed
        ? {
            finding: closed.finding === 'justified' ? Finding.JUSTIFIED : Finding.NOT_JUSTIFIED,
            ...{ comment: closed.comment, closedBy: closed.by, closedByName: closed.by_name, closedAt: at(closed.at) },
          }
        : {}),
    },
  };
}

function toLeave({ count, used, expires_at, ended = false }: NonNullable<CoreDecision['session']>) {
  return { count, used, expiresAt: at(expires_at), ended };
}

function toApproval({ approval, created_at, session }: CoreDecision) {
  const { terms, votes, expires_at } = approval!;
  const approvals = votes
    .filter(({ vote }) => vote === 'approve')
    .map((vote) => ({ id: vote.voter, groups: vote.groups }));
  const [nearest, ...others] = byProgress(terms, approvals);
  const { seated } = nearest!;
  return {
    seats: seatsOf(nearest!),
    alternatives: others.map((quorum) => ({ seats: seatsOf(quorum) })),
    denyQuorum: terms.deny_quorum ?? 1,
    channels: terms.channels,
    stepUp: terms.step_up,
    votes: votes.map((vote) => ({
      voter: vote.voter,
      voterName: vote.voter_name,
      vote: vote.vote === 'approve' ? Vote.APPROVE : Vote.DENY,
      reason: vote.reason ?? '',
      at: at(vote.at),
      channel: vote.channel,
      seat: vote.vote === 'approve' ? (vote.seat ?? seated.get(vote.voter) ?? '') : '',
    })),
    expiresAt: at(expires_at),
    reasonRequired: terms.reason_required,
    ...(terms.session ? { sessionTerms: sessionToWire(terms.session) } : {}),
    ...(session ? { session: toLeave(session) } : {}),
    requestedAt: at(created_at),
  };
}

/** Every quorum that would do, the one that people have come closest to first. */
function byProgress(terms: QuorumChoice, approvals: Sitter[]) {
  const nearest = seatBest(terms, approvals);
  const others = quorumsOf(terms).filter((seats) => seats !== nearest.seats);
  return [nearest, ...others.map((seats) => ({ seats, ...seat(seats, approvals) }))];
}

function seatsOf({ seats, filled }: ReturnType<typeof seatBest>) {
  return seats.map(({ group, count }) => ({ group, count, filled: filled.get(group) ?? 0 }));
}

function glassReasons({ broke_glass }: CoreDecision): Reason[] {
  if (!broke_glass) return [];
  return [{ rule: 'break-glass', text: `${broke_glass.by_name} broke the glass: ${broke_glass.reason}` }];
}

/** What people's part adds to policy's reasons. */
function humanReasons(decision: CoreDecision): Reason[] {
  switch (decision.status) {
    case 'DENIED':
      if (decision.stopped_by) return [stopped(decision.stopped_by)];
      if (!decision.denied_by) return [];
      return [
        { rule: 'denied-by-approver', text: `${decision.denied_by.name} denied this: ${decision.denied_by.reason}` },
      ];
    case 'EXPIRED':
      if (decision.expired === 'approval')
        return [{ rule: 'approval-expired', text: 'Nobody answered in time, and silence is never consent.' }];
      return [{ rule: 'grant-expired', text: 'The grant was not used in time.' }];
    case 'REVOKED':
      if (decision.revoked_by.stop) return [stopped(decision.revoked_by)];
      return [{ rule: 'revoked', text: `${decision.revoked_by.name} revoked this: ${decision.revoked_by.reason}` }];
    default:
      return [];
  }
}

function stopped({ name, reason }: { name: string; reason: string }): Reason {
  return { rule: 'stopped', text: `${name} has stopped this: ${reason}` };
}

function nextStep(decision: CoreDecision): string {
  switch (decision.status) {
    case 'PENDING':
      return 'Wait: people have been asked. Ask for this decision again, or wait on it; do not change the action and do not use another tool to achieve it.';
    case 'ALLOWED':
      return decision.grant ? redeemText(decision.grant.uses - usesMade(decision)) : RUN_NOW;
    case 'DENIED':
      return DO_NOT;
    case 'EXPIRED':
      return decision.expired === 'approval'
        ? 'Do not run this action. You may ask again if it is still needed.'
        : 'Do not run this action. Ask again if it is still needed.';
    case 'WITHDRAWN':
      return 'Do not run this action. Ask again if it is needed after all.';
    case 'REDEEMED':
      return 'The grant is used up. Report the outcome; to run the action again, ask again.';
    case 'REVOKED':
      return 'Do not run this action and do not use another tool to achieve it.';
  }
}

function redeemText(left: number): string {
  const often = left === 1 ? 'once' : `for every run anew; it works ${left} times more`;
  return `Redeem the grant with exactly this action, immediately before you run it, ${often}.`;
}

export function at(text: string): Timestamp {
  return timestampFromDate(new Date(text));
}
