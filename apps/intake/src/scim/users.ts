import { identityKey, sameIdentity, type Role } from '@countersign/approval';
import type { PeopleFact } from '@countersign/contract';
import type { DirectoryFile } from '@countersign/directory';
import { ScimProblem, type Resource } from '@countersign/scim';
import type { RegistryFact } from '@countersign/store';
import { CLAIMED } from '../people/sign-ins.js';
import { BY, changedNames, type Change } from './change.js';
import type { ScimConfig } from './config.js';
import { USER_KIND, type KeptUser } from './facts.js';
import type { Groups } from './groups.js';
import { freeName, takeName } from './names.js';
import { isActive, isGuest, otherNamesOf, personId, personName, requireName, rolesIn } from './person.js';
import { losesRole, type ScimPeople } from './people.js';

export interface UsersParts {
  people: ScimPeople;
  groups: Groups;
  config: Pick<ScimConfig, 'id' | 'roles'>;
  /** Who is known from elsewhere. */
  file: () => DirectoryFile;
}

/** What becomes of users: each function adds to a change, or throws ScimProblem. */
export class Users {
  constructor(readonly parts: UsersParts) {}

  create(change: Change, id: string, given: Resource): void {
    // Whoever is told of without a word about `active` is, as RFC 7643 leaves open, somebody who may sign in.
    const resource = { ...given, id, active: given.active ?? true };
    const person = personId(resource, this.parts.config);
    this.#rename(change, id, undefined, resource);
    this.#dropClaims(change, person);
    const fact: PeopleFact = {
      type: 'person.provisioned',
      ...this.#told(person, resource),
      attributes: Object.keys(given).sort(),
      by: BY,
    };
    const told = change.tell(id, 0, fact);
    change.put(USER_KIND, id, 0, { resource, person, since: change.at, created: change.at, modified: change.at, told });
  }

  /** `given` is the whole resource as it is to be. */
  replace(change: Change, { id, version, state }: RegistryFact<KeptUser>, given: Resource): void {
    const before = state.resource;
    const resource = { ...given, id };
    const attributes = changedNames(before, resource);
    const person = personId(resource, this.parts.config);
    if (attributes.length === 0 && person === state.person) return;
    this.#rename(change, id, state, resource);
    if (person !== state.person) for (const each of [person, state.person]) this.#dropClaims(change, each);
    const fact: PeopleFact = {
      type: 'person.changed',
      ...this.#told(person, resource),
      ...(person === state.person ? {} : { previous: state.person }),
      attributes,
      by: BY,
    };
    const told = change.tell(id, state.told, fact);
    // Names are taken from one person and given to another: nothing of the one's may come to the other with it.
    const renamed = person === state.person ? {} : { since: change.at, was: formerIds(state, person) };
    change.put(USER_KIND, id, version, { ...state, ...renamed, resource, person, modified: change.at, told });
    change.takesAway ||=
      person !== state.person ||
      !isActive(resource) ||
      (isGuest(resource) && !isGuest(before)) ||
      losesRole(this.#roles(before), this.#roles(resource)) ||
      otherNamesOf(resource, person).some((name) => !otherNamesOf(before, person).includes(name)) ||
      this.#unlinks(attributes);
  }

  remove(change: Change, { id, version, state }: RegistryFact<KeptUser>): void {
    for (const group of this.parts.people.groupsOf(id)) this.parts.groups.without(change, group, id);
    change.tell(id, state.told, {
      type: 'person.removed',
      person: state.person,
      name: personName(state.resource),
      by: BY,
    });
    for (const name of namesOf(state)) this.#free(change, name);
    this.#dropClaims(change, state.person);
    change.put(USER_KIND, id, version, null);
    change.takesAway = true;
  }

  #told(person: string, resource: Resource) {
    const state = { active: isActive(resource), guest: isGuest(resource), ...this.#roles(resource) };
    return { person, name: personName(resource), ...state };
  }

  #roles(resource: Resource): { roles?: Role[] } {
    const roles = rolesIn(resource, this.parts.config);
    return roles ? { roles } : {};
  }

  /** Any change may take a chat account away; which attributes are accounts is the operator's choice. */
  #unlinks(attributes: string[]): boolean {
    return this.parts.people.config.links.length > 0 && attributes.length > 0;
  }

  /** What the identity provider said of somebody who signed in must not stand in for whom it has told of, once they go. */
  #dropClaims(change: Change, person: string): void {
    for (const { id, version } of this.parts.people.registry.all(CLAIMED))
      if (sameIdentity(id, person)) change.put(CLAIMED, id, version, null);
  }

  /** Takes the names it is to have and lets go of those it had. Each name is one person's, the file's people included. */
  #rename(change: Change, id: string, before: KeptUser | undefined, resource: Resource): void {
    requireName(resource.userName, 'userName');
    const person = personId(resource, this.parts.config);
    if (person !== before?.person) this.#requireFree(person);
    const now = namesOf({ person, resource });
    const had = before ? namesOf(before) : [];
    for (const name of now.filter((each) => !had.includes(each))) takeName(this.parts.people, change, name, id, 'User');
    for (const name of had.filter((each) => !now.includes(each))) this.#free(change, name);
  }

  #requireFree(person: string): void {
    const { people, agents } = this.parts.file();
    const key = identityKey(person);
    const same = ({ id }: { id: string }) => identityKey(id) === key;
    const kind = people.some(same) ? 'person' : agents.some(same) ? 'agent' : undefined;
    if (kind)
      throw new ScimProblem(
        409,
        `the directory file has a ${kind} with this id: take it out of the file, or leave this user out of provisioning`,
        'uniqueness',
      );
  }

  #free(change: Change, name: string): void {
    freeName(this.parts.people, change, name);
  }
}

function namesOf({ person, resource }: Pick<KeptUser, 'person'> & { resource: Resource }): string[] {
  return [`user ${identityKey(String(resource.userName))}`, `person ${identityKey(person)}`];
}

/** More often nobody changes their name. */
const MOST_FORMER = 20;

/** Under any of them somebody may own an agent, or be kept out of a request that was made before. */
function formerIds({ person: before, was = [] }: Pick<KeptUser, 'person' | 'was'>, now: string): string[] {
  return [before, ...was.filter((id) => id !== before && id !== now)].slice(0, MOST_FORMER);
}
