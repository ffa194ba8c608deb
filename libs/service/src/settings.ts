import { resolve } from 'node:path';
import { z } from 'zod';
import { Fault, isLoopback } from '@countersign/contract';

// Every setting there is. One table for all services, because they share one environment in most installations: a key that
// is not here is a typing error, and a typing error in a security product must not pass silently.

const port = z.coerce.number().int().min(0).max(65535);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
const hostPort = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'write host:port');
/** https anywhere, plain http on loopback only. */
const url = z.string().refine(isSafeUrl, 'write a complete https:// URL; http:// is accepted on loopback only');
/** A place on this machine, or a URL; a password in a URL would show wherever the place is named. */
const place = z.string().refine(isSafePlace, 'write a folder, a file, or a complete https:// URL without a password');
const hosts = list.refine(
  (items) => items.every((item) => /^[^\s/:]+(:\d{1,5})?$/.test(item)),
  'write host or host:port, comma-separated',
);

/** A channel, the workspace or tenant that its accounts are in, and the attribute that has the account. */
const SCIM_LINK = /^(slack|teams)=[^\s/=]+\/[\w:.-]+$/;

interface Setting {
  schema: z.ZodType;
  /** One line for the reference. */
  about: string;
  /** Shown in the reference; absent means "off" or "none". */
  fallback?: string;
  /** Never printed. */
  secret?: true;
}

