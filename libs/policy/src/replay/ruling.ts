import type { ApprovalTerms, Effect, GrantTerms, Reason, Verdict } from '@countersign/approval';
import type { RecordedAnswer } from '../recorded-input.js';

/** What policy said about one request, as far as two policies are compared. */
export interface Ruling {
  effect: Effect;
  rules: string[];
  /** On what terms people are asked, unless the record does not have them. */
  approval?: ApprovalTerms;
  /** Ids. */
  obligations: string[];
  /** Absent when none has to be redeemed. */
  grant?: GrantTerms;
}

export function rulingOf({ effect, reasons, approval, obligations, grant }: Verdict): Ruling {
  return {
    effect,
    rules: rulesOf(reasons),
    ...(approval ? { approval } : {}),
    obligations: obligations.map(({ id }) => id),
    ...(grant ? { grant } : {}),
  };
}

// Why the gate itself denies at once what policy wants people to answer. Its reason comes before those of policy. The text
// counts too: a rule of somebody's policy may have such a name.
const UNASKED: Record<string, RegExp> = {
  'approvers-overloaded': /^Too many requests wait /,
  'cool-down': / denied just this at \d\d:\d\d UTC: /,
  'delegation-too-long': /^The chain of delegation /,
  flooding: /^No more than [\d,\u202f]+ of one agent's requests are put before people /,
  'nobody-eligible': /^Nobody may approve this: /,
  'too-large-to-show': /^The request is too large to be shown /,
  'too-many-pending': / requests of this agent wait for people already/,
};

/** What policy said when it was recorded. */
export function recordedRuling(event: RecordedAnswer): Ruling {
  const { reasons } = event.data;
  if (event.type === 'decision.held') {
    const { approval, obligations, grant } = event.data;
    // Those it went on to are recorded, not those policy named first.
    const escalated = reasons.at(-1)?.rule === 'escalated' && reasons.length > 1;
    return {
      effect: 'require_approval',
      rules: rulesOf(escalated ? reasons.slice(0, -1) : reasons),
      ...(escalated ? {} : { approval }),
      obligations: obligations.map(({ id }) => id),
      grant,
    };
  }
  if (event.type === 'decision.denied') {
    const [first, ...others] = reasons;
    const unasked = first && others.length > 0 && UNASKED[first.rule]?.test(first.text);
    if (unasked) return { effect: 'require_approval', rules: rulesOf(others), obligations: [] };
    return { effect: 'deny', rules: rulesOf(reasons), obligations: [] };
  }
  const { obligations, grant } = event.data;
  const seconds = grant && Math.round((Date.parse(grant.expires_at) - Date.parse(event.at)) / 1000);
  return {
    effect: 'allow',
    rules: rulesOf(reasons),
    obligations: obligations.map(({ id }) => id),
    ...(grant ? { grant: { expires_in_s: seconds!, uses: grant.uses } } : {}),
  };
}

function rulesOf(reasons: readonly Reason[]): string[] {
  return [...new Set(reasons.map(({ rule }) => rule))].sort();
}
