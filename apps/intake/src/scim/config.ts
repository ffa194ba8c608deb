import type { Settings } from '@countersign/service';

export interface ScimConfig {
  /** The identity provider's bearer token, or "sha256:" and its digest. Absent: SCIM is off. */
  token?: string;
  /** The attribute that is a person's id. */
  id: 'userName' | 'externalId';
  links: ScimLink[];
  /** The attribute with a person's roles. Absent: SCIM gives nobody any. */
  roles?: 'roles' | 'entitlements';
  /** Where resources are, without a slash at the end. */
  base: string;
}

/** An attribute that is an account of one workspace or tenant. */
export interface ScimLink {
  channel: 'slack' | 'teams';
  place: string;
  attribute: string;
}

export const SCIM_PATH = '/scim/v2';

export function scimConfig(settings: Settings, httpPort: number): ScimConfig {
  const { COUNTERSIGN_SCIM_TOKEN: token, COUNTERSIGN_SCIM_ID: id, COUNTERSIGN_SCIM_LINKS: links } = settings;
  const roles = settings.COUNTERSIGN_SCIM_ROLES;
  const url = settings.COUNTERSIGN_PUBLIC_URL ?? `http://127.0.0.1:${httpPort}`;
  return {
    id,
    links: links.map((text) => {
      const [, channel, place, attribute] = /^(slack|teams)=([^/]+)\/(.+)$/.exec(text)!;
      return { channel: channel as ScimLink['channel'], place: place!, attribute: attribute! };
    }),
    base: url.replace(/\/+$/, '') + SCIM_PATH,
    ...(token === undefined ? {} : { token }),
    ...(roles === undefined ? {} : { roles }),
  };
}
