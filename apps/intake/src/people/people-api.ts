import { create } from '@bufbuild/protobuf';
import { durationMs, type Duration } from '@bufbuild/protobuf/wkt';
import { rolesOf, SCOPES, type Person, type Scope } from '@countersign/approval';
import { ApiTokenSchema, WhoAmIResponseSchema, type PeopleService } from '@countersign/contract';
import { requireRole, type Caller, type Directory, type Limited } from '@countersign/directory';
import type { Handlers } from '@countersign/service';
import { at } from '../reply.js';
import { Violations } from '../violations.js';
import type { ApiTokens } from './api-tokens.js';
import type { Credentials } from './credentials.js';
import type { KeptToken } from './kept-token.js';
import type { Links } from './links.js';
import { linkHandlers } from './links-api.js';
import type { SignIns } from './sign-ins.js';
import { NO_CREDENTIALS, personNow, requirePerson, requireService } from './who.js';

export interface PeopleApiParts {
  tokens: ApiTokens;
  signIns: SignIns;
  links: Links;
  credentials: Credentials;
  directory: () => Directory;
}

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 366;
const USUAL_DAYS = 90;

/** PeopleService: what people do about their own credentials, and operators about those of others. */
export class PeopleApi {
  constructor(readonly parts: PeopleApiParts) {
    this.handlers = { ...this.#own, ...linkHandlers(parts.links, parts.directory) };
  }

  readonly handlers: Handlers<typeof PeopleService, Caller>;

  readonly #own: Handlers<typeof PeopleService, Caller> = {
    WhoAmI: (_, { caller }) => whoIs(caller),
    WhoIs: async ({ tokenSha256, jwt }, { caller }) => {
      requireService(caller);
      const { credentials } = this.parts;
      const found = jwt
        ? await credentials.authenticate(jwt)
        : credentials.callerOfHash(Buffer.from(tokenSha256).toString('base64'));
      if (!found || found.kind === 'service') return { known: false };
      return {
        known: true,
        caller: whoIs(found),
        mayAssertSubjects: found.kind === 'agent' && found.may_assert_subjects,
        guest: found.kind === 'person' && (found.person.guest ?? false),
      };
    },
    CreateToken: async ({ name, lifetime, scopes, agent }, { caller, traceId }) => {
      const maker = requirePerson(caller, NO_CREDENTIALS);
      const found = new Violations();
      found.text('name', name, 100);
      if (name.trim() === '') found.add('name', 'is required: say what the token is for');
      const lifetimeMs = lifetimeOf(lifetime, found);
      const wanted = scopesOf(scopes, agent, found);
      found.text('agent', agent, 256);
      found.settle();
      const wish = { name: name.trim(), lifetimeMs, scopes: wanted, ...(agent ? { agent } : {}) };
      const { secret, token } = await this.parts.tokens.create(
        wish,
        maker,
        personNow(maker, this.parts.directory()),
        traceId,
      );
      return { secret, token: tokenMessage(token) };
    },
    ListTokens: ({ person }, { caller }) => {
      const of = this.#whose(person, caller);
      return { tokens: this.parts.tokens.list(of).map(tokenMessage) };
    },
    RevokeToken: async ({ id }, { caller, traceId }) => {
      const by = this.#now(caller);
      const { token, everywhere } = await this.parts.tokens.revoke(id, by, traceId);
      return { token: tokenMessage(token), inEffectEverywhere: everywhere };
    },
    EndSignIns: async ({ person }, { caller }) => {
      const by = this.#now(caller);
      const found = new Violations();
      found.text('person', person, 256);
      found.settle();
      const { ended, everywhere } = await this.parts.signIns.endAll(person || by.id, by);
      return { ended, inEffectEverywhere: everywhere };
    },
  };

  /** Oneself, or whoever is named if the caller looks after others. */
  #whose(person: string, caller: Caller): string {
    const { id } = requirePerson(caller, NO_CREDENTIALS);
    if (person !== '' && person !== id) requireRole(caller, 'operate');
    return person || id;
  }

  #now(caller: Caller): Person {
    return personNow(requirePerson(caller, NO_CREDENTIALS), this.parts.directory());
  }
}

function whoIs(caller: Caller) {
  const person = caller.kind === 'person' ? caller.person : undefined;
  const limited: Limited = caller.kind === 'service' ? {} : caller;
  return create(WhoAmIResponseSchema, {
    kind: caller.kind,
    id: caller.id,
    name: person?.name ?? '',
    groups: [...(person?.groups ?? [])],
    roles: person ? [...rolesOf(person)] : [],
    scopes: [...(limited.scopes ?? ['all'])],
    ...(limited.until === undefined ? {} : { expiresAt: at(new Date(limited.until).toISOString()) }),
  });
}

function tokenMessage({ id, name, holder, scopes, created_at, created_by, expires_at, last_used_at }: KeptToken) {
  return create(ApiTokenSchema, {
    id,
    name,
    ...(holder.kind === 'person' ? { person: holder.id } : { agent: holder.id }),
    scopes,
    createdAt: at(created_at),
    createdBy: created_by,
    expiresAt: at(expires_at),
    ...(last_used_at ? { lastUsedAt: at(last_used_at) } : {}),
  });
}

function lifetimeOf(lifetime: Duration | undefined, found: Violations): number {
  if (!lifetime) return USUAL_DAYS * DAY_MS;
  const ms = durationMs(lifetime);
  if (!(ms >= 60_000 && ms <= LONGEST_DAYS * DAY_MS))
    found.add('lifetime', `is not between a minute and ${LONGEST_DAYS} days`);
  return ms;
}

function scopesOf(scopes: readonly string[], agent: string, found: Violations): Scope[] {
  if (scopes.length === 0) return agent ? ['all'] : ['read'];
  const known = [...new Set(scopes)].filter((scope): scope is Scope => SCOPES.includes(scope as Scope));
  if (known.length < new Set(scopes).size) found.add('scopes', `are some of ${SCOPES.join(', ')}`);
  return known;
}
