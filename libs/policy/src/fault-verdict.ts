import { scoreOf, type Verdict } from '@countersign/approval';

/** What can go wrong in one evaluation, each of which denies. */
export type FaultKind = 'input' | 'throw' | 'undefined' | 'schema';

// For agents and people. What exactly broke is for the log: it may quote the policy, or what an agent sent.
const TEXTS: Record<FaultKind, string> = {
  input: 'the request cannot be given to policy',
  throw: 'policy broke while it was evaluated',
  undefined: 'policy gave no answer',
  schema: 'policy gave an answer that cannot be understood',
};

/** The denial that stands in for a verdict there could not be. */
export function faultVerdict(kind: FaultKind, revision: string): Verdict {
  return {
    effect: 'deny',
    reasons: [{ rule: 'policy-fault', text: TEXTS[kind] }],
    risk: { level: 'high', score: scoreOf('high'), factors: ['policy-fault'] },
    obligations: [],
    policy: { revision },
  };
}
