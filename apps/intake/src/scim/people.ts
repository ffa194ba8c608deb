import { identityKey, rolesOf } from '@countersign/approval';
import type { DirectoryFile, Overlay } from '@countersign/directory';
import type { Registry, RegistryFact } from '@countersign/store';
import type { ScimConfig } from './config.js';
import {
  DIRECTORY_KINDS,
  GROUP_KIND,
  groupOfLeaf,
  LEAF_KIND,
  leavesOf,
  USER_KIND,
  type KeptGroup,
  type KeptUser,
  type Leaf,
} from './facts.js';
import { isActive, isGuest, linksOf, otherNamesOf, personName, rolesIn } from './person.js';

type DirectoryPerson = DirectoryFile['people'][number];

/**
 * The people and groups an identity provider told of. It follows the registry and keeps what a look into it would cost too
 * much for: who is in which groups, and each person as the directory has them.
 */
export class ScimPeople implements Overlay {
  readonly #groupsOf = new Map<string, Set<string>>();
  readonly #leaves = new Map<string, readonly string[]>();
  readonly #people = new Map<string, DirectoryPerson>();
  /** Users whose person has to be made anew. */
  readonly #stale = new Set<string>();
  readonly #groupNames = new Map<string, string>();
  #strictures = 0;

  constructor(
    readonly registry: Registry,
    readonly config: Pick<ScimConfig, 'links' | 'roles'>,
  ) {
    registry.follow<KeptUser>(USER_KIND, (id, fact) => this.#takeUser(id, fact?.state));
    registry.follow<KeptGroup>(GROUP_KIND, (id, fact) => this.#takeGroup(id, fact?.state));
    registry.follow<Leaf>(LEAF_KIND, (leaf, fact) => this.#takeLeaf(leaf, fact?.state.members ?? []));
  }

  user(id: string): RegistryFact<KeptUser> | undefined {
    return this.registry.get<KeptUser>(USER_KIND, id);
  }

  group(id: string): RegistryFact<KeptGroup> | undefined {
    return this.registry.get<KeptGroup>(GROUP_KIND, id);
  }

  /** Ids of users in a group, those of removed users left out. */
  membersOf(group: string): string[] {
    return leavesOf(group)
      .flatMap((leaf) => this.#leaves.get(leaf) ?? [])
      .filter((user) => this.user(user));
  }

  groupsOf(user: string): RegistryFact<KeptGroup>[] {
    return [...(this.#groupsOf.get(user) ?? [])].sort().flatMap((id) => this.group(id) ?? []);
  }

  revision(): number {
    return this.registry.seqOf(DIRECTORY_KINDS);
  }

  strictures(): number {
    return this.#strictures;
  }

  /** Whom the file has is who the file says: a person of the provider with such an id is left out, and so is a chat account. */
  apply(data: DirectoryFile): { data: DirectoryFile } {
    for (const id of this.#stale) this.#renew(id);
    this.#stale.clear();
    if (this.#people.size + this.#groupNames.size === 0) return { data };
    const taken = new Set([...data.people, ...data.agents].map(({ id }) => identityKey(id)));
    const accounts = new Set(data.people.flatMap(({ links }) => accountsOf(links)));
    const people = [...this.#people.values()].filter(({ id }) => !taken.has(identityKey(id)));
    const shared = this.config.links.length > 0 ? sharedAccounts(people) : new Set<string>();
    const added = shared.size + accounts.size === 0 ? people : people.map((one) => withoutLinks(one, shared, accounts));
    const groups = {
      ...Object.fromEntries([...this.#groupNames.values()].map((name) => [name, null])),
      ...data.groups,
    };
    return { data: { ...data, people: [...data.people, ...added], groups } };
  }

  #renew(id: string): void {
    const fact = this.user(id);
    if (!fact) return void this.#people.delete(id);
    this.#people.set(id, this.#personOf(id, fact.state));
  }

  #personOf(id: string, { resource, person, created, since = created, was = [] }: KeptUser): DirectoryPerson {
    const roles = rolesIn(resource, this.config);
    const also = [...new Set([...was, ...otherNamesOf(resource, person)])];
    return {
      id: person,
      since,
      ...(also.length > 0 ? { also } : {}),
      name: personName(resource),
      ...(roles ? { roles } : {}),
      groups: this.groupsOf(id).map(({ state }) => String(state.resource.displayName)),
      tokens: [],
      links: linksOf(resource, this.config.links),
      guest: isGuest(resource),
      disabled: !isActive(resource),
    };
  }

  /** Somebody new can exclude nobody, and another name to show or title neither. */
  #takeUser(id: string, state: KeptUser | undefined): void {
    this.#stale.add(id);
    const before = this.#people.get(id);
    if (before && (!state || isStricter(before, this.#personOf(id, state)))) this.#strictures++;
  }

  #takeGroup(id: string, state: KeptGroup | undefined): void {
    const name = state && String(state.resource.displayName);
    const before = this.#groupNames.get(id);
    if (name === before) return;
    if (name === undefined) this.#groupNames.delete(id);
    else this.#groupNames.set(id, name);
    const members = this.membersOf(id);
    for (const user of members) this.#stale.add(user);
    if (members.length > 0) this.#strictures++;
  }

  /** Who comes into a group may be excluded by that, just as who leaves one loses a seat. */
  #takeLeaf(leaf: string, members: readonly string[]): void {
    const group = groupOfLeaf(leaf);
    const before = new Set(this.#leaves.get(leaf));
    if (members.length > 0) this.#leaves.set(leaf, members);
    else this.#leaves.delete(leaf);
    let changed = false;
    for (const user of members) {
      if (before.delete(user)) continue;
      changed = true;
      const groups = this.#groupsOf.get(user);
      if (groups) groups.add(group);
      else this.#groupsOf.set(user, new Set([group]));
      this.#stale.add(user);
    }
    for (const user of before) {
      this.#groupsOf.get(user)?.delete(group);
      this.#stale.add(user);
    }
    if (changed || before.size > 0) this.#strictures++;
  }
}

function isStricter(before: DirectoryPerson, after: DirectoryPerson): boolean {
  const { id, since, disabled, guest, links } = before;
  if (id !== after.id || since !== after.since || (after.disabled && !disabled) || (after.guest && !guest)) return true;
  if (losesRole(before, after) || isCalledMore(before, after)) return true;
  const kept = new Set(accountsOf(after.links));
  return accountsOf(links).some((account) => !kept.has(account));
}

/** By a further name they may be kept from a request, or be one with somebody else. */
function isCalledMore({ also: before = [] }: DirectoryPerson, { also = [] }: DirectoryPerson): boolean {
  return also.some((name) => !before.includes(name));
}

/** Stating roles may take one away: somebody of whom none is stated is an approver. */
export function losesRole(before: Pick<DirectoryPerson, 'roles'>, after: Pick<DirectoryPerson, 'roles'>): boolean {
  return rolesOf(before).some((role) => !rolesOf(after).includes(role));
}

function accountsOf(links: DirectoryPerson['links']): string[] {
  return Object.entries(links).flatMap(([channel, list]) => (list ?? []).map((account) => `${channel}:${account}`));
}

/** Accounts that two people would have: they are nobody's, for who of them would vote? */
function sharedAccounts(people: readonly DirectoryPerson[]): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const account of people.flatMap(({ links }) => accountsOf(links))) {
    if (seen.has(account)) shared.add(account);
    seen.add(account);
  }
  return shared;
}

function withoutLinks(person: DirectoryPerson, ...refused: ReadonlySet<string>[]): DirectoryPerson {
  const keep = (channel: string, list: string[] = []) =>
    list.filter((account) => !refused.some((set) => set.has(`${channel}:${account}`)));
  const { slack, teams } = person.links;
  return { ...person, links: { slack: keep('slack', slack), teams: keep('teams', teams) } };
}
