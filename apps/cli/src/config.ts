import { join } from 'node:path';
import { UsageError } from './exit.js';

// The terminal's own settings, read once. Keys of the services may be in the same environment and are not judged here.

export interface Config {
  /** host:port of the gRPC server. */
  address: string;
  /** A person's token or an agent's key. */
  token?: string;
  /** Base URL of the HTTP server, without a trailing slash. */
  httpUrl: string;
  /** URL or file of the public keys of grants. */
  jwks?: string;
  /** Members of the context that bind, as the service has them. */
  bindingContext: readonly string[];
  /** Path of the opa program, when it is not to be searched. */
  opaBin?: string;
  /** Folder of the keys that sign grants, on the machine of the service. */
  keys: string;
  /** Where an installed opa is kept. */
  cacheDir: string;
  /** The folder of Rego that `policy` verbs read unless told otherwise. */
  policies: string;
}

type Environment = Record<string, string | undefined>;

/** The environment of this process; nothing else reads it. */
export function environment(): Environment {
  return process.env;
}

/** The settings of the command line, from the environment. Throws UsageError for a port or URL that is none. */
export function parseConfig(env: Environment): Config {
  return {
    address: env.COUNTERSIGN_ADDRESS || `127.0.0.1:${port(env, 'COUNTERSIGN_GRPC_PORT', 7443)}`,
    ...(env.COUNTERSIGN_TOKEN ? { token: env.COUNTERSIGN_TOKEN } : {}),
    httpUrl: httpUrlOf(env),
    ...(env.COUNTERSIGN_JWKS ? { jwks: env.COUNTERSIGN_JWKS } : {}),
    bindingContext: (env.COUNTERSIGN_BINDING_CONTEXT ?? '').split(',').filter(Boolean),
    ...(env.OPA_BIN ? { opaBin: env.OPA_BIN } : {}),
    keys: env.COUNTERSIGN_GRANT_KEYS || join(env.COUNTERSIGN_DATA_DIR || '.countersign', 'keys'),
    cacheDir: join(env.COUNTERSIGN_DATA_DIR || '.countersign', 'cache'),
    policies: env.COUNTERSIGN_POLICIES || 'policies',
  };
}

function httpUrlOf(env: Environment): string {
  const given = env.COUNTERSIGN_HTTP_ADDRESS || env.COUNTERSIGN_PUBLIC_URL;
  return completeUrl(given || `127.0.0.1:${port(env, 'COUNTERSIGN_HTTP_PORT', 7480)}`);
}

/** host:port means plain HTTP, which is for this machine; anything else is written out as https://…. */
export function completeUrl(text: string): string {
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) throw new UsageError(`"${text}" is no HTTP address: write host:port or a complete URL`);
  return url.replace(/\/+$/, '');
}

function port(env: Environment, key: string, otherwise: number): number {
  const text = env[key];
  if (!text) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65535)
    throw new UsageError(`${key} is "${text}": write a port, 1 to 65535`);
  return value;
}
