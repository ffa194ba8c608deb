import { sameIdentity } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Claims, OidcConfig } from './oidc.js';

/** The id of a person that claims name. An address counts only when the identity provider has verified it. */
export function personIn(claims: Claims, { subjectClaim }: Pick<OidcConfig, 'subjectClaim'>): string | undefined {
  const id = textIn(claims, subjectClaim);
  if (subjectClaim === 'email' && claims['email_verified'] !== true) return undefined;
  return id;
}

/** Claims that identity providers name people by. */
const NAMES = ['sub', 'oid', 'email', 'preferred_username', 'upn', 'unique_name'];

/** What else a person may be known by here: good for nothing but to keep them from being two, and from their own requests. */
export function otherNamesIn(claims: Claims, id: string): string[] {
  return [...new Set(NAMES.flatMap((name) => textIn(claims, name) ?? []))].filter((name) => !sameIdentity(name, id));
}

/** Whether claims are of an agent, even of one that nobody knows: no token of a person has this claim. */
export function isOfAgent(claims: Claims, { agentClaim }: Pick<OidcConfig, 'agentClaim'>): boolean {
  return agentClaim !== undefined && Object.hasOwn(claims, agentClaim);
}

/** The id of the agent that a token was issued to, where such a claim is configured and there. */
export function agentIn(claims: Claims, { agentClaim }: Pick<OidcConfig, 'agentClaim'>): string | undefined {
  return agentClaim === undefined ? undefined : textIn(claims, agentClaim);
}

/**
 * How the identity provider describes a person, where it is configured to be believed. Throws StatusError PERMISSION_DENIED
 * when it leaves groups or roles out: whoever lost a group unseen could have lost one that policy excludes.
 */
export function describedIn(claims: Claims, id: string, config: Pick<OidcConfig, 'groupsClaim' | 'rolesClaim'>) {
  const { groupsClaim, rolesClaim } = config;
  if (groupsClaim === undefined && rolesClaim === undefined) return undefined;
  for (const claim of [groupsClaim, rolesClaim]) if (claim !== undefined) requireWhole(claims, claim);
  return {
    name: textIn(claims, 'name') ?? id,
    also: otherNamesIn(claims, id),
    groups: groupsClaim === undefined ? [] : textsIn(claims, groupsClaim),
    ...(rolesClaim === undefined ? {} : { roles: textsIn(claims, rolesClaim) }),
  };
}

/** A claim of at most 256 characters that is text; undefined for anything else. */
export function textIn(claims: Claims, name: string): string | undefined {
  const value = valueIn(claims, name);
  return isText(value) && value.length <= 256 ? value : undefined;
}

const MOST_GROUPS = 1_000;

/** With too many groups Entra and others say only where they could be asked for (OpenID Connect Core section 5.6.2), or that there are some. */
function requireWhole(claims: Claims, name: string): void {
  const { _claim_names: elsewhere, hasgroups } = claims as { _claim_names?: unknown; hasgroups?: unknown };
  const isElsewhere = typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name);
  const isHidden = name === 'groups' && (hasgroups === true || hasgroups === 'true');
  const value = valueIn(claims, name);
  const isTooLong = Array.isArray(value) && value.length > MOST_GROUPS;
  if (!isElsewhere && !isHidden && !isTooLong) return;
  throw new StatusError(
    'PERMISSION_DENIED',
    `you are in more groups than the identity provider tells in one token (${name}), and without all of them you cannot come in: ` +
      'have it send only the groups that are assigned to this application, or tell of groups by SCIM',
    { reason: 'GROUPS_OVERAGE', metadata: { claim: name } },
  );
}

/** All that is text in a claim that is one or a list. */
export function textsIn(claims: Claims, name: string): string[] {
  const value = valueIn(claims, name);
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isText);
}

function valueIn(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** Neither the database nor canonical JSON takes a half of a surrogate pair or a NUL, and nobody's name has a control character. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed() && !/\p{Cc}/u.test(value);
}
