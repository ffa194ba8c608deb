import { join } from 'node:path';
import type { Log } from './opa.js';
import { PolicyHost } from './host.js';
import { LastGood } from './origin/last-good.js';
import { LocalOrigin } from './origin/local-origin.js';
import type { Origin } from './origin/origin.js';
import { UrlOrigin } from './origin/url-origin.js';
import { readPolicyKeys, type PolicyKeys } from './signature/keys.js';

export interface PolicyPlaces {
  /** A folder, a file, or the URL of a bundle server. Absent: the policies shipped. */
  source?: string | undefined;
  /** The same for a candidate. Absent: there is none. */
  candidate?: string | undefined;
  /** The file with the keys that bundles must be signed with. Absent: they are not signed. */
  keysPath?: string | undefined;
  /** Credential for bundle servers. */
  token?: string | undefined;
  /** How often to look for something new; 0 to look once. */
  pollMs?: number | undefined;
  opaBin?: string | undefined;
  dataDir: string;
  log: Log;
}

/**
 * The policy that is configured, and whatever takes its place later. Throws a Fault when it is on this machine and cannot
 * serve. When it is elsewhere and cannot be had, what was kept of it serves; where there is no such thing, the host comes
 * without a policy, says so, and denies everything until there is one.
 */
export async function openPolicyHost(places: PolicyPlaces): Promise<PolicyHost> {
  const { source, candidate, keysPath, dataDir, log } = places;
  const keys = keysPath === undefined ? undefined : await readPolicyKeys(keysPath);
  const lastGood = new LastGood(join(dataDir, 'policies', 'last-good'), keys, log);
  const host = new PolicyHost({ log, signedOnly: keys !== undefined, lastGood });
  const origin = originOf(source, keys, places);
  try {
    await host.follow(origin);
  } catch (fault) {
    if (!origin.remote) {
      host.close();
      throw fault;
    }
  }
  if (candidate !== undefined) await host.followCandidate(originOf(candidate, keys, places));
  return host;
}

function originOf(source: string | undefined, keys: PolicyKeys | undefined, places: PolicyPlaces): Origin {
  const { token, pollMs = 0, opaBin, dataDir, log } = places;
  if (source !== undefined && /^https?:/.test(source)) {
    const pauses =
      pollMs > 0 ? { minPauseMs: pollMs, maxPauseMs: 2 * pollMs } : { minPauseMs: Infinity, maxPauseMs: 0 };
    return new UrlOrigin({ url: source, token, keys, ...pauses });
  }
  // What is shipped is as much ours as the program that would verify it, and nobody signs it for this installation.
  const signers = source === undefined ? undefined : keys;
  return new LocalOrigin({ source, keys: signers, pollMs, opaBin, cacheDir: join(dataDir, 'cache'), log });
}
