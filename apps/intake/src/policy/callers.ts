import type { Person } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import { requireRole, type Caller, type Directory } from '@countersign/directory';
import { personNow, requirePerson } from '../people/who.js';

/** Whoever changes policy, as the directory has them now. Throws StatusError PERMISSION_DENIED when they may not. */
export function requireChanger(caller: Caller, directory: Directory): Person {
  const person = requirePerson(caller, 'agents and services do not change policy');
  requireRole(person, 'policy');
  return personNow(person, directory);
}

/** Throws StatusError PERMISSION_DENIED for agents: what they know of policies they could go round. */
export function refuseAgents(caller: Caller): void {
  if (caller.kind !== 'agent') return;
  throw new StatusError('PERMISSION_DENIED', 'this is for people and services: agents may not read policies', {
    reason: 'NOT_A_PERSON',
  });
}
