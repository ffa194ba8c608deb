import { StatusError } from '@countersign/contract';
import type { Caller } from '@countersign/directory';

/** The person who calls. Throws StatusError PERMISSION_DENIED for agents and services. */
export function requirePerson(caller: Caller): Extract<Caller, { kind: 'person' }> {
  if (caller.kind === 'person') return caller;
  throw new StatusError('PERMISSION_DENIED', 'this is for people: agents and services make no credentials', {
    reason: 'NOT_A_PERSON',
  });
}

/** Throws StatusError PERMISSION_DENIED unless another service of the gate calls. */
export function requireService(caller: Caller): void {
  if (caller.kind === 'service') return;
  throw new StatusError('PERMISSION_DENIED', 'this is for the other services', { reason: 'NOT_A_SERVICE' });
}
