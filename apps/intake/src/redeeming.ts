import type { Agent, Decision, HolderProof, Person, Redeem } from '@countersign/approval';
import type { Directory } from '@countersign/directory';
import { canonicalize } from '@countersign/ledger';
import type { Policy } from '@countersign/policy';
import type { ActionTexts } from './action.js';
import type { Decisions } from './decisions.js';
import { breakGlassText } from './glass/breaking.js';
import { policyInput } from './policy-input.js';

export interface Use {
  by: string;
  grantId: string;
  /** The action that is about to run, as it is presented now. */
  texts: ActionTexts;
  /** The agent as the directory has it at the moment. Throws StatusError when it may do nothing any more. */
  agent: (directory: Directory) => Agent;
  /** Where it is about to run, as whoever is there says. */
  audience?: string;
  /** Absent when none came. */
  proof?: HolderProof | undefined;
}

/**
 * The command that uses up a grant: with the approvers as the directory has them now, and policy asked again. Made anew when
 * somebody else was faster: whoever has left meanwhile counts no longer.
 */
export function redeeming(
  parts: { policy: Policy; directory: () => Directory; decisions: Decisions },
  { by, grantId, texts, agent: agentIn, audience, proof }: Use,
): (decision: Decision) => Promise<Redeem> {
  return async (decision) => {
    const agent = agentIn(parts.directory());
    const { drawn_from } = decision;
    const origin = drawn_from && (await parts.decisions.load(drawn_from.decision_id)).decision;
    const approvals = (origin ?? decision).approval?.votes.filter(({ vote }) => vote === 'approve') ?? [];
    const approval = canonicalize({
      decision_id: decision.id,
      approved_by: approvals.map(({ voter }) => voter),
      approved_at: decision.granted_at ?? decision.updated_at,
    });
    const broken = decision.broke_glass;
    const breakerIn = (directory: Directory) => broken && directory.person(broken.by);
    const asBefore = breakerIn(parts.directory());
    const verdict = await parts.policy.evaluate(
      policyInput(texts, agent, {
        principal: decision.request.principal ?? '',
        nowMs: parts.decisions.now().getTime(),
        approval,
        ...(broken && asBefore ? { breakGlass: breakGlassText(asBefore, broken.reason) } : {}),
        // The action has been counted since; policy sees what it saw then.
        ...(decision.history ? { history: canonicalize(decision.history) } : {}),
      }),
    );
    // Nothing is waited for from here until the write is accepted.
    const directory = parts.directory();
    const approvers = approvals
      .map(({ voter }) => directory.person(voter))
      .filter((person): person is Person => person !== undefined);
    const breaker = breakerIn(directory);
    const places = directory.placesOf(by);
    return {
      type: 'redeem',
      by,
      grant_id: grantId,
      action_digest: texts.digest,
      approvers,
      owner: agentIn(directory).owner,
      verdict,
      ...(origin ? { origin } : {}),
      ...(breaker ? { breaker } : {}),
      ...(audience ? { audience } : {}),
      ...(places ? { places } : {}),
      ...(proof ? { proof } : {}),
    };
  };
}
