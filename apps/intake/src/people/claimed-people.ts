import { identityKey, ROLES, type Role } from '@countersign/approval';
import type { DirectoryFile, Overlay } from '@countersign/directory';
import type { Registry } from '@countersign/store';
import { CLAIMED, type ClaimedPerson } from './sign-ins.js';

const KINDS = [CLAIMED];

/** People known from what the identity provider said when they signed in. Whoever another source describes is as that says. */
export class ClaimedPeople implements Overlay {
  constructor(readonly registry: Pick<Registry, 'all' | 'seqOf'>) {}

  revision(): number {
    return this.registry.seqOf(KINDS);
  }

  apply(data: DirectoryFile, at: Date): { data: DirectoryFile; until?: Date } {
    const current = this.registry
      .all<ClaimedPerson>(CLAIMED)
      .filter(({ state }) => Date.parse(state.until) > at.getTime());
    if (current.length === 0) return { data };
    // Compared loosely: another spelling of somebody whom the file has disabled must not be a person of its own.
    const stated = data.people.flatMap(({ id, also = [] }) => [id, ...also]);
    const known = new Set([...stated, ...data.agents.map(({ id }) => id)].map(identityKey));
    // By whichever of their names: one human being must not be in here twice, by the id of one source and by that of another.
    const claimed = current.filter(
      ({ id, state: { also = [] } }) => ![id, ...also].some((one) => known.has(identityKey(one))),
    );
    if (claimed.length === 0) return { data };
    const people = claimed.map(({ id, state: { name, also, groups, roles } }) => ({
      id,
      name,
      ...(also?.length ? { also } : {}),
      groups,
      ...(roles ? { roles: roles.filter((role): role is Role => ROLES.includes(role as Role)) } : {}),
      tokens: [],
      links: {},
      guest: false,
      disabled: false,
      claimed: true as const,
    }));
    const until = new Date(Math.min(...claimed.map(({ state }) => Date.parse(state.until))));
    return { data: { ...data, people: [...data.people, ...people] }, until };
  }
}
