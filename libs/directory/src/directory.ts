import { hash } from 'node:crypto';
import {
  hadIdAt,
  type Agent,
  type Calendars,
  type ChatAccount,
  type Destination,
  type Person,
  type Scope,
} from '@countersign/approval';
import { toCalendar } from './calendar.js';
import type { DirectoryFile } from './file.js';

const CHANNELS = ['slack', 'teams'] as const;

/** Who a credential belongs to. */
export type Caller =
  | ({ kind: 'agent'; id: string; may_assert_subjects: boolean } & Limited)
  | ({ kind: 'person'; id: string; person: Person } & Limited)
  | { kind: 'service'; id: string };

/** What the credential, not its holder, is good for. */
export interface Limited {
  /** Absent: whatever its holder may do. */
  scopes?: readonly Scope[];
  /** Milliseconds since the epoch at which it ends. Absent: when its source takes it back. */
  until?: number;
  /** Under which it is kept, where it can be taken back. */
  credential?: string;
  /** The decision for which its person has proved once more who they are, and when, in milliseconds since the epoch. */
  stepped_up?: { decision: string; at: number };
}

/** People, agents and groups at one moment. Immutable: a changed source makes a new one. */
export class Directory {
  readonly #people: Map<string, Person>;
  readonly #agents: Map<string, Agent>;
  readonly #places = new Map<string, readonly string[]>();
  readonly #members = new Map<string, Person[]>();
  readonly #accounts = new Map<string, Person>();
  readonly #credentials = new Map<string, Caller>();
  readonly #callers = new Map<string, Caller>();
  readonly #channels: DirectoryFile['groups'];
  /** When the groups are at work, and when they are left in peace. */
  readonly calendars: Calendars;
  /** What it was made of. */
  readonly data: DirectoryFile;

  constructor(file: DirectoryFile) {
    this.data = file;
    this.calendars = Object.fromEntries(
      Object.entries(file.groups).flatMap(([group, given]) => (given ? [[group, toCalendar(given)]] : [])),
    );
    this.#people = new Map(
      file.people.map(({ id, name, groups, roles, guest, disabled, links, rota, stands_in, since, also }) => [
        id,
        {
          id,
          name,
          groups,
          guest,
          disabled,
          ...defined({ roles, rota, stands_in, since, also }),
          ...accountsOf(links),
        },
      ]),
    );
    this.#agents = new Map();
    this.#channels = file.groups;
    for (const { id, tokens, links, groups } of file.people) {
      const person = this.#people.get(id)!;
      for (const group of new Set([...groups, ...(person.stands_in ?? []).map((seat) => seat.group)])) {
        const members = this.#members.get(group);
        if (members) members.push(person);
        else this.#members.set(group, [person]);
      }
      for (const [channel, accounts] of Object.entries(links)) {
        accounts?.forEach((account) => this.#accounts.set(`${channel}:${account}`, person));
      }
      // A disabled person's tokens stop working; what the person did stays attributed.
      if (!person.disabled)
        tokens.forEach((token) => this.#credentials.set(keyOf(token), { kind: 'person', id, person }));
    }
    for (const { id, owner, groups, keys, may_assert_subjects, audience, trust, disabled } of file.agents) {
      // A disabled agent is none: its keys do not work, and nobody may speak for it.
      if (disabled) continue;
      const owner_name = this.#people.get(owner)?.name;
      this.#agents.set(id, { id, owner, groups, ...(owner_name ? { owner_name } : {}), ...(trust ? { trust } : {}) });
      if (audience) this.#places.set(id, audience);
      const caller: Caller = { kind: 'agent', id, may_assert_subjects };
      this.#callers.set(id, caller);
      keys.forEach((key) => this.#credentials.set(keyOf(key), caller));
    }
  }

  /** The holder of a bearer token. Only hashes are kept, so a leaked directory gives nobody a token. */
  callerOf(token: string): Caller | undefined {
    return this.callerOfHash(hash('sha256', token, 'base64'));
  }

  /** The same for the base64 of a token's SHA-256. */
  callerOfHash(tokenHash: string): Caller | undefined {
    return this.#credentials.get(tokenHash);
  }

  /**
   * An agent or a person as a caller, by a credential from that time, RFC 3339; undefined when they may not call. Whoever has
   * a person's id since is somebody else: what was given to the one is none of the other's.
   */
  callerFor(kind: 'agent' | 'person', id: string, at: string): Caller | undefined {
    if (kind === 'agent') return this.#callers.get(id);
    const person = this.#people.get(id);
    return person && !person.disabled && hadIdAt(person, at) ? { kind, id, person } : undefined;
  }

  person(id: string): Person | undefined {
    return this.#people.get(id);
  }

  agent(id: string): Agent | undefined {
    return this.#agents.get(id);
  }

  /** Where an agent is that uses grants for others; undefined when nothing is said of that. */
  placesOf(id: string): readonly string[] | undefined {
    return this.#places.get(id);
  }

  /** Why nobody answers for this agent now, or undefined when its owner does. */
  ownerProblem(id: string): string | undefined {
    const owner = this.#agents.get(id)?.owner;
    if (owner === undefined) return undefined;
    const person = this.#people.get(owner);
    if (!person) return `${owner}, who owns ${id}, is nobody the directory knows`;
    return person.disabled ? `${owner}, who owns ${id}, is disabled` : undefined;
  }

  /** Why nobody answers for some agents now. Not for every request: it looks at all of them. */
  ownerProblems(): string[] {
    return [...this.#agents.keys()].flatMap((id) => this.ownerProblem(id) ?? []);
  }

  /** Everyone in any of these groups, or with a seat of somebody in it, each once. */
  membersOf(groups: readonly string[]): Person[] {
    return [...new Set(groups.flatMap((group) => this.#members.get(group) ?? []))];
  }

  /** The person a chat account is linked to. Never by display name. */
  personBehind(channel: string, account: string): Person | undefined {
    return this.#accounts.get(`${channel}:${account}`);
  }

  /** Where these groups are asked. */
  destinationsOf(groups: readonly string[]): Destination[] {
    return groups.flatMap((group) => {
      const channels = this.#channels[group] ?? {};
      return CHANNELS.flatMap((channel) => (channels[channel] ?? []).map((address) => ({ channel, address, group })));
    });
  }

  get size(): { people: number; agents: number } {
    return { people: this.#people.size, agents: this.#agents.size };
  }
}

function accountsOf(links: DirectoryFile['people'][number]['links']): { accounts?: ChatAccount[] } {
  const accounts = CHANNELS.flatMap((channel) => (links[channel] ?? []).map((account) => ({ channel, account })));
  return accounts.length > 0 ? { accounts } : {};
}

/** Without the members that are not known. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

/** The lookup key of a "sha256:<hex>" entry. */
function keyOf(entry: string): string {
  return Buffer.from(entry.slice('sha256:'.length), 'hex').toString('base64');
}
