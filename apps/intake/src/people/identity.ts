import type { Claims, OidcConfig } from './oidc.js';

/** The id of a person that claims name. An address counts only when the identity provider has verified it. */
export function personIn(claims: Claims, { subjectClaim }: Pick<OidcConfig, 'subjectClaim'>): string | undefined {
  const id = textIn(claims, subjectClaim);
  if (subjectClaim === 'email' && claims['email_verified'] !== true) return undefined;
  return id;
}

/** Whether claims are of an agent, even of one that nobody knows: no token of a person has this claim. */
export function isOfAgent(claims: Claims, { agentClaim }: Pick<OidcConfig, 'agentClaim'>): boolean {
  return agentClaim !== undefined && Object.hasOwn(claims, agentClaim);
}

export function agentIn(claims: Claims, { agentClaim }: Pick<OidcConfig, 'agentClaim'>): string | undefined {
  return agentClaim === undefined ? undefined : textIn(claims, agentClaim);
}

/** How the identity provider describes a person, where it is configured to be believed. */
export function describedIn(claims: Claims, id: string, config: Pick<OidcConfig, 'groupsClaim' | 'rolesClaim'>) {
  const { groupsClaim, rolesClaim } = config;
  if (groupsClaim === undefined && rolesClaim === undefined) return undefined;
  return {
    name: textIn(claims, 'name') ?? id,
    groups: groupsClaim === undefined ? [] : textsIn(claims, groupsClaim),
    ...(rolesClaim === undefined ? {} : { roles: textsIn(claims, rolesClaim) }),
  };
}

export function textIn(claims: Claims, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' && value !== '' && value.length <= 256 && !/\p{Cc}/u.test(value) ? value : undefined;
}

const MOST_GROUPS = 1_000;

function textsIn(claims: Claims, name: string): string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  return items.filter((item): item is string => typeof item === 'string' && item !== '').slice(0, MOST_GROUPS);
}
