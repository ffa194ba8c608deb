import { approversAmong, sitting } from './eligibility.js';
import { breakTerms } from './break-glass.js';
import type { Ruling } from './decide.js';
import { hadIdAt } from './identity.js';
import { inert } from './inert.js';
import type { DrawnFrom } from './event.js';
import { seatBest } from './quorum.js';
import { leaveGiven, sessionEnded } from './session.js';
import { defined } from './settled.js';
import { isRefusal, refuse, type Refusal, type RefusalCode } from './refusal.js';
import type { Person } from './request.js';
import { usesMade, type Allowed, type Decision } from './state.js';
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
  /** The decision that gave leave for this one, as it is now. Only for one that was drawn from another. */
  origin?: Decision;
  /** Whoever broke the glass, as the directory has them now. */
  breaker?: Person;
  /** Where the grant is about to be used, as whoever is there says. */
  audience?: string;
  /** The places that whoever redeems may be, as the directory has it; absent when it says nothing of that. */
  places?: readonly string[];
  /** Absent when no proof came with the grant. */
  proof?: HolderProof;
}

/** The key somebody has proved to hold, and the id of that proof; or what is wrong with it. */
export type HolderProof = { key: string; id: string } | { problem: string };

/**
 * Uses a grant once. An approval is not a bearer token: it must be where it was meant for, in the hand it was meant for, the
 * action must be the approved one to the byte, its approvers must still be people who could approve it, and policy has the
 * last word (ARAP: an approval does not override policy).
 */
export function redeem(decision: Decision, command: Redeem): Ruling {
  const refused = redeemRefusal(decision, command);
  if (refused) {
    return {
      events: [{ type: 'grant.refused', grant_id: command.grant_id, by: command.by, because: refused.code }],
      refused,
    };
  }
  const { grant_id, by, audience, verdict } = command;
  const proof = decision.request.holder_key ? (command.proof as { key: string; id: string }) : undefined;
  const use = usesMade(decision) + 1;
  return {
    events: [{ type: 'grant.redeemed', grant_id, by, policy: verdict.policy, use, ...defined({ audience, proof }) }],
  };
}

function redeemRefusal(decision: Decision, command: Redeem): Refusal | undefined {
  if (decision.status !== 'ALLOWED') return unusable(decision);
  if (!decision.grant) return refuse('no-grant', 'This action was allowed outright: there is no grant to redeem.');
  if (decision.grant.id !== command.grant_id)
    return refuse('wrong-grant', 'This grant does not belong to this decision.');
  const stray = audienceRefusal(decision, command) ?? holderRefusal(decision, command);
  if (stray) return stray;
  if (command.action_digest !== decision.action_digest) {
    return refuse(
      'action-differs',
      'The action is not the one that was approved. Run exactly what was approved, or ask again.',
    );
  }
  if (decision.broke_glass) return brokenRefusal(decision, command);
  if (command.verdict.effect === 'deny') {
    const why = command.verdict.reasons.map(({ text }) => text).join('; ');
    return refuse('policy-denies', `Policy no longer allows this: ${why}. Do not use another tool to achieve this.`);
  }
  const { grant } = command.verdict;
  if (grant && grant.uses <= usesMade(decision))
    return refuse('policy-denies', `Policy now limits the uses of this to ${grant.uses}. Ask again for another run.`);
  return approversRefusal(decision, command);
}

/** A grant meant for one place must not work in another, or whoever takes it there could use it elsewhere. */
function audienceRefusal({ request }: Allowed, { audience, places }: Redeem): Refusal | undefined {
  if (!request.audience) return undefined;
  if (request.audience === audience) {
    if (!places || places.includes(audience)) return undefined;
    const where = inert(audience, 120);
    return refuse('wrong-audience', `This grant is for ${where}, and your credential is not that of ${where}.`);
  }
  const meant = inert(request.audience, 120);
  return refuse(
    'wrong-audience',
    audience
      ? `This grant is for ${meant} and not for ${inert(audience, 120)}.`
      : `This grant works only at ${meant}: the system there must name itself in "audience".`,
  );
}

/** A grant that is bound to a key is worth nothing to whoever steals it. */
function holderRefusal({ request, proofs }: Allowed, { proof }: Redeem): Refusal | undefined {
  if (!request.holder_key) return undefined;
  if (!proof)
    return refuse(
      'proof-required',
      'This grant is bound to a key: send a proof that you hold it, made for this grant.',
    );
  if ('problem' in proof)
    return refuse('proof-invalid', `The proof that you hold the key of this grant is not valid: ${proof.problem}.`);
  if (proof.key !== request.holder_key)
    return refuse('wrong-key', 'This grant is bound to another key than the one you have proved to hold.');
  if (proofs?.includes(proof.id))
    return refuse('proof-replayed', 'This proof has been used before: make a new one for every use.');
  return undefined;
}

