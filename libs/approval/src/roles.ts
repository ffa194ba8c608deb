import { refuse, type Refusal } from './refusal.js';
import type { Person } from './request.js';

// Who may do what with the gate itself. Groups say who is asked about an action; roles say who looks after the gate. A role
// opens a duty and nothing else: none of them seats anyone, and none of them lifts an exclusion.

export const ROLES = ['approver', 'policy_admin', 'auditor', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** What takes a role. What concerns a person themselves takes none. */
export type Duty = 'vote' | 'record' | 'policy' | 'operate';

const DUTIES: Record<Duty, { role: Role; what: string }> = {
  vote: { role: 'approver', what: 'approve or deny' },
  record: { role: 'auditor', what: 'read what you have no part in' },
  policy: { role: 'policy_admin', what: 'change which policy serves' },
  operate: { role: 'operator', what: 'do this for others' },
};

/** What a credential may be limited to. Each of them includes reading; "all" is whatever its holder may do. */
export const SCOPES = ['read', 'vote', 'record', 'policy', 'operate', 'all'] as const;
export type Scope = (typeof SCOPES)[number];

/** Someone of whom no role is stated is an approver: roles are there to say more, or less. */
export function rolesOf({ roles }: Pick<Person, 'roles'>): readonly Role[] {
  return roles ?? ['approver'];
}

/** The role that a duty takes. */
export function roleFor(duty: Duty): Role {
  return DUTIES[duty].role;
}

/** Why this person may not do it, as far as roles decide. */
export function roleRefusal(person: Pick<Person, 'roles'>, duty: Duty): Refusal | undefined {
  const { role, what } = DUTIES[duty];
  if (rolesOf(person).includes(role)) return undefined;
  return refuse('role-required', `You need the role ${role} to ${what}, and you do not have it.`);
}

/** Why this person votes on nothing at all, whatever is asked. */
export function voterRefusal(person: Pick<Person, 'disabled' | 'guest' | 'roles'>): Refusal | undefined {
  if (person.disabled) return refuse('disabled', 'Your account is disabled, so your vote does not count.');
  if (person.guest) return refuse('guest', 'Guests cannot approve or deny. Ask a member of the group.');
  return roleRefusal(person, 'vote');
}

/** Whether a credential with these scopes may be used for it. Without scopes it is not limited. */
export function inScope(scopes: readonly Scope[] | undefined, duty: Duty | 'read'): boolean {
  return scopes === undefined || scopes.includes('all') || duty === 'read' || scopes.includes(duty);
}

/** What a new credential may not have, because the one it is made with has it not. */
export function beyond(scopes: readonly Scope[] | undefined, wanted: readonly Scope[]): Scope[] {
  if (scopes === undefined || scopes.includes('all')) return [];
  return wanted.filter((scope) => scope === 'all' || !inScope(scopes, scope));
}