export const SETTINGS = {
  DATABASE_URL: {
    schema: z.string().startsWith('postgres').optional(),
    about: 'PostgreSQL to use. Without it, standalone runs its own.',
    secret: true,
  },
  KAFKA_BROKERS: {
    schema: list.optional(),
    about: 'Kafka brokers, host:port, comma-separated. Without it, standalone uses an in-memory bus.',
  },
  OPA_BIN: { schema: z.string().optional(), about: 'The opa program. Otherwise: PATH, the cache, or go install.' },
  COUNTERSIGN_DATA_DIR: {
    schema: z
      .string()
      .default('.countersign')
      .transform((path) => resolve(path)),
    about: 'Where keys, caches and the embedded database live.',
    fallback: '.countersign',
  },
  COUNTERSIGN_POLICIES: {
    schema: place.optional(),
    about:
      'Folder of Rego, compiled bundle, or URL of an OPA bundle server. Without it, what was activated serves, and the shipped policies while nothing was.',
  },
  COUNTERSIGN_POLICY_POLL: {
    schema: z.coerce.number().min(0).max(86_400).default(10),
    about: 'Seconds between two looks for other policies. 0: only at the start.',
    fallback: '10',
  },
  COUNTERSIGN_POLICY_KEYS: {
    schema: z.string().min(1).optional(),
    about:
      'File with the keys that policies must be signed with: JSON as in the keys of OPA, or one public key in PEM. Without it, only unsigned policies serve.',
  },
  COUNTERSIGN_POLICY_TOKEN: {
    schema: z.string().min(1).optional(),
    about: 'Bearer token for the bundle servers that policies come from.',
    secret: true,
  },
  COUNTERSIGN_POLICY_SHADOW: {
    schema: place.optional(),
    about: 'Folder, bundle or URL of a candidate: it is evaluated beside the serving policy, and never answers.',
  },
  COUNTERSIGN_DIRECTORY: {
    schema: z.string().optional(),
    about: 'YAML file of people, agents and groups. Without it: development identities.',
  },
  COUNTERSIGN_PUBLIC_URL: {
    schema: url.optional(),
    about:
      'URL under which people and agents reach the HTTP port; the issuer of grants, and where cards in chats lead.',
  },
  COUNTERSIGN_BIND: { schema: z.string().default('127.0.0.1'), about: 'Address to listen on.', fallback: '127.0.0.1' },
  COUNTERSIGN_GRPC_PORT: {
    schema: port.optional(),
    about: 'gRPC port. Default: 7443 (decision 7444, audit 7446).',
    fallback: '7443',
  },
  COUNTERSIGN_HTTP_PORT: {
    schema: port.optional(),
    about: 'HTTP port. Default: 7480 (decision 7481, notifier 7482, audit 7483).',
    fallback: '7480',
  },
  COUNTERSIGN_SERVICE_TOKEN: {
    schema: z.string().min(32, 'use at least 32 characters').optional(),
    about: 'Shared by the four services to know each other. Required when they run apart.',
    secret: true,
  },
  COUNTERSIGN_INTAKE_ADDRESS: {
    schema: hostPort.optional(),
    about:
      'Where notifier, decision and audit reach intake, host:port. decision gets from there what was activated, audit who is who.',
  },
  COUNTERSIGN_DECISION_ADDRESS: {
    schema: hostPort.optional(),
    about: 'Where intake reaches decision, host:port. Without it, policy runs inside intake.',
  },
  COUNTERSIGN_LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    about: 'How much to log.',
    fallback: 'info',
  },
  COUNTERSIGN_LEDGER_ORIGIN: {
    schema: z
      .string()
      .regex(/^[^\s+]+$/)
      .default('countersign.local/ledger'),
    about: 'Name of the ledger in its checkpoints. Never change it.',
    fallback: 'countersign.local/ledger',
  },
  COUNTERSIGN_GRANT_KEYS: {
    schema: z.string().optional(),
    about: 'Folder of the keys that sign grants, the same for all replicas. Default: keys in the data folder.',
  },
  COUNTERSIGN_BINDING_CONTEXT: {
    schema: list.default([]),
    about: 'Members of context that bind, comma-separated: they become part of the action digest.',
  },
  COUNTERSIGN_QUEUE_LIMIT: {
    schema: z.coerce.number().int().min(1).max(100_000).default(1024),
    about: 'Answers waiting for a commit before more are refused.',
    fallback: '1024',
  },
  COUNTERSIGN_COOL_DOWN: {
    schema: z.coerce.number().int().min(0).max(86_400).default(900),
    about: 'Seconds for which what people denied is not put before people again.',
    fallback: '900',
  },
  COUNTERSIGN_PENDING_PER_AGENT: {
    schema: z.coerce.number().int().min(1).max(100_000).default(100),
    about: 'Requests of one agent that may wait for people at a time; more are denied.',
    fallback: '100',
  },
  COUNTERSIGN_PENDING_PER_APPROVER: {
    schema: z.coerce.number().int().min(1).max(100_000).default(200),
    about: 'Requests that may wait for one person at a time before others are needed to fill the seats.',
    fallback: '200',
  },
  COUNTERSIGN_ASKS_PER_HOUR: {
    schema: z.coerce.number().int().min(0).max(10_000).default(60),
    about:
      'Requests of one agent that are put before people within an hour; more are denied, and its owner is told. 0: no limit.',
    fallback: '60',
  },
  COUNTERSIGN_OIDC_ISSUER: {
    schema: url.optional(),
    about: 'Issuer URL of the identity provider with which people sign in; the rest is found by discovery.',
  },
  COUNTERSIGN_OIDC_CLIENT_ID: { schema: z.string().min(1).optional(), about: 'Client id of Countersign there.' },
  COUNTERSIGN_OIDC_CLIENT_SECRET: {
    schema: z.string().min(1).optional(),
    about: 'Client secret of Countersign there. Without it, a public client with PKCE alone.',
    secret: true,
  },
  COUNTERSIGN_OIDC_SCOPES: {
    schema: z
      .string()
      .regex(/(^| )openid( |$)/, 'include openid')
      .default('openid profile email'),
    about: 'What is asked for when people sign in, separated by blanks.',
    fallback: 'openid profile email',
  },
  COUNTERSIGN_OIDC_SUBJECT_CLAIM: {
    schema: z.string().min(1).default('sub'),
    about: 'The claim that is the id of a person in the directory. email counts only where email_verified is true.',
    fallback: 'sub',
  },
  COUNTERSIGN_OIDC_GROUPS_CLAIM: {
    schema: z.string().min(1).optional(),
    about:
      'The claim with the groups of people whom no other source knows. Without it and the next, those cannot sign in.',
  },
  COUNTERSIGN_OIDC_ROLES_CLAIM: {
    schema: z.string().min(1).optional(),
    about: 'The claim with their roles. Without it, they are approvers.',
  },
  COUNTERSIGN_OIDC_AUDIENCE: {
    schema: z.string().min(1).optional(),
    about: 'Audience of access tokens (JWT) that the API takes. Without it, it takes none of the identity provider.',
  },
  COUNTERSIGN_OIDC_AGENT_CLAIM: {
    schema: z.string().min(1).optional(),
    about:
      'The claim that is the id of an agent, in tokens that only agents get. Without it, access tokens are those of people.',
  },
  COUNTERSIGN_SIGN_IN_IDLE: {
    schema: z.coerce.number().int().min(60).max(604_800).default(3_600),
    about: 'Seconds without use after which a sign-in in a browser ends.',
    fallback: '3600',
  },
  COUNTERSIGN_SIGN_IN_LONGEST: {
    schema: z.coerce.number().int().min(60).max(2_592_000).default(43_200),
    about: 'Seconds after which a sign-in in a browser ends, used or not.',
    fallback: '43200',
  },
  COUNTERSIGN_SCIM_TOKEN: {
    schema: z
      .string()
      .regex(/^(sha256:[0-9a-f]{64}|(?!sha256:).{32,})$/s, 'use at least 32 characters, or sha256: and 64 hex digits')
      .optional(),
    about:
      'Bearer token with which the identity provider reaches /scim/v2, or sha256: and the hex SHA-256 of it. Without it, SCIM is off.',
    secret: true,
  },
  COUNTERSIGN_SCIM_ID: {
    schema: z.enum(['userName', 'externalId']).default('userName'),
    about: 'Which attribute is the id of a person that SCIM told of. Never change it.',
    fallback: 'userName',
  },
  COUNTERSIGN_SCIM_LINKS: {
    schema: list
      .refine(
        (items) => items.every((item) => SCIM_LINK.test(item)),
        'write slack=<team>/<attribute> or teams=<tenant>/<attribute>, comma-separated',
      )
      .default([]),
    about:
      'Attributes that are chat accounts, as slack=T0ACME/nickName or teams=<tenant id>/externalId. Without it, SCIM links nobody.',
  },
  COUNTERSIGN_SCIM_ROLES: {
    schema: z.enum(['roles', 'entitlements']).optional(),
    about:
      'Which attribute has the roles of people that SCIM told of: approver, auditor and so on. Without it, they are approvers.',
  },
  COUNTERSIGN_RATE_PER_AGENT: {
    schema: z.coerce.number().min(0).max(1_000_000).default(0),
    about:
      'Requests a second that one credential may make of one intake process, bursts of twice as many. 0: no limit.',
    fallback: '0',
  },
  COUNTERSIGN_REFUSED_VOTES: {
    schema: z.coerce.number().int().min(0).max(100_000).default(30),
    about:
      'Votes of one person, and attempts to break the glass, that one intake process refuses in a minute before it takes no more of them. 0: no limit.',
    fallback: '30',
  },
  COUNTERSIGN_SLACK_TOKEN: { schema: z.string().optional(), about: 'Bot token of the Slack app.', secret: true },
  COUNTERSIGN_SLACK_SIGNING_SECRET: {
    schema: list.optional(),
    about: 'Signing secret of the Slack app; two, comma-separated, while rotating.',
    secret: true,
  },
  COUNTERSIGN_SLACK_API_URL: {
    schema: url.optional(),
    about: 'Slack API base URL.',
    fallback: 'https://slack.com/api/',
  },
  COUNTERSIGN_SLACK_APP_ID: {
    schema: z.string().optional(),
    about: 'Only interactions of this Slack app are accepted.',
  },
  COUNTERSIGN_TEAMS_APP_ID: { schema: z.string().optional(), about: 'Application id of the Teams bot.' },
  COUNTERSIGN_TEAMS_APP_SECRET: { schema: z.string().optional(), about: 'Secret of the Teams bot.', secret: true },
  COUNTERSIGN_TEAMS_TENANTS: { schema: list.optional(), about: 'Tenant ids whose people may act, comma-separated.' },
  COUNTERSIGN_TEAMS_OPENID_METADATA_URL: {
    schema: url.optional(),
    about: 'OpenID metadata of the Bot Framework.',
    fallback: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
  },
  COUNTERSIGN_TEAMS_TOKEN_URL: {
    schema: url.optional(),
    about: 'Where the bot gets its token.',
    fallback: 'https://login.microsoftonline.com/botframework.com/oauth2/v2.0/token',
  },
  COUNTERSIGN_TEAMS_ISSUER: {
    schema: z.string().optional(),
    about: 'Issuer of inbound tokens.',
    fallback: 'https://api.botframework.com',
  },
  COUNTERSIGN_TEAMS_SERVICE_HOSTS: {
    schema: hosts.optional(),
    about: 'Hosts that may receive the bot token, host[:port], comma-separated. The first is the default connector.',
    fallback: 'smba.trafficmanager.net',
  },
} satisfies Record<string, Setting>;

