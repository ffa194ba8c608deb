import { eligibility, isRefusal } from './eligibility.js';
import type { Ruling } from './decide.js';
import { sameIdentity } from './identity.js';
import { seat } from './quorum.js';
import { refuse, type Refusal, type RefusalCode } from './refusal.js';
import type { Person } from './request.js';
import type { Allowed, Decision } from './state.js';
import type { Verdict } from './verdict.js';

export interface Redeem {
  type: 'redeem';
  by: string;
  grant_id: string;
  /** Digest of the action that is about to run, computed from what the caller presents now. */
  action_digest: string;
  /** The approvers as the directory has them now; those who are gone are absent. Others who are named do not count. */
  approvers: readonly Person[];
  /** Who owns the agent now. */
  owner?: string;
  /** Policy's answer now, with the approval in its input. */
  verdict: Verdict;
}

/**
 * Uses up a grant. An approval is not a bearer token: the action must be the approved one to the byte, its approvers must
 * still be people who could approve it, and policy has the last word (ARAP: an approval does not override policy).
 */
export function redeem(decision: Decision, command: Redeem): Ruling {
  const refused = redeemRefusal(decision, command);
  if (refused) {
    return {
      events: [{ type: 'grant.refused', grant_id: command.grant_id, by: command.by, because: refused.code }],
      refused,
    };
  }
  return {
    events: [{ type: 'grant.redeemed', grant_id: command.grant_id, by: command.by, policy: command.verdict.policy }],
  };
}

function redeemRefusal(decision: Decision, command: Redeem): Refusal | undefined {
  if (decision.status !== 'ALLOWED') return unusable(decision);
  if (!decision.grant) return refuse('no-grant', 'This action was allowed outright: there is no grant to redeem.');
  if (decision.grant.id !== command.grant_id)
    return refuse('wrong-grant', 'This grant does not belong to this decision.');
  if (command.action_digest !== decision.action_digest) {
    return refuse(
      'action-differs',
      'The action is not the one that was approved. Run exactly what was approved, or ask again.',
    );
  }
  if (command.verdict.effect === 'deny') {
    const why = command.verdict.reasons.map(({ text }) => text).join('; ');
    return refuse('policy-denies', `Policy no longer allows this: ${why}. Do not use another tool to achieve this.`);
  }
  return approversRefusal(decision, command);
}

/** The quorum must still hold today: for the seats it was approved with, and for what policy wants now. */
function approversRefusal({ approval }: Allowed, { approvers, verdict, owner }: Redeem): Refusal | undefined {
  const wantedNow = verdict.effect === 'require_approval' ? [verdict.approval?.seats ?? []] : [];
  if (!approval) {
    if (wantedNow.length === 0) return undefined;
    return refuse('policy-denies', 'Policy now wants people to approve this, and nobody has. Ask again.');
  }
  const excluded = [
    ...approval.excluded,
    ...(verdict.approval?.exclude ?? []).map((id) => ({ id, because: 'policy' as const })),
  ];
  const voted = approvers.filter(({ id }) =>
    approval.votes.some(({ voter, vote }) => vote === 'approve' && sameIdentity(voter, id)),
  );
  for (const seats of [approval.terms.seats, ...wantedNow]) {
    const sitters = voted.flatMap((person) => {
      const groups = eligibility(person, { terms: { seats }, excluded, asked: [] }, owner);
      return isRefusal(groups) ? [] : [{ id: person.id, groups }];
    });
    if (!seat(seats, sitters).complete) {
      return refuse('approver-gone', 'Those who approved this may no longer approve it. Ask again.');
    }
  }
  return undefined;
}

function unusable(decision: Exclude<Decision, { status: 'ALLOWED' }>): Refusal {
  const refusals: Record<typeof decision.status, [RefusalCode, string]> = {
    PENDING: ['no-grant', 'This has not been approved yet.'],
    DENIED: ['no-grant', 'This was denied.'],
    EXPIRED: ['grant-expired', 'This grant has expired. Ask again.'],
    WITHDRAWN: ['no-grant', 'This request was withdrawn.'],
    REDEEMED: ['grant-used', 'This grant has been used. It works once; ask again for another run.'],
    REVOKED: ['grant-revoked', 'This permission has been revoked.'],
  };
  return refuse(...refusals[decision.status]);
}
