import type { Bundle, PolicyEngine } from '@countersign/policy';
import { Fault, SERVICES } from '@countersign/contract';
import type { Client } from './client.js';
import type { Config } from './config.js';
import { UsageError } from './exit.js';
import { say, type Terminal } from './terminal.js';

// A policy to look at, however it is named: a folder, a compiled bundle, or what a running service has.

export const POLICY = '<folder|bundle|serving|candidate>';

/** Where the service gives out its bundles, by what they are to it. */
const SERVED: Record<string, string> = { serving: 'active', candidate: 'candidate' };
const TIMEOUT_MS = 30_000;

/** What looking at a policy may need. */
export interface Looking {
  config: Config;
  terminal: Terminal;
  client: () => Client;
}

/** Throws a Fault, or a UsageError, that says what is wrong. */
export async function loadPolicy(source: string, { config, terminal, client }: Looking): Promise<Bundle> {
  const { loadCandidate, unsignedBundle } = await import('@countersign/policy/authoring');
  if (Object.hasOwn(SERVED, source)) {
    const { etag, archive } = await served(source, config);
    if (source === 'serving') await requireServing(etag, client());
    return unsignedBundle(archive, source);
  }
  if (/^sha256:[0-9a-f]{64}$/.test(source)) return unsignedBundle(await revision(source, config), source);
  const log = (line: string) => terminal.warn(say`${line}`.styled('dim'));
  return loadCandidate({ source, cacheDir: config.cacheDir, opaBin: config.opaBin, log });
}

/** The engine of the service with such a policy. What it breaks on is told once for each way of breaking. */
export async function openPolicy(source: string, looking: Looking): Promise<PolicyEngine> {
  return openBundle(await loadPolicy(source, looking), looking.terminal);
}

/** An engine for a bundle, which warns of what breaks in it, at most ten times. */
export async function openBundle(bundle: Bundle, terminal: Terminal): Promise<PolicyEngine> {
  const { PolicyEngine } = await import('@countersign/policy');
  const seen = new Set<string>();
  return new PolicyEngine(bundle, {
    onFault: (kind, detail) => {
      const line = `${bundle.location} broke and denied (${kind}): ${detail.slice(0, 300)}`;
      if (seen.size < 10 && seen.size < seen.add(line).size) terminal.warn(say`${line}`.styled('yellow'));
    },
  });
}

async function revision(wanted: string, config: Config): Promise<Uint8Array> {
  for (const name of Object.keys(SERVED)) {
    const { etag, archive } = await served(name, config).catch((error: unknown) => {
      if (error instanceof Fault && error.code === 'no-bundle') return { etag: '', archive: new Uint8Array() };
      throw error;
    });
    if (etag === `"${wanted}"`) return archive;
  }
  throw new UsageError(`${wanted} is neither the bundle that serves nor the candidate: give a folder or a bundle`);
}

/** A service whose policies come from a folder or from elsewhere gives out what was activated, which is not what serves. */
async function requireServing(etag: string, client: Client): Promise<void> {
  const { bundles } = await client.unary(SERVICES.PolicyService.method.listBundles, {});
  const serving = bundles.find(({ active }) => active);
  if (!serving || etag === `"${serving.revision}"`) return;
  const { revision, location } = serving;
  throw new Fault(
    'no-bundle',
    `what serves is ${revision} from ${location}, which the service does not give out: name that`,
  );
}

async function served(name: string, { httpUrl, token }: Config): Promise<{ etag: string; archive: Uint8Array }> {
  const url = `${httpUrl}/v1/bundles/${SERVED[name]}`;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { headers, redirect: 'error', signal }).catch((cause: unknown) => {
    throw new Fault('unreachable', `${url} does not answer: is Countersign running there? (--http says where)`, {
      cause,
    });
  });
  if (response.status === 404) throw new Fault('no-bundle', `the service at ${httpUrl} has no ${name} bundle`);
  if (response.status === 401 || response.status === 403) {
    throw new Fault('not-permitted', `${url} wants the token of a person: give it with --token or COUNTERSIGN_TOKEN`);
  }
  if (!response.ok) throw new Fault('unexpected-answer', `${url} answered ${response.status}, not 200`);
  return { etag: response.headers.get('etag') ?? '', archive: new Uint8Array(await response.arrayBuffer()) };
}
