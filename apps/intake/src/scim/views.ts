import { hash } from 'node:crypto';
import { GROUP, USER, wants, type Resource, type ResourceType, type Selection } from '@countersign/scim';
import type { RegistryFact } from '@countersign/store';
import type { KeptGroup, KeptUser } from './facts.js';
import type { ScimPeople } from './people.js';

/** Users and groups as a client sees them: with their type, their URLs, and who is in what. */
export class Views {
  constructor(
    readonly people: ScimPeople,
    readonly base: string,
  ) {}

  user(fact: RegistryFact<KeptUser>, selection: Selection = {}): Resource {
    const { id, state } = fact;
    const groups = !wants(USER, selection, 'groups')
      ? []
      : this.people.groupsOf(id).map((group) => ({
          value: group.id,
          $ref: `${this.base}/Groups/${group.id}`,
          display: group.state.resource.displayName,
          type: 'direct',
        }));
    return {
      ...this.#common(USER, fact, this.userVersion(fact)),
      ...state.resource,
      ...(groups.length > 0 ? { groups } : {}),
    };
  }

  /** A person may be put into a group without being changed: the entity tag tells that too. */
  userVersion({ id, version }: RegistryFact<KeptUser>): string {
    const groups = this.people.groupsOf(id).map((group) => [group.id, group.state.resource.displayName]);
    if (groups.length === 0) return `W/"${version}"`;
    return `W/"${version}.${hash('sha256', JSON.stringify(groups), 'base64url').slice(0, 12)}"`;
  }

  group(fact: RegistryFact<KeptGroup>, selection: Selection = {}): Resource {
    const { id, state } = fact;
    const members = !wants(GROUP, selection, 'members')
      ? []
      : this.people.membersOf(id).map((value) => ({
          value,
          $ref: `${this.base}/Users/${value}`,
          type: 'User',
        }));
    return {
      ...this.#common(GROUP, fact, groupVersion(fact)),
      ...state.resource,
      ...(members.length > 0 ? { members } : {}),
    };
  }

  #common(type: ResourceType, { id, state }: RegistryFact<KeptUser | KeptGroup>, version: string): Resource {
    const extensions = type.extensions.map((each) => each.id).filter((urn) => state.resource[urn] !== undefined);
    return {
      schemas: [type.schema.id, ...extensions],
      id,
      meta: {
        resourceType: type.name,
        created: state.created,
        lastModified: state.modified,
        location: `${this.base}${type.endpoint}/${id}`,
        version,
      },
    };
  }
}

/** The entity tag of a group. */
export function groupVersion({ version }: RegistryFact<KeptGroup>): string {
  return `W/"${version}"`;
}
