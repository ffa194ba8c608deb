import type { Verdict } from '@countersign/approval';
import type { Policy } from '@countersign/policy';
import type { Asked } from './ask.js';
import { sessionOf, type Actor, type History, type Recollection } from './history.js';
import { policyInput } from './policy-input.js';

export interface Evaluated {
  verdict: Verdict;
  nowMs: number;
  /** What policy was told of earlier actions. */
  told?: Recollection;
}

const MOST_ROUNDS = 4;

/**
 * Asks policy again, with the history that its first answer calls for. Told more, it may count more: it is asked until it
 * has been told of all that it counts.
 */
export async function evaluateWithHistory(
  policy: Policy,
  history: History,
  asked: Asked,
  first: Verdict,
  nowMs: number,
): Promise<Evaluated> {
  const { principal, agent } = asked;
  const actor = toActor(asked);
  let verdict = first;
  let told: Recollection | undefined;
  for (let round = 0; history.isWanted(verdict, told); round++) {
    if (round === MOST_ROUNDS) return { verdict: countsWithoutEnd(verdict), nowMs };
    told = await history.recall(actor, verdict, new Date(nowMs));
    verdict = await policy.evaluate(policyInput(asked, agent, { principal, nowMs, history: told.text }));
  }
  return { verdict, nowMs, ...(told ? { told } : {}) };
}

/** Whose history an answer is counted in. */
export function toActor({ subjectId, principal, context, actionName, resourceId }: Asked): Actor {
  return { subjectId, principal, session: sessionOf(context), actionName, resourceId };
}

/** A policy whose counters are others every time cannot be given what it wants, and so permits nothing. */
function countsWithoutEnd({ policy, risk }: Verdict): Verdict {
  const text = 'policy counts something else each time it is told what was counted';
  return { effect: 'deny', reasons: [{ rule: 'policy-fault', text }], risk, obligations: [], policy };
}
