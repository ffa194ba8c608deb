import { beyond, roleRefusal, type Person, type Scope } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Registry, RegistryChange, RegistryFact, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import { Tries } from '../turns.js';
import { peopleEvent } from './fact.js';
import { API_TOKEN, takingBack, whose, type KeptToken } from './kept-token.js';
import { SIGN_IN } from './sign-ins.js';
import { hashOf, newToken } from './token-text.js';

export interface ApiTokensParts {
  registry: Registry;
  writer: Writer;
  directory: () => Directory;
  now: () => Date;
}

export interface NewToken {
  name: string;
  lifetimeMs: number;
  scopes: Scope[];
  agent?: string;
}

type Maker = Extract<Caller, { kind: 'person' }>;

const MOST_TOKENS = 50;
const EVERYWHERE_MS = 5_000;
/** How exactly it is known when a token was last used. */
const USE_MS = 3_600_000;

/** Tokens that people have made. Looking one up costs a hash and a map; nothing is written on the way. */
export class ApiTokens {
  readonly #used = new Map<string, number>();

  constructor(readonly parts: ApiTokensParts) {}

  /** The holder of a token, by the base64 of its SHA-256. It dies with its person or agent. */
  callerOfHash(tokenHash: string): Caller | undefined {
    const { registry, directory, now } = this.parts;
    const state = registry.get<KeptToken>(API_TOKEN, tokenHash)?.state;
    const at = now().getTime();
    if (!state || Date.parse(state.expires_at) <= at) return undefined;
    const holder = directory().callerFor(state.holder.kind, state.holder.id, state.created_at);
    if (!holder) return undefined;
    this.#used.set(tokenHash, at);
    return { ...holder, scopes: state.scopes, until: Date.parse(state.expires_at), credential: tokenHash } as Caller;
  }

