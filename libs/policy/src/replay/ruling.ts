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

// Why intake denies at once what policy wants people to answer. Its reason comes before those of policy.
const UNASKABLE: Record<string, string> = {
  'delegation-too-long': 'The chain of delegation',
  'nobody-eligible': 'Nobody may approve this',
  'too-large-to-show': 'The request is too large to be shown',
};

/** What policy said when it was recorded. */
export function recordedRuling(event: RecordedAnswer): Ruling {
  const { reasons } = event.data;
  if (event.type === 'decision.held') {
    const { approval, obligations, grant } = event.data;
    return {
      effect: 'require_approval',
      rules: rulesOf(reasons),
      approval,
      obligations: obligations.map(({ id }) => id),
      grant,
    };
  }
  if (event.type === 'decision.denied') {
    const [first, ...others] = reasons;
    const unasked = first && others.length > 0 && first.text.startsWith(UNASKABLE[first.rule] ?? '\n');
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
