import { status } from '@grpc/grpc-js';
import { SERVICES } from '@countersign/contract';
import { toProblem } from './fault.js';
import type { World } from './verb.js';
import { VERSION } from './version.js';
import { get, parseJsonObject, type Answer } from './web.js';

// What `doctor` looks at, in the order in which one failure explains the next.

export interface Finding {
  what: string;
  state: 'good' | 'unsure' | 'bad';
  found: string;
  /** What to do. */
  advice?: string;
}

type Check = (world: World) => Promise<Finding>;

/** Seconds between clocks beyond which grants and deadlines mislead. */
const SKEW = 5;

const grpc: Check = async ({ client, config }) => {
  const what = `gRPC at ${config.address}`;
  try {
    if (await client().health()) return { what, state: 'good', found: 'serving' };
    return {
      what,
      state: 'bad',
      found: 'answers, and is not serving',
      advice: 'see /readyz below for the part that is missing',
    };
  } catch (error) {
    const problem = toProblem(error, config.address);
    if (!problem) throw error;
    return {
      what,
      state: 'bad',
      found: problem.message,
      advice: problem.hint ?? 'is this the gRPC port, and not the HTTP one?',
    };
  }
};

const ready: Check = async ({ config }) => {
  const what = `${config.httpUrl}/readyz`;
  const answer = await ask(what);
  if (!answer) return unreachable(what);
  if (answer.status === 200) return { what, ...readyOrWarned(answer.text) };
  return {
    what,
    state: 'bad',
    found: `${answer.status}: ${answer.text.slice(0, 300)}`,
    advice: 'it names the part that is not ready; its log says why',
  };
};

/** It works, and something should be looked after all the same, such as a policy that could not be loaded. */
function readyOrWarned(text: string): Pick<Finding, 'state' | 'found' | 'advice'> {
  const warnings = Object.entries((parseJsonObject(text, '/readyz')['warnings'] ?? {}) as object);
  if (warnings.length === 0) return { state: 'good', found: 'ready' };
  const told = warnings.map(([part, warning]) => `${part}: ${String(warning).slice(0, 300)}`).join('; ');
  const found = `ready, with a warning about ${told}`;
  return { state: 'unsure', found, advice: 'it works with what it had; its log says since when' };
}

const versions: Check = async ({ config }) => {
  const what = 'versions';
  const answer = await ask(`${config.httpUrl}/healthz`);
  if (!answer || answer.status !== 200) return unreachable(what);
  const server = versionIn(answer.text);
  if (!server) return { what, state: 'unsure', found: `this program is ${VERSION}; the service does not tell its own` };
  if (server === VERSION) return { what, state: 'good', found: `both ${VERSION}` };
  return {
    what,
    state: 'unsure',
    found: `this program is ${VERSION}, the service is ${server}`,
    advice: 'use the same version on both sides',
  };
};

const clocks: Check = async ({ config, now }) => {
  const what = 'clocks';
  const before = now().getTime();
  const answer = await ask(`${config.httpUrl}/healthz`);
  const date = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(date)) return unreachable(what);
  // The header has whole seconds, so half of one is added; the round trip is split evenly.
  const skew = (date + 500 - (before + now().getTime()) / 2) / 1000;
  const found = `${Math.abs(skew).toFixed(1)} s apart`;
  if (Math.abs(skew) <= SKEW) return { what, state: 'good', found };
  return {
    what,
    state: 'bad',
    found,
    advice: 'let both machines keep time (NTP): grants would seem expired, or not yet valid',
  };
};

const token: Check = async ({ client, config }) => {
  const what = 'token';
  if (!config.token)
    return { what, state: 'unsure', found: 'none given', advice: 'set COUNTERSIGN_TOKEN or use --token' };
  // People may list approvals and agents may not; whichever call is let through tells who this is.
  try {
    await client().unary(SERVICES.ApprovalService.method.listApprovals, { pageSize: 1 });
    return { what, state: 'good', found: 'it is a person’s' };
  } catch (error) {
    const problem = toProblem(error, config.address);
    if (!problem) throw error;
    if (problem.code === status[status.PERMISSION_DENIED]) return { what, state: 'good', found: 'it is an agent’s' };
    if (problem.code === status[status.UNAUTHENTICATED]) {
      return {
        what,
        state: 'bad',
        found: 'not accepted',
        advice: 'is it complete, and in the directory this service reads? (COUNTERSIGN_DIRECTORY)',
      };
    }
    return { what, state: 'unsure', found: problem.message };
  }
};

const keys: Check = async ({ config }) => {
  const what = 'grant keys';
  const url = `${config.httpUrl}/.well-known/jwks.json`;
  const answer = await ask(url);
  if (!answer) return unreachable(what);
  const found = answer.status === 200 ? parseJsonObject(answer.text, url)['keys'] : undefined;
  if (Array.isArray(found) && found.length > 0) return { what, state: 'good', found: `${found.length} published` };
  return {
    what,
    state: 'bad',
    found: `none at ${url}`,
    advice: 'grants cannot be checked offline; is --http the intake service?',
  };
};

export const CHECKS: readonly Check[] = [grpc, ready, versions, clocks, token, keys];

function ask(url: string): Promise<Answer | undefined> {
  return get(url).catch(() => undefined);
}

function unreachable(what: string): Finding {
  return { what, state: 'bad', found: 'no answer over HTTP', advice: 'is it running, and is --http right?' };
}

function versionIn(text: string): string | undefined {
  return /"version"\s*:\s*"([^"]{1,40})"/.exec(text)?.[1];
}
