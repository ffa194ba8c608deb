// Why the rules said no. A value, shown to the person or agent it concerns; the wording is here and nowhere else.

export type RefusalCode =
  | 'self-approval'
  | 'excluded'
  | 'not-asked'
  | 'guest'
  | 'disabled'
  | 'role-required'
  | 'joined-later'
  | 'already-voted'
  | 'owner-missing'
  | 'no-vote'
  | 'wrong-channel'
  | 'step-up-required'
  | 'already-decided'
  | 'expired'
  | 'changed'
  | 'reason-required'
  | 'not-pending'
  | 'no-grant'
  | 'wrong-grant'
  | 'action-differs'
  | 'grant-expired'
  | 'grant-used'
  | 'grant-revoked'
  | 'wrong-audience'
  | 'proof-required'
  | 'proof-invalid'
  | 'proof-replayed'
  | 'wrong-key'
  | 'approver-gone'
  | 'policy-denies'
  | 'stopped'
  | 'not-operator'
  | 'own-agent'
  | 'too-many-stops'
  | 'no-session'
  | 'session-over'
  | 'session-differs'
  | 'session-limit'
  | 'break-glass-denied'
  | 'guardrail'
  | 'not-needed'
  | 'review-overdue'
  | 'nobody-reviews'
  | 'not-a-person'
  | 'no-review'
  | 'review-closed'
  | 'not-reviewer'
  | 'not-acted'
  | 'already-reported';

export interface Refusal {
  code: RefusalCode;
  /** Complete sentences: what happened and what to do. */
  text: string;
}

export function refuse(code: RefusalCode, text: string): Refusal {
  return { code, text };
}

/** Tells a refusal from what a rule returns otherwise. */
export function isRefusal<T extends object>(result: T | Refusal): result is Refusal {
  return 'code' in result && 'text' in result;
}