export type Settings = { [K in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[K]['schema']> };

/** Keys that belong to the client side or to tools and may share the environment. */
const FOREIGN = new Set(['COUNTERSIGN_ADDRESS', 'COUNTERSIGN_TOKEN', 'COUNTERSIGN_HTTP_ADDRESS', 'COUNTERSIGN_JWKS']);

/**
 * Reads all settings from an environment. Throws Fault `settings-invalid` that names every wrong key and what to change; it
 * never quotes a value, which may be a secret.
 */
export function parseSettings(env: Record<string, string | undefined>): Settings {
  const problems: string[] = [];
  for (const key of Object.keys(env)) {
    if (!key.startsWith('COUNTERSIGN_') || FOREIGN.has(key) || Object.hasOwn(SETTINGS, key)) continue;
    problems.push(`${key} is not a setting: remove it or correct its name`);
  }
  const settings: Record<string, unknown> = {};
  for (const [key, { schema }] of Object.entries(SETTINGS) as [string, Setting][]) {
    const text = env[key];
    const parsed = schema.safeParse(text === '' ? undefined : text);
    if (parsed.success) settings[key] = parsed.data;
    else problems.push(`${key}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
  }
  if (problems.length > 0) throw new Fault('settings-invalid', problems.join('\n'));
  return settings as Settings;
}

function isSafePlace(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text !== '';
  if (!isSafeUrl(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  if (protocol === 'https:') return true;
  return protocol === 'http:' && isLoopback(hostname);
}
