import { identityKey } from '@countersign/approval';
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
import { isActive, isGuest, linksOf, personName } from './person.js';

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

  constructor(
    readonly registry: Registry,
    readonly config: Pick<ScimConfig, 'links'>,
  ) {
    registry.follow<KeptUser>(USER_KIND, (id) => this.#stale.add(id));
    registry.follow<KeptGroup>(GROUP_KIND, (id) => {
      for (const user of this.membersOf(id)) this.#stale.add(user);
    });
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

  /** Whom the file has is who the file says: a person of the provider with such an id is left out, and so is a chat account. */
  apply(data: DirectoryFile): { data: DirectoryFile } {
    for (const id of this.#stale) this.#renew(id);
    this.#stale.clear();
    if (this.#people.size === 0 && this.registry.all(GROUP_KIND).length === 0) return { data };
    const taken = new Set([...data.people, ...data.agents].map(({ id }) => identityKey(id)));
    const accounts = new Set(data.people.flatMap(({ links }) => accountsOf(links)));
    const people = [...this.#people.values()].filter(({ id }) => !taken.has(identityKey(id)));
    const shared = this.config.links.length > 0 ? sharedAccounts(people) : new Set<string>();
    const added = shared.size + accounts.size === 0 ? people : people.map((one) => withoutLinks(one, shared, accounts));
    const names = this.registry.all<KeptGroup>(GROUP_KIND).map(({ state }) => String(state.resource.displayName));
    const groups = { ...Object.fromEntries(names.map((name) => [name, null])), ...data.groups };
    return { data: { ...data, people: [...data.people, ...added], groups } };
  }

  #renew(id: string): void {
    const fact = this.user(id);
    if (!fact) return void this.#people.delete(id);
    const { resource, person } = fact.state;
    this.#people.set(id, {
      id: person,
      name: personName(resource),
      groups: this.groupsOf(id).map(({ state }) => String(state.resource.displayName)),
      tokens: [],
      links: linksOf(resource, this.config.links),
      guest: isGuest(resource),
      disabled: !isActive(resource),
    });
  }

  #takeLeaf(leaf: string, members: readonly string[]): void {
    const group = groupOfLeaf(leaf);
    const before = new Set(this.#leaves.get(leaf));
    if (members.length > 0) this.#leaves.set(leaf, members);
    else this.#leaves.delete(leaf);
    for (const user of members) {
      if (before.delete(user)) continue;
      const groups = this.#groupsOf.get(user);
      if (groups) groups.add(group);
      else this.#groupsOf.set(user, new Set([group]));
      this.#stale.add(user);
    }
    for (const user of before) {
      this.#groupsOf.get(user)?.delete(group);
      this.#stale.add(user);
    }
  }
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
