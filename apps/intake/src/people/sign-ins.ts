import { randomBytes } from 'node:crypto';
import { identityKey, roleRefusal, type Person } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { EventDraft, Registry, RegistryChange, RegistryFact, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import type { BoundAccounts } from './bound-accounts.js';
import { peopleEvent } from './fact.js';
import { API_TOKEN, madeWith, takingBack, type KeptToken } from './kept-token.js';
import { hashOf } from './token-text.js';

/** The kind under which sign-ins are kept, each under the hash of what the browser has. */
export const SIGN_IN = 'sign_in';
/** Under this, that a way through the identity provider was gone to its end: nobody goes it twice. */
const TRIED = 'sign_in_tried';
/** People that nobody but the identity provider tells of. */
export const CLAIMED = 'oidc_person';

/** What the identity provider has said of a person who signs in. */
export interface Proof {
  issuer: string;
  /** The account there. */
  subject?: string;
  /** RFC 3339. */
  auth_time?: string;
  acr?: string;
  amr?: string[];
  /** The decision for which the person has proved once more who they are. */
  step_up?: string;
}

/** A sign-in as it is kept. */
export interface KeptSignIn extends Proof {
  id: string;
  person: string;
  at: string;
  seen_at: string;
  expires_at: string;
}

/** A person as the identity provider describes them, for as long as that is believed. */
export interface ClaimedPerson {
  name: string;
  /** Further ids that the identity provider has for them. Absent in what was kept before. */
  also?: string[];
  groups: string[];
  roles?: string[];
  until: string;
}

export interface SignInsParts {
  registry: Registry;
  writer: Writer;
  directory: () => Directory;
  now: () => Date;
  /** Longest time without use, and altogether. */
  idleMs: number;
  longestMs: number;
  /** Where people are matched by their address. */
  accounts?: BoundAccounts;
}

/** Within this, every process has said what was used at it. */
const TOLD_MS = 120_000;
const EVERYWHERE_MS = 5_000;
const TRY_MS = 15 * 60_000;
const PREFIX = 'csi_';

/** Where people are signed in with a browser. What the browser holds says nothing; only its hash is kept. */
export class SignIns {
  readonly #used = new Map<string, number>();

  constructor(readonly parts: SignInsParts) {}

  static isToken(text: string): boolean {
    return text.startsWith(PREFIX);
  }

  /** `use` is false for a look that no person asks for: it must not keep a browser signed in that nobody sits at. */
  callerOfHash(tokenHash: string, use = true): Caller | undefined {
    const { registry, directory, now, idleMs } = this.parts;
    const state = registry.get<KeptSignIn>(SIGN_IN, tokenHash)?.state;
    if (!state) return undefined;
    const at = now().getTime();
    const seen = Math.max(Date.parse(state.seen_at), this.#used.get(tokenHash) ?? 0);
    if (Date.parse(state.expires_at) <= at || seen + idleMs <= at) return undefined;
    const caller = directory().callerFor('person', state.person, state.at);
    if (!caller) return undefined;
    if (use) this.#used.set(tokenHash, at);
    const { step_up, at: began } = state;
    return {
      ...caller,
      until: Date.parse(state.expires_at),
      credential: tokenHash,
      ...(step_up === undefined ? {} : { stepped_up: { decision: step_up, at: Date.parse(began) } }),
    } as Caller;
  }

  /**
   * Signs a person in and returns what the browser is to hold. `tried` is what this way through the identity provider is
   * known by: gone once, it is closed. Throws StatusError PERMISSION_DENIED when it was gone before.
   */
  async begin(
    person: { id: string; name: string },
    proof: Proof,
    options: { tried: string; claimed?: Omit<ClaimedPerson, 'until'>; replaces?: string },
  ): Promise<{ token: string; maxAgeS: number }> {
    const { registry, writer, now, longestMs } = this.parts;
    const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
    const ms = now().getTime();
    const [at, expires_at] = [new Date(ms).toISOString(), new Date(ms + longestMs).toISOString()];
    const id = newId('ppl', ms);
    const bound = this.parts.accounts?.bind(person.id, proof.subject);
    const kept: KeptSignIn = { ...proof, id, person: person.id, at, seen_at: at, expires_at };
    const told = { person: person.id, person_name: person.name, ...proof, expires_at };
    const events: EventDraft[] = [peopleEvent({ type: 'person.signed_in', ...told }, at, 1)];
    const changes: RegistryChange[] = [
      { kind: SIGN_IN, id: hashOf(token), expected: 0, state: kept },
      { kind: TRIED, id: hashOf(options.tried), expected: 0, state: { until: new Date(ms + TRY_MS).toISOString() } },
      ...(bound ?? []),
    ];
    const before = options.replaces && registry.get<KeptSignIn>(SIGN_IN, options.replaces);
    if (before && before.state.person === person.id) {
      const out = { type: 'person.signed_out', person: person.id, by: person.id, by_name: person.name } as const;
      events.push({ ...peopleEvent(out, at, 2), stream: before.state.id });
      changes.push({ kind: SIGN_IN, id: before.id, expected: before.version, state: null });
      // Whoever signs in again goes on with what they have made, and ends it when they sign out.
      for (const { id: made, version, state } of registry.all<KeptToken>(API_TOKEN))
        if (state.made_with === before.id)
          changes.push({ kind: API_TOKEN, id: made, expected: version, state: { ...state, made_with: hashOf(token) } });
    }
    const known = registry.get<ClaimedPerson>(CLAIMED, person.id);
    if (options.claimed) {
      const state: ClaimedPerson = { ...options.claimed, until: expires_at };
      changes.push({ kind: CLAIMED, id: person.id, expected: known?.version ?? 0, state });
    } else if (known) changes.push({ kind: CLAIMED, id: person.id, expected: known.version, state: null });
    if ((await writer.write({ decisionId: id, events, registry: changes })) !== 'written')
      throw new StatusError('PERMISSION_DENIED', 'this sign-in was used before: begin again', {
        reason: 'USED_SIGN_IN',
      });
    // The next request may reach any process.
    await registry.seenEverywhere(EVERYWHERE_MS);
    return { token, maxAgeS: Math.floor(longestMs / 1000) };
  }

  /** Signs out the browser that holds this. */
  async end(token: string): Promise<void> {
    const { registry, directory } = this.parts;
    await registry.refresh();
    const found = registry.get<KeptSignIn>(SIGN_IN, hashOf(token));
    if (!found) return;
    const { person } = found.state;
    await this.#end(found, { id: person, name: directory().person(person)?.name ?? person });
    await registry.seenEverywhere(EVERYWHERE_MS);
  }

  /**
   * Signs a person out wherever they are signed in. Somebody else who does it lets go of the account they are bound to, so
   * that nobody can do that for themselves. Throws StatusError PERMISSION_DENIED.
   */
  async endAll(person: string, by: Person): Promise<{ ended: number; everywhere: boolean }> {
    const { registry } = this.parts;
    const refused = person === by.id ? undefined : roleRefusal(by, 'operate');
    if (refused) throw new StatusError('PERMISSION_DENIED', refused.text, { reason: 'ROLE_REQUIRED' });
    await registry.refresh();
    const found = registry.all<KeptSignIn>(SIGN_IN).filter(({ state }) => state.person === person);
    for (const one of found) await this.#end(one, by);
    const claimed = registry.get<ClaimedPerson>(CLAIMED, person);
    if (claimed) await this.#forget({ kind: CLAIMED, id: person, expected: claimed.version, state: null });
    if (person !== by.id) await this.#forget(...(this.parts.accounts?.release(person) ?? []));
    return { ended: found.length, everywhere: await registry.seenEverywhere(EVERYWHERE_MS) };
  }

  /** Notes that sign-ins are used, and forgets what is over. */
  async tidy(): Promise<void> {
    const { registry, now, idleMs } = this.parts;
    const used = new Map(this.#used);
    this.#used.clear();
    const ms = now().getTime();
    for (const { id, version, state } of registry.all<KeptSignIn>(SIGN_IN)) {
      const seen = Math.max(Date.parse(state.seen_at), used.get(id) ?? 0);
      // It is of no use here, but another process may know of use that it has not told yet.
      if (Date.parse(state.expires_at) <= ms || seen + idleMs + TOLD_MS <= ms)
        await this.#forget({ kind: SIGN_IN, id, expected: version, state: null });
      else if (seen > Date.parse(state.seen_at))
        await this.#forget({
          kind: SIGN_IN,
          id,
          expected: version,
          state: { ...state, seen_at: new Date(seen).toISOString() },
        });
    }
    // Claims behind whom another source knows by now would come up again when it forgets them.
    const stated = new Set(
      this.parts.directory().data.people.flatMap(({ id, claimed }) => (claimed ? [] : identityKey(id))),
    );
    for (const { id, version } of registry.all<ClaimedPerson>(CLAIMED))
      if (stated.has(identityKey(id))) await this.#forget({ kind: CLAIMED, id, expected: version, state: null });
    for (const kind of [TRIED, CLAIMED])
      for (const { id, version, state } of registry.all<{ until: string }>(kind))
        if (Date.parse(state.until) <= ms) await this.#forget({ kind, id, expected: version, state: null });
  }

  async #end({ id, version, state }: RegistryFact<KeptSignIn>, by: { id: string; name: string }): Promise<void> {
    const at = this.parts.now().toISOString();
    const out = { type: 'person.signed_out', person: state.person, by: by.id, by_name: by.name } as const;
    const gone = { kind: SIGN_IN, id, expected: version, state: null };
    // A session that was stolen must not live on in the tokens that were made in it.
    const made = takingBack(this.parts.registry, madeWith(this.parts.registry, [id]), by, at);
    const write = {
      decisionId: state.id,
      events: [peopleEvent(out, at, 2), ...made.events],
      registry: [gone, ...made.registry],
    };
    if ((await this.parts.writer.write(write)) === 'written') return;
    await this.parts.registry.refresh();
    const again = this.parts.registry.get<KeptSignIn>(SIGN_IN, id);
    if (again) await this.#end(again, by);
  }

  /** A change without a fact to tell. Whoever loses finds it done. */
  async #forget(...changes: RegistryChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.parts.writer.write({ decisionId: newId('ppl', Date.now()), events: [], registry: changes });
  }
}
