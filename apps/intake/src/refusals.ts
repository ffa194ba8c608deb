import type { Refusal, RefusalCode } from '@countersign/approval';
import { StatusError, type CodeName } from '@countersign/contract';

/** How each refusal of the rules is answered. */
const STATUS: Record<RefusalCode, CodeName> = {
  'self-approval': 'PERMISSION_DENIED',
  excluded: 'PERMISSION_DENIED',
  'not-asked': 'PERMISSION_DENIED',
  'role-required': 'PERMISSION_DENIED',
  'joined-later': 'PERMISSION_DENIED',
  'wrong-channel': 'FAILED_PRECONDITION',
  'step-up-required': 'FAILED_PRECONDITION',
  'no-vote': 'FAILED_PRECONDITION',
  'owner-missing': 'FAILED_PRECONDITION',
  guest: 'PERMISSION_DENIED',
  disabled: 'PERMISSION_DENIED',
  'wrong-grant': 'PERMISSION_DENIED',
  changed: 'ABORTED',
  'reason-required': 'INVALID_ARGUMENT',
  'already-voted': 'FAILED_PRECONDITION',
  'already-decided': 'FAILED_PRECONDITION',
  expired: 'FAILED_PRECONDITION',
  'not-pending': 'FAILED_PRECONDITION',
  'no-grant': 'FAILED_PRECONDITION',
  'action-differs': 'FAILED_PRECONDITION',
  'grant-expired': 'FAILED_PRECONDITION',
  'grant-used': 'FAILED_PRECONDITION',
  'grant-revoked': 'FAILED_PRECONDITION',
  'wrong-audience': 'PERMISSION_DENIED',
  'proof-required': 'PERMISSION_DENIED',
  'proof-invalid': 'PERMISSION_DENIED',
  'proof-replayed': 'PERMISSION_DENIED',
  'wrong-key': 'PERMISSION_DENIED',
  'approver-gone': 'FAILED_PRECONDITION',
  'policy-denies': 'FAILED_PRECONDITION',
  stopped: 'FAILED_PRECONDITION',
  'not-operator': 'PERMISSION_DENIED',
  'own-agent': 'PERMISSION_DENIED',
  'too-many-stops': 'RESOURCE_EXHAUSTED',
  'no-session': 'FAILED_PRECONDITION',
  'session-over': 'FAILED_PRECONDITION',
  'session-differs': 'FAILED_PRECONDITION',
  'session-limit': 'FAILED_PRECONDITION',
  'break-glass-denied': 'PERMISSION_DENIED',
  guardrail: 'FAILED_PRECONDITION',
  'not-needed': 'FAILED_PRECONDITION',
  'review-overdue': 'FAILED_PRECONDITION',
  'nobody-reviews': 'FAILED_PRECONDITION',
  'not-a-person': 'PERMISSION_DENIED',
  'no-review': 'FAILED_PRECONDITION',
  'review-closed': 'FAILED_PRECONDITION',
  'not-reviewer': 'PERMISSION_DENIED',
  'not-acted': 'FAILED_PRECONDITION',
  'already-reported': 'FAILED_PRECONDITION',
};

/** The refusal as a status, with its code as the reason a client may switch on. */
export function refusedStatus({ code, text }: Refusal, decisionId?: string): StatusError {
  return new StatusError(STATUS[code], text, {
    reason: code.replaceAll('-', '_').toUpperCase(),
    ...(decisionId ? { metadata: { decision_id: decisionId } } : {}),
    ...(code === 'reason-required' ? { violations: [{ field: 'reason', description: text }] } : {}),
  });
}
