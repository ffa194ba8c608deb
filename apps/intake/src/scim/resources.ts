import { setTimeout as sleep } from 'node:timers/promises';
import type { DirectoryFile } from '@countersign/directory';
import { patched, present, readResource, requireWhole, ScimProblem, USER, type Resource } from '@countersign/scim';
import type { ResourceType } from '@countersign/scim';
import type { RawAnswer, RawRequest } from '@countersign/service';
import type { Registry, RegistryFact, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import { Change } from './change.js';
import type { ScimConfig } from './config.js';
import type { KeptGroup, KeptUser } from './facts.js';
import { Groups } from './groups.js';
import type { ScimPeople } from './people.js';
import { answer, bodyOf, isKnown, queryOf, requireMatch } from './request.js';
import { Search } from './search.js';
import { Users } from './users.js';
import { groupVersion, Views } from './views.js';

export interface ResourcesParts {
  people: ScimPeople;
  registry: Registry;
  writer: Writer;
  config: Pick<ScimConfig, 'id' | 'base'>;
  /** Who is known from elsewhere. */
  file: () => DirectoryFile;
  now: () => Date;
}

/** How often a change is tried that others are faster than. */
const ATTEMPTS = 16;
/** After this long every process acts by a change, or has noticed that it cannot look and refuses. */
const EVERYWHERE_MS = 15_000;

type Fact = RegistryFact<KeptUser | KeptGroup>;
type Request = RawRequest<unknown>;

/** Users and groups, one at a time. Whatever is answered is written and recorded, and in effect. */
export class Resources {
  readonly search: Search;
  readonly #users: Users;
  readonly #groups: Groups;
  readonly #views: Views;

  constructor(readonly parts: ResourcesParts) {
    const { people, config } = parts;
    this.#groups = new Groups(people);
    this.#users = new Users({ ...parts, groups: this.#groups });
    this.#views = new Views(people, config.base);
    this.search = new Search(people, this.#views);
  }

  async create(type: ResourceType, request: Request): Promise<RawAnswer> {
    const given = readResource(type, await bodyOf(request));
    requireWhole(type, given);
    const id = newId('ppl', this.parts.now().getTime());
    await this.#commit(request, (change) => {
      if (type === USER) this.#users.create(change, id, given);
      else this.#groups.create(change, id, given);
    });
    return this.#shown(type, id, request, 201);
  }

  async read(type: ResourceType, id: string, request: Request): Promise<RawAnswer> {
    const etag = this.#versionOf(type, this.#found(type, id));
    if (isKnown(request.headers, etag)) return answer(304, undefined, { etag });
    return this.#shown(type, id, request, 200);
  }

  /** PUT sets everything, PATCH what it names. */
  async change(type: ResourceType, id: string, request: Request, method: 'PUT' | 'PATCH'): Promise<RawAnswer> {
    // What is not there is said before what is wrong with the body.
    this.#found(type, id);
    const body = await bodyOf(request);
    await this.#commit(request, (change) => {
      const fact = this.#found(type, id);
      requireMatch(request.headers, this.#versionOf(type, fact));
      const after = this.#after(type, fact, body, method);
      if (type === USER) this.#users.replace(change, fact as RegistryFact<KeptUser>, after);
      else this.#groups.replace(change, fact as RegistryFact<KeptGroup>, after);
    });
    const { attributes = [], excludedAttributes = [] } = queryOf(request.query);
    // Whoever adds one person to a large group does not want all the others back (RFC 7644 §3.5.2).
    if (method === 'PATCH' && type !== USER && attributes.length + excludedAttributes.length === 0)
      return answer(204, undefined, { etag: this.#versionOf(type, this.#found(type, id)) });
    return this.#shown(type, id, request, 200);
  }

  async remove(type: ResourceType, id: string, request: Request): Promise<RawAnswer> {
    await this.#commit(request, (change) => {
      const fact = this.#found(type, id);
      requireMatch(request.headers, this.#versionOf(type, fact));
      if (type === USER) this.#users.remove(change, fact as RegistryFact<KeptUser>);
      else this.#groups.remove(change, fact as RegistryFact<KeptGroup>);
    });
    return answer(204);
  }

  #after(type: ResourceType, fact: Fact, body: unknown, method: 'PUT' | 'PATCH'): Resource {
    if (method === 'PATCH') {
      const before = type === USER ? fact.state.resource : this.#groups.whole(fact as RegistryFact<KeptGroup>);
      return patched(type, before, body);
    }
    const given = readResource(type, body);
    requireWhole(type, given);
    // A PUT that does not speak of `active` enables nobody, and disables nobody.
    const { active } = fact.state.resource;
    return type !== USER || active === undefined ? given : { active, ...given };
  }

  /**
   * Makes a change, again when somebody else was faster, and resolves when it is in effect: here, so that the answer has it;
   * everywhere, when somebody may do less from now on. `make` is called with what is known then.
   */
  async #commit(request: Request, make: (change: Change) => void): Promise<void> {
    const { writer, registry, now } = this.parts;
    for (let attempt = 1; ; attempt++) {
      const change = new Change(now().toISOString(), request.call.traceId);
      make(change);
      if (change.isEmpty) return;
      if (writer.full) throw new ScimProblem(503, 'too much is being written at the moment: try again');
      const written = await writer.write(change.write());
      if (written === 'written') {
        if (change.takesAway) await registry.seenEverywhere(EVERYWHERE_MS);
        return registry.refresh();
      }
      if (attempt === ATTEMPTS) throw new ScimProblem(503, 'others change the same things all the time: try again');
      await sleep(Math.random() * 10 * attempt);
      await registry.refresh();
    }
  }

  #shown(type: ResourceType, id: string, request: Request, status: number): RawAnswer {
    const fact = this.#found(type, id);
    const selection = queryOf(request.query);
    const view =
      type === USER
        ? this.#views.user(fact as RegistryFact<KeptUser>, selection)
        : this.#views.group(fact as RegistryFact<KeptGroup>, selection);
    const { location, version } = view.meta as { location: string; version: string };
    return answer(status, present(type, view, selection), { location, etag: version });
  }

  #versionOf(type: ResourceType, fact: Fact): string {
    return type === USER ? this.#views.userVersion(fact as RegistryFact<KeptUser>) : groupVersion(fact);
  }

  #found(type: ResourceType, id: string): Fact {
    const fact = type === USER ? this.parts.people.user(id) : this.parts.people.group(id);
    if (!fact) throw new ScimProblem(404, `there is no ${type.name} with this id`);
    return fact;
  }
}
