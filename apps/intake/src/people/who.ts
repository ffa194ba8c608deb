import { StatusError } from '@countersign/contract';
import type { Person } from '@countersign/approval';
import type { Caller, Directory } from '@countersign/directory';

/** What agents and services are told where people look after what they come in with. */
export const NO_CREDENTIALS = 'agents and services make no credentials';

/** The person who calls; `otherwise` says what other callers do not do. Throws StatusError PERMISSION_DENIED for those. */
export function requirePerson(caller: Caller, otherwise: string): Extract<Caller, { kind: 'person' }> {
  if (caller.kind === 'person') return caller;
  throw forPeople(otherwise);
}

/**
 * A person as the directory has them now, and not as it had them when the credential was looked up. Throws StatusError
 * UNAUTHENTICATED when they are gone since.
 */
export function personNow({ id }: Pick<Caller, 'id'>, directory: Directory): Person {
  const person = directory.person(id);
  if (person) return person;
  throw new StatusError('UNAUTHENTICATED', 'you are no longer in the directory', { reason: 'NO_SUCH_PERSON' });
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
