import { identityKey, ROLES, sameIdentity, type Role } from '@countersign/approval';
import { badRequest, resolvePath, USER, valueAt, type Resource } from '@countersign/scim';
import type { ScimConfig, ScimLink } from './config.js';

// What rules know of a person, out of all that an identity provider says of them.

const MAX_ID = 256;
const MAX_NAMES = 20;

/** The id that rules compare. Throws ScimProblem when the attribute that is to be it is not there or cannot be it. */
export function personId(resource: Resource, { id: attribute }: Pick<ScimConfig, 'id'>): string {
  return requireName(resource[attribute], attribute);
}

/** What people and groups may be called. Throws ScimProblem that says what is wrong with it. */
export function requireName(value: unknown, attribute: string): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw badRequest('invalidValue', `${attribute} is required: it is what the rules know this by`);
  if (value.length > MAX_ID) throw badRequest('invalidValue', `${attribute} has more than ${MAX_ID} characters`);
  if (/\p{Cc}/u.test(value) || value !== value.trim())
    throw badRequest('invalidValue', `${attribute} has control characters or spaces around it: remove them`);
  return value;
}

/** The name people see. */
export function personName(resource: Resource): string {
  const { formatted, givenName, familyName } = (resource.name ?? {}) as Record<string, string | undefined>;
  const parts = [givenName, familyName].filter(Boolean).join(' ');
  const name = (resource.displayName as string | undefined) ?? formatted ?? (parts || (resource.userName as string));
  return name
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_ID)
    .toWellFormed();
}

/**
 * What else a person is called at the provider: an agent may name its principal by any of it. It keeps them from their own
 * requests and from being two, and gives nothing. A name of nothing that is seen would be everybody's.
 */
export function otherNamesOf({ userName, externalId, emails }: Resource, person: string): string[] {
  const addresses = Array.isArray(emails) ? emails.map((one: unknown) => (one as Resource | null)?.['value']) : [];
  const names = [userName, externalId, ...addresses].filter((name): name is string => typeof name === 'string');
  return [...new Set(names)]
    .filter((name) => name.length <= MAX_ID && identityKey(name) !== '' && !sameIdentity(name, person))
    .slice(0, MAX_NAMES);
}

/** Only what is said in so many words enables: an `active` that is not there is none that was ever set. */
export function isActive(resource: Resource): boolean {
  return resource.active === true;
}

export function isGuest(resource: Resource): boolean {
  return String(resource.userType ?? '').toLowerCase() === 'guest';
}

/** Roles, where the operator said which attribute has them. Undefined when none is stated: then a person is an approver. */
export function rolesIn(resource: Resource, { roles: attribute }: Pick<ScimConfig, 'roles'>): Role[] | undefined {
  const given = attribute === undefined ? undefined : resource[attribute];
  if (!Array.isArray(given) || given.length === 0) return undefined;
  const values = given.map((item: unknown) => (item as Resource | null)?.['value']);
  return ROLES.filter((role) => values.includes(role));
}

export type Links = Partial<Record<ScimLink['channel'], string[]>>;

/** Chat accounts, where the operator said which attribute has them: `T0ACME/U0DANA`. The provider chooses no workspace. */
export function linksOf(resource: Resource, links: readonly ScimLink[]): Links {
  const found: Links = {};
  for (const { channel, place, attribute } of links) {
    const path = resolvePath(USER, attribute);
    const value = path?.attribute && valueAt(resource, path);
    const account = path?.part ? (value as Resource | undefined)?.[path.part.name] : value;
    if (typeof account !== 'string' || !/^[^\s/]+$/.test(account)) continue;
    found[channel] = [...(found[channel] ?? []), `${place}/${account}`];
  }
  return found;
}
