import { Fault } from '@countersign/contract';
import type { Settings } from '@countersign/service';
import type { OidcConfig } from './oidc.js';

export interface SignInConfig {
  oidc?: OidcConfig;
  /** Whether browsers reach it by https. */
  secure: boolean;
  idleMs: number;
  longestMs: number;
}

/** How people sign in. Throws Fault `settings-invalid` for half an identity provider. */
export function signInConfig(settings: Settings, httpPort: number): SignInConfig {
  const url = settings.COUNTERSIGN_PUBLIC_URL ?? `http://127.0.0.1:${httpPort}`;
  const base = {
    secure: url.startsWith('https:'),
    idleMs: settings.COUNTERSIGN_SIGN_IN_IDLE * 1000,
    longestMs: settings.COUNTERSIGN_SIGN_IN_LONGEST * 1000,
  };
  const issuer = settings.COUNTERSIGN_OIDC_ISSUER;
  const clientId = settings.COUNTERSIGN_OIDC_CLIENT_ID;
  if (issuer === undefined && clientId === undefined) return base;
  if (issuer === undefined || clientId === undefined)
    throw new Fault('settings-invalid', 'COUNTERSIGN_OIDC_ISSUER and COUNTERSIGN_OIDC_CLIENT_ID go together: set both');
  const audience = settings.COUNTERSIGN_OIDC_AUDIENCE;
  // Tokens that say who signed in at the inbox would open the API, and whoever gets one of those is the person.
  if (audience === clientId)
    throw new Fault('settings-invalid', 'COUNTERSIGN_OIDC_AUDIENCE is the client id: name the API instead');
  const optional = {
    clientSecret: settings.COUNTERSIGN_OIDC_CLIENT_SECRET,
    groupsClaim: settings.COUNTERSIGN_OIDC_GROUPS_CLAIM,
    rolesClaim: settings.COUNTERSIGN_OIDC_ROLES_CLAIM,
    agentClaim: settings.COUNTERSIGN_OIDC_AGENT_CLAIM,
    audience,
  };
  return {
    ...base,
    oidc: {
      issuer,
      clientId,
      scopes: settings.COUNTERSIGN_OIDC_SCOPES,
      redirectUri: `${url.replace(/\/$/, '')}/sign-in/callback`,
      subjectClaim: settings.COUNTERSIGN_OIDC_SUBJECT_CLAIM,
      ...(Object.fromEntries(
        Object.entries(optional).filter(([, value]) => value !== undefined),
      ) as Partial<OidcConfig>),
    },
  };
}
