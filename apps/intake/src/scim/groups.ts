import { identityKey } from '@countersign/approval';
import { badRequest, type Resource } from '@countersign/scim';
import type { RegistryFact } from '@countersign/store';
import { BY, changedNames, type Change } from './change.js';
import { GROUP_KIND, LEAF_KIND, leafOf, type KeptGroup, type Leaf } from './facts.js';
import { freeName, takeName } from './names.js';
import type { ScimPeople } from './people.js';
import { requireName } from './person.js';

/** Most people one event names: more are told in several. */
const TOLD_AT_ONCE = 250;

/** What becomes of groups: each function adds to a change, or throws ScimProblem. */
export class Groups {
  constructor(readonly people: ScimPeople) {}

  /** The resource with its members, as a client may replace or patch it. */
  whole({ id, state }: RegistryFact<KeptGroup>): Resource {
    const members = this.people.membersOf(id).map((value) => ({ value }));
    return members.length > 0 ? { ...state.resource, members } : { ...state.resource };
  }

  create(change: Change, id: string, given: Resource): void {
    const { members, ...rest } = given;
    const name = requireName(rest.displayName, 'displayName');
    takeName(this.people, change, nameOf(name), id, 'Group');
    const added = this.#users(members, new Set());
    this.#moveMembers(change, id, added, []);
    const told = this.#tell(change, id, 0, { group: name, change: 'created' }, added, []);
    const resource = { ...rest, id };
    change.takesAway = added.length > 0;
    change.put(GROUP_KIND, id, 0, { resource, created: change.at, modified: change.at, told });
  }

  /** `given` is the whole resource as it is to be. */
  replace(change: Change, { id, version, state }: RegistryFact<KeptGroup>, given: Resource): void {
    const { members, ...rest } = given;
    const resource = { ...rest, id };
    const name = requireName(rest.displayName, 'displayName');
    const previous = String(state.resource.displayName);
    const before = new Set(this.people.membersOf(id));
    const added = this.#users(members, before);
    // What is left of those before is who is not among the given.
    const removed = [...before];
    if (changedNames(state.resource, resource).length === 0 && added.length + removed.length === 0) return;
    if (nameOf(name) !== nameOf(previous)) {
      takeName(this.people, change, nameOf(name), id, 'Group');
      freeName(this.people, change, nameOf(previous));
    }
    this.#moveMembers(change, id, added, removed);
    const told = this.#tell(
      change,
      id,
      state.told,
      { group: name, change: 'changed', ...(name === previous ? {} : { previous }) },
      added,
      removed,
    );
    change.put(GROUP_KIND, id, version, { ...state, resource, modified: change.at, told });
    // Policy may exclude by group: who comes in may do less than before, too.
    change.takesAway ||= added.length + removed.length > 0 || name !== previous;
  }

  /** One member less, because the user goes. */
  without(change: Change, { id, version, state }: RegistryFact<KeptGroup>, user: string): void {
    this.#moveMembers(change, id, [], [user]);
    const group = String(state.resource.displayName);
    const told = this.#tell(change, id, state.told, { group, change: 'changed' }, [], [user]);
    change.put(GROUP_KIND, id, version, { ...state, modified: change.at, told });
  }

  remove(change: Change, { id, version, state }: RegistryFact<KeptGroup>): void {
    const group = String(state.resource.displayName);
    const members = this.people.membersOf(id);
    this.#moveMembers(change, id, [], members);
    this.#tell(change, id, state.told, { group, change: 'removed' }, [], members);
    freeName(this.people, change, nameOf(group));
    change.put(GROUP_KIND, id, version, null);
    change.takesAway = true;
  }

  /** Ids of users among `members` that were not there before; those that were are taken out of `before`. */
  #users(members: unknown, before: Set<string>): string[] {
    const added = new Set<string>();
    for (const { value, type } of (members ?? []) as { value?: string; type?: string }[]) {
      if (value === undefined)
        throw badRequest('invalidValue', 'members has one without a value: name the id of a user');
      if (before.delete(value)) continue;
      if (type?.toLowerCase() === 'group' || this.people.group(value))
        throw badRequest(
          'invalidValue',
          'members has a group: groups in groups are not supported, send the people in it',
        );
      if (!this.people.user(value))
        throw badRequest('invalidValue', 'members has an id that no user has: provision the person first');
      added.add(value);
    }
    return [...added];
  }

  #moveMembers(change: Change, group: string, added: readonly string[], removed: readonly string[]): void {
    const leaves = new Map<string, Set<string>>();
    const leaf = (user: string) => {
      const key = leafOf(group, user);
      const known = this.people.registry.get<Leaf>(LEAF_KIND, key);
      const members = leaves.get(key) ?? new Set(known?.state.members);
      leaves.set(key, members);
      return members;
    };
    for (const user of removed) leaf(user).delete(user);
    for (const user of added) leaf(user).add(user);
    for (const [key, members] of leaves) {
      // A user who was removed while somebody added them here is forgotten with the next change.
      const kept = [...members].filter((user) => this.people.user(user)).sort();
      const version = this.people.registry.get(LEAF_KIND, key)?.version ?? 0;
      if (version > 0 || kept.length > 0)
        change.put(LEAF_KIND, key, version, kept.length > 0 ? { members: kept } : null);
    }
  }

  #tell(
    change: Change,
    id: string,
    told: number,
    fact: { group: string; change: 'created' | 'changed' | 'removed'; previous?: string },
    added: readonly string[],
    removed: readonly string[],
  ): number {
    const ids = (users: readonly string[], from: number) =>
      users.slice(from, from + TOLD_AT_ONCE).map((user) => this.people.user(user)!.state.person);
    const events = Math.max(1, Math.ceil(Math.max(added.length, removed.length) / TOLD_AT_ONCE));
    // One of them says what became of the group itself: the first, or the last when it is gone.
    const main = fact.change === 'removed' ? events - 1 : 0;
    let count = told;
    for (let i = 0; i < events; i++) {
      const from = i * TOLD_AT_ONCE;
      const said = i === main ? fact : { group: fact.group, change: 'changed' as const };
      const lists = { added: ids(added, from), removed: ids(removed, from) };
      count = change.tell(id, count, { type: 'group.changed', ...said, ...lists, by: BY });
    }
    return count;
  }
}

function nameOf(group: string): string {
  return `group ${identityKey(group)}`;
}