  /** Throws StatusError PERMISSION_DENIED, RESOURCE_EXHAUSTED, and UNAUTHENTICATED for a credential that is taken back by now. */
  async create(
    wish: NewToken,
    caller: Maker,
    by: Person,
    traceId?: string,
  ): Promise<{ secret: string; token: KeptToken }> {
    const { registry, writer, now } = this.parts;
    const holder = this.#holderOf(wish, by);
    const too = beyond(caller.scopes, wish.scopes);
    if (too.length > 0)
      throw new StatusError('PERMISSION_DENIED', `scopes: ${too.join(', ')} is more than this credential may do`, {
        reason: 'SCOPE_REQUIRED',
      });
    if (this.#of(holder).length >= MOST_TOKENS)
      throw new StatusError('RESOURCE_EXHAUSTED', `${holder.id} has ${MOST_TOKENS} tokens: revoke one first`, {
        reason: 'TOO_MANY_TOKENS',
      });
    const at = now();
    // What is made with a credential does not outlive it, or one that was stolen would live on in its children.
    const expires = Math.min(at.getTime() + wish.lifetimeMs, caller.until ?? Infinity);
    const secret = newToken();
    const token: KeptToken = {
      id: newId('ppl', at.getTime()),
      name: wish.name,
      holder,
      scopes: wish.scopes,
      created_at: at.toISOString(),
      created_by: by.id,
      expires_at: new Date(expires).toISOString(),
      ...(caller.credential === undefined ? {} : { made_with: caller.credential }),
    };
    const { id, name, scopes, expires_at } = token;
    const event = peopleEvent(
      { type: 'token.issued', ...whose(token), name, scopes, expires_at, by: by.id, by_name: by.name },
      token.created_at,
      1,
      traceId,
    );
    const change = { kind: API_TOKEN, id: hashOf(secret), expected: 0, state: token };
    const tries = new Tries();
    do {
      const changes = [change, ...this.#stillThere(token)];
      if ((await writer.write({ decisionId: id, events: [event], registry: changes })) === 'written') {
        // Its maker may use it at any process the moment it is shown.
        await registry.seenEverywhere(EVERYWHERE_MS);
        return { secret, token };
      }
      // Several are made with one credential at once, or its use was noted just now.
      await registry.refresh();
    } while (await tries.another());
    throw new StatusError('ABORTED', 'the token could not be kept: try again', { reason: 'CONFLICT' });
  }

  /** Those of a person and of the agents that the person owns, the newest first. */
  list(person: string): KeptToken[] {
    const { directory, registry, now } = this.parts;
    const at = now().toISOString();
    return registry
      .all<KeptToken>(API_TOKEN)
      .map(({ state }) => state)
      .filter(({ holder, expires_at }) => expires_at > at && this.#answerable(directory(), holder) === person)
      .sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  /** Throws StatusError NOT_FOUND, also for the token of somebody else: only operators learn that there is one. */
  async revoke(id: string, by: Person, traceId?: string): Promise<{ token: KeptToken; everywhere: boolean }> {
    const { registry, directory, now } = this.parts;
    await registry.refresh();
    const found = this.#find(id);
    const own = found && this.#answerable(directory(), found.state.holder) === by.id;
    if (!found || (!own && roleRefusal(by, 'operate')))
      throw new StatusError('NOT_FOUND', `you have no token ${id}`, { reason: 'NO_SUCH_TOKEN' });
    const { state: token } = found;
    const at = now().toISOString();
    for (let known: RegistryFact<KeptToken> | undefined = found; known; known = this.#find(id)) {
      if ((await this.parts.writer.write(takingBack(registry, [known], by, at, traceId))) === 'written') break;
      await registry.refresh();
    }
    return { token, everywhere: await registry.seenEverywhere(EVERYWHERE_MS) };
  }

  /** Notes when tokens were used, to the hour, and forgets those that are over. Runs now and then, never in a request. */
  async tidy(): Promise<void> {
    const { registry, now } = this.parts;
    const used = new Map(this.#used);
    this.#used.clear();
    const nowMs = now().getTime();
    for (const fact of registry.all<KeptToken>(API_TOKEN)) {
      const { expires_at, last_used_at } = fact.state;
      if (Date.parse(expires_at) <= nowMs) {
        await this.#save(fact, null);
        continue;
      }
      const at = used.get(fact.id);
      if (at === undefined || at - Date.parse(last_used_at ?? '1970-01-01T00:00:00Z') < USE_MS) continue;
      const hour = new Date(at - (at % USE_MS)).toISOString();
      await this.#save(fact, { ...fact.state, last_used_at: hour });
    }
  }

  #find(id: string): RegistryFact<KeptToken> | undefined {
    return this.parts.registry.all<KeptToken>(API_TOKEN).find(({ state }) => state.id === id);
  }

  /** Written with what is made with a credential: if that is taken back meanwhile, nothing is made. */
  #stillThere({ made_with }: KeptToken): RegistryChange[] {
    if (made_with === undefined) return [];
    for (const kind of [API_TOKEN, SIGN_IN]) {
      const fact = this.parts.registry.get<object>(kind, made_with);
      if (fact) return [{ kind, id: fact.id, expected: fact.version, state: fact.state }];
    }
    throw new StatusError('UNAUTHENTICATED', 'the credential was taken back just now', {
      reason: 'UNKNOWN_CREDENTIAL',
    });
  }

  async #save({ id, version, state }: RegistryFact<KeptToken>, next: KeptToken | null): Promise<boolean> {
    const change = { kind: API_TOKEN, id, expected: version, state: next };
    return (await this.parts.writer.write({ decisionId: state.id, events: [], registry: [change] })) === 'written';
  }

  #of(holder: KeptToken['holder']): KeptToken[] {
    const at = this.parts.now().toISOString();
    return this.parts.registry
      .all<KeptToken>(API_TOKEN)
      .map(({ state }) => state)
      .filter((token) => token.expires_at > at && token.holder.id === holder.id && token.holder.kind === holder.kind);
  }

  #holderOf({ agent, scopes }: NewToken, by: Person): KeptToken['holder'] {
    if (agent === undefined) return { kind: 'person', id: by.id };
    const known = this.parts.directory().agent(agent);
    if (!known || known.owner !== by.id)
      throw new StatusError('PERMISSION_DENIED', `agent: only the owner of ${agent} may make its tokens`, {
        reason: 'NOT_YOURS',
      });
    // A limited agent could not ask; what it is limited to is policy's business.
    if (scopes.length !== 1 || scopes[0] !== 'all')
      throw new StatusError('INVALID_ARGUMENT', "scopes: an agent's token has the scope all and no other", {
        reason: 'INVALID_REQUEST',
        violations: [{ field: 'scopes', description: 'an agent has one scope, which is all' }],
      });
    return { kind: 'agent', id: agent };
  }

  /** Who answers for a token: its person, or the owner of its agent. */
  #answerable(directory: Directory, { kind, id }: KeptToken['holder']): string | undefined {
    return kind === 'person' ? id : directory.agent(id)?.owner;
  }
}
