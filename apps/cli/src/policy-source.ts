import type { Bundle, PolicyEngine } from '@countersign/policy';
import { Fault } from '@countersign/contract';
import type { Config } from './config.js';
import { UsageError } from './exit.js';
import { say, type Terminal } from './terminal.js';

// A policy to look at, however it is named: a folder, a compiled bundle, or what a running service has.

export const POLICY = '<folder|bundle|serving|candidate>';

/** Where the service gives out its bundles, by what they are to it. */
const SERVED: Record<string, string> = { serving: 'active', candidate: 'candidate' };
const TIMEOUT_MS = 30_000;

/** Throws a Fault, or a UsageError, that says what is wrong. */
export async function loadPolicy(source: string, config: Config, terminal: Terminal): Promise<Bundle> {
  const { loadCandidate, unsignedBundle } = await import('@countersign/policy/authoring');
  if (Object.hasOwn(SERVED, source)) return unsignedBundle((await served(source, config)).archive, source);
  if (/^sha256:[0-9a-f]{64}$/.test(source)) return unsignedBundle(await revision(source, config), source);
  const log = (line: string) => terminal.warn(say`${line}`.styled('dim'));
  return loadCandidate({ source, cacheDir: config.cacheDir, opaBin: config.opaBin, log });
}

/** The engine of the service with such a policy. What it breaks on is told once for each way of breaking. */
export async function openPolicy(source: string, config: Config, terminal: Terminal): Promise<PolicyEngine> {
  return openBundle(await loadPolicy(source, config, terminal), terminal);
}

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
