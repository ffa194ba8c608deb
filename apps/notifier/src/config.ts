import type { Settings } from '@countersign/service';

export interface SlackConfig {
  token: string;
  /** More than one while a secret is being replaced. */
  signingSecrets: string[];
  apiUrl?: string;
  appId?: string;
}

export interface TeamsConfig {
  appId: string;
  appSecret: string;
  /** Empty: people of any tenant may click, and intake knows them or not. */
  tenants: string[];
  openIdMetadataUrl: string;
  tokenUrl: string;
  issuer: string;
  /** Who may receive the bot's token, host[:port]; the first is where conversations are looked for. */
  serviceHosts: string[];
}

/** A channel without its settings is absent, which means off. */
export interface NotifierConfig {
  /** URL of the inbox, as people reach it. Absent: cards do not lead there. */
  inbox?: string;
  slack?: SlackConfig;
  teams?: TeamsConfig;
}

type Keys = Extract<
  keyof Settings,
  `COUNTERSIGN_SLACK_${string}` | `COUNTERSIGN_TEAMS_${string}` | 'COUNTERSIGN_PUBLIC_URL'
>;

const OPENID_METADATA_URL = 'https://login.botframework.com/v1/.well-known/openidconfiguration';
const LOGIN_URL = 'https://login.microsoftonline.com';
const ISSUER = 'https://api.botframework.com';
const SERVICE_HOST = 'smba.trafficmanager.net';

export function notifierConfig(settings: Pick<Settings, Keys>): NotifierConfig {
  const slack = slackConfig(settings);
  const teams = teamsConfig(settings);
  const home = settings.COUNTERSIGN_PUBLIC_URL?.replace(/\/+$/, '');
  return { ...(home ? { inbox: `${home}/inbox` } : {}), ...(slack ? { slack } : {}), ...(teams ? { teams } : {}) };
}

function slackConfig(settings: Pick<Settings, Keys>): SlackConfig | undefined {
  const token = settings.COUNTERSIGN_SLACK_TOKEN;
  const signingSecrets = settings.COUNTERSIGN_SLACK_SIGNING_SECRET ?? [];
  if (!token || signingSecrets.length === 0) return undefined;
  return {
    token,
    signingSecrets,
    apiUrl: settings.COUNTERSIGN_SLACK_API_URL,
    appId: settings.COUNTERSIGN_SLACK_APP_ID,
  };
}

function teamsConfig(settings: Pick<Settings, Keys>): TeamsConfig | undefined {
  const { COUNTERSIGN_TEAMS_APP_ID: appId, COUNTERSIGN_TEAMS_APP_SECRET: appSecret } = settings;
  if (!appId || !appSecret) return undefined;
  const tenants = settings.COUNTERSIGN_TEAMS_TENANTS ?? [];
  // A bot that belongs to one tenant gets its token there; the others get it at the Bot Framework's own.
  const authority = tenants.length === 1 ? tenants[0]! : 'botframework.com';
  return {
    appId,
    appSecret,
    tenants,
    openIdMetadataUrl: settings.COUNTERSIGN_TEAMS_OPENID_METADATA_URL ?? OPENID_METADATA_URL,
    tokenUrl: settings.COUNTERSIGN_TEAMS_TOKEN_URL ?? `${LOGIN_URL}/${authority}/oauth2/v2.0/token`,
    issuer: settings.COUNTERSIGN_TEAMS_ISSUER ?? ISSUER,
    serviceHosts: settings.COUNTERSIGN_TEAMS_SERVICE_HOSTS ?? [SERVICE_HOST],
  };
}
