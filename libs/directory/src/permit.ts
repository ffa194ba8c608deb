import { inScope, roleFor, roleRefusal, type Duty } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Caller } from './directory.js';

/** Throws StatusError PERMISSION_DENIED when the credential was not made for this, whoever holds it. */
export function requireScope(caller: Caller, duty: Duty | 'read' | 'all'): void {
  if (caller.kind === 'service') return;
  const { scopes } = caller;
  if (duty === 'all' ? scopes === undefined || scopes.includes('all') : inScope(scopes, duty)) return;
  throw new StatusError(
    'PERMISSION_DENIED',
    `this credential is limited to ${scopes!.join(', ')}, and this needs ${duty}`,
    {
      reason: 'SCOPE_REQUIRED',
      metadata: { scope: duty },
    },
  );
}

/** Throws StatusError PERMISSION_DENIED when a person has not the role this takes. Agents have none. */
export function requireRole(caller: Caller, duty: Duty): void {
  requireScope(caller, duty);
  if (caller.kind === 'service') return;
  const refused = roleRefusal(caller.kind === 'person' ? caller.person : { roles: [] }, duty);
  if (!refused) return;
  throw new StatusError('PERMISSION_DENIED', refused.text, {
    reason: 'ROLE_REQUIRED',
    metadata: { role: roleFor(duty) },
  });
}
