import { StatusError } from '@countersign/contract';
import type { Caller } from '@countersign/directory';

/** The person who calls. Throws StatusError PERMISSION_DENIED for agents and services. */
export function requirePerson(caller: Caller): Extract<Caller, { kind: 'person' }> {
  if (caller.kind === 'person') return caller;
  throw forPeople('agents and services make no credentials');
}

/** The StatusError for a caller that is not a person; `otherwise` says what callers of its kind do not do. */
export function forPeople(otherwise: string): StatusError {
  return new StatusError('PERMISSION_DENIED', `this is for people: ${otherwise}`, { reason: 'NOT_A_PERSON' });
}

/** Throws StatusError PERMISSION_DENIED unless another service of the gate calls. */
export function requireService(caller: Caller): void {
  if (caller.kind === 'service') return;
  throw new StatusError('PERMISSION_DENIED', 'this is for the other services', { reason: 'NOT_A_SERVICE' });
}
