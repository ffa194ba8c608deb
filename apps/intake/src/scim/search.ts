import {
  GROUP,
  listResponse,
  matcher,
  pageOf,
  parseFilter,
  present,
  sorted,
  USER,
  type Filter,
  type Resource,
  type ResourceType,
} from '@countersign/scim';
import { identityKey } from '@countersign/approval';
import type { RegistryFact } from '@countersign/store';
import { GROUP_KIND, NAME_KIND, USER_KIND, type KeptGroup, type KeptName, type KeptUser } from './facts.js';
import type { ListQuery } from './request.js';
import type { ScimPeople } from './people.js';
import type { Views } from './views.js';

/** Most members of groups in one answer: a page of large groups ends early, as RFC 7644 §3.4.2.4 lets it. */
const MAX_MEMBERS = 50_000;

/** Answers lists and searches. */
export class Search {
  constructor(
    readonly people: ScimPeople,
    readonly views: Views,
  ) {}

  list(types: readonly ResourceType[], query: ListQuery): object {
    const { start, count } = pageOf(query.startIndex, query.count);
    const filter = query.filter === undefined ? undefined : parseFilter(query.filter);
    const found = types.flatMap((type) => this.#found(type, filter, query, types.length > 1));
    const page: Resource[] = [];
    let members = 0;
    for (const { type, fact } of found.slice(start - 1, start - 1 + count)) {
      const view = this.#view(type, fact, query);
      members += Array.isArray(view.members) ? view.members.length : 0;
      if (members > MAX_MEMBERS && page.length > 0) break;
      page.push(present(type, view, query));
    }
    return listResponse(found.length, start, page);
  }

  #found(type: ResourceType, filter: Filter | undefined, query: ListQuery, lenient: boolean) {
    const matches = filter && matcher(filter, type, lenient);
    const candidates = this.#candidates(type, filter);
    // What groups a person is in costs a look for each: only for a filter that may ask.
    const whole = /groups|members|meta|schemas/i.test(`${query.filter ?? ''} ${query.sortBy ?? ''}`);
    const seen = (fact: RegistryFact<KeptUser | KeptGroup>) =>
      whole ? this.#view(type, fact, {}) : fact.state.resource;
    let facts = matches ? candidates.filter((fact) => matches(seen(fact))) : candidates;
    if (query.sortBy !== undefined) {
      const byResource = new Map(facts.map((fact) => [seen(fact), fact] as const));
      facts = sorted(type, [...byResource.keys()], query.sortBy, query.descending).map((each) => byResource.get(each)!);
    } else facts = facts.sort((a, b) => (a.id < b.id ? -1 : 1));
    return facts.map((fact) => ({ type, fact }));
  }

  /** Everything, or the one that a filter such as `userName eq "…"` can only mean: providers ask that before each change. */
  #candidates(type: ResourceType, filter: Filter | undefined): RegistryFact<KeptUser | KeptGroup>[] {
    const { registry } = this.people;
    const all = () => registry.all<KeptUser | KeptGroup>(type === USER ? USER_KIND : GROUP_KIND);
    if (filter?.op !== 'compare' || filter.how !== 'eq' || typeof filter.to !== 'string' || filter.of.where)
      return all();
    const path = filter.of.path.toLowerCase();
    const one = (id: string | undefined) => {
      const fact = id === undefined ? undefined : type === USER ? this.people.user(id) : this.people.group(id);
      return fact ? [fact] : [];
    };
    const named = (kind: string) =>
      registry.get<KeptName>(NAME_KIND, `${kind} ${identityKey(String(filter.to))}`)?.state.holder;
    if (path === 'id') return one(filter.to);
    if (type === USER && path === 'username') return one(named('user'));
    if (type === GROUP && path === 'displayname') return one(named('group'));
    return all();
  }

  #view(type: ResourceType, fact: RegistryFact<KeptUser | KeptGroup>, query: Partial<ListQuery>): Resource {
    return type === USER
      ? this.views.user(fact as RegistryFact<KeptUser>, query)
      : this.views.group(fact as RegistryFact<KeptGroup>, query);
  }
}