/** What a broken glass permits must still be what this person may do alone, or what anybody may. */
function brokenRefusal({ broke_glass }: Allowed, { verdict, breaker }: Redeem): Refusal | undefined {
  if (verdict.effect === 'allow') return undefined;
  const terms = breaker && hadIdAt(breaker, broke_glass!.at) ? breakTerms(verdict, breaker) : undefined;
  if (terms === undefined || (isRefusal(terms) && terms.code === 'break-glass-denied'))
    return refuse('approver-gone', 'Whoever broke the glass for this may no longer do so. Ask again.');
  if (isRefusal(terms)) return refuse('policy-denies', terms.text);
  if (verdict.effect === 'deny' && broke_glass!.overrode !== 'deny') {
    const why = verdict.reasons.map(({ text }) => text).join('; ');
    return refuse('policy-denies', `Policy denies this now, which it did not when the glass was broken: ${why}.`);
  }
  return undefined;
}

/** The quorum must still hold today: for the seats it was approved with, and for what policy wants now. */
function approversRefusal({ approval, drawn_from }: Allowed, command: Redeem): Refusal | undefined {
  const { approvers, verdict, owner } = command;
  if (drawn_from) return drawnRefusal(drawn_from, command);
  const wantedNow = verdict.effect === 'require_approval' ? [verdict.approval ?? { seats: [] }] : [];
  if (!approval) {
    if (wantedNow.length === 0) return undefined;
    return refuse('policy-denies', 'Policy now wants people to approve this, and nobody has. Ask again.');
  }
  const excluded = [
    ...approval.excluded,
    ...(verdict.approval?.exclude ?? []).map((id) => ({ id, because: 'policy' as const })),
  ];
  const voted = approversAmong(approvers, approval);
  for (const terms of [approval.terms, ...wantedNow]) {
    const sitters = sitting(voted, { terms, excluded, asked: approval.asked, votes: approval.votes }, owner);
    if (!seatBest(terms, sitters).complete) {
      return refuse('approver-gone', 'Those who approved this may no longer approve it. Ask again.');
    }
  }
  return undefined;
}

/** Those who gave leave must still be people who could approve this, and must not have taken the leave back. */
function drawnRefusal({ decision_id }: DrawnFrom, { origin, approvers, verdict, owner }: Redeem): Refusal | undefined {
  if (!origin?.approval || origin.id !== decision_id || sessionEnded(origin))
    return refuse('grant-revoked', 'The session approval behind this grant has been revoked. Ask again.');
  if (verdict.effect !== 'require_approval') return undefined;
  const { approval } = origin;
  const exclude = verdict.approval!.exclude.map((id) => ({ id, because: 'policy' as const }));
  const voted = approversAmong(approvers, leaveGiven(approval));
  const seating = { terms: verdict.approval!, excluded: [...approval.excluded, ...exclude], asked: [] };
  return seatBest(verdict.approval!, sitting(voted, seating, owner)).complete
    ? undefined
    : refuse('approver-gone', 'Those who approved this may no longer approve it. Ask again.');
}

function unusable(decision: Exclude<Decision, { status: 'ALLOWED' }>): Refusal {
  const refusals: Record<typeof decision.status, [RefusalCode, string]> = {
    PENDING: ['no-grant', 'This has not been approved yet.'],
    DENIED: ['no-grant', 'This was denied.'],
    EXPIRED: ['grant-expired', 'This grant has expired. Ask again.'],
    WITHDRAWN: ['no-grant', 'This request was withdrawn.'],
    REDEEMED: ['grant-used', usedUp(decision)],
    REVOKED: ['grant-revoked', 'This permission has been revoked.'],
  };
  if (decision.status === 'REVOKED' && decision.revoked_by.stop) {
    const { name, reason } = decision.revoked_by;
    const text = `${inert(name, 120)} has stopped this and taken the permission back: ${inert(reason, 300)}.`;
    return refuse('stopped', `${text} Ask again once it is resumed.`);
  }
  return refuse(...refusals[decision.status]);
}

function usedUp(decision: Decision): string {
  const uses = usesMade(decision);
  return uses > 1
    ? `This grant has been used ${uses} times, which is all it allows. Ask again for another run.`
    : 'This grant has been used. It works once; ask again for another run.';
}
