import { StatusError, type DecideRequest } from '@countersign/contract';
import type { Agent } from '@countersign/approval';
import type { Caller, Directory } from '@countersign/directory';
import { hash } from 'node:crypto';
import { readAction } from './action.js';
import type { AskedTexts } from './recorded-request.js';
import { Violations } from './violations.js';

const MAX_WAIT_S = 300;

/** 32 bytes in base64url; the last character has two bits over, which are zero. */
const THUMBPRINT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export interface Asked extends AskedTexts {
  agent: Agent;
  waitMs: number;
  dryRun: boolean;
  /** SHA-256 of caller and request_id, so that one caller's ids never meet another's. */
  requestKey?: Buffer;
}

/** The agent that calls. Throws StatusError PERMISSION_DENIED for people and services. */
export function requireAgent(caller: Caller): Extract<Caller, { kind: 'agent' }> {
  if (caller.kind === 'agent') return caller;
  throw new StatusError('PERMISSION_DENIED', 'this is for agents: use an agent key', { reason: 'NOT_AN_AGENT' });
}

/**
 * Reads and checks a request. Throws StatusError INVALID_ARGUMENT with everything that is wrong, or PERMISSION_DENIED when
 * the caller speaks for somebody it may not speak for. The credential says who calls; the body never does.
 */
export function readAsk(
  message: DecideRequest,
  caller: Caller,
  directory: Directory,
  binding: readonly string[],
): Asked {
  const { id, may_assert_subjects } = requireAgent(caller);
  const found = new Violations();
  found.text('request_id', message.requestId, 256);
  found.text('principal', message.principal, 256);
  found.text('audience', message.audience, 256);
  if (message.holderKey !== '' && !THUMBPRINT.test(message.holderKey))
    found.add('holder_key', 'is not an RFC 7638 thumbprint: base64url SHA-256, 43 characters');
  found.prose('justification', message.justification, 2_000);
  const waitMs = milliseconds('wait', message.wait, found);
  const texts = readAction(message, id, binding, found);
  if (texts.subjectId !== id && !may_assert_subjects) {
    throw new StatusError('PERMISSION_DENIED', `subject.id: ${id} may not speak for another subject`, {
      reason: 'SUBJECT_MISMATCH',
    });
  }
  const agent = directory.agent(texts.subjectId);
  if (!agent)
    throw new StatusError('PERMISSION_DENIED', 'subject.id: is not an agent in the directory', {
      reason: 'UNKNOWN_SUBJECT',
    });
  requireOwner(directory, id);
  requireOwner(directory, agent.id);
  return {
    ...texts,
    agent,
    principal: message.principal,
    justification: message.justification,
    requestId: message.requestId,
    audience: message.audience,
    holderKey: message.holderKey,
    submittedBy: texts.subjectId === id ? '' : id,
    waitMs,
    dryRun: message.dryRun,
    ...(message.requestId ? { requestKey: hash('sha256', `${id}\n${message.requestId}`, 'buffer') } : {}),
  };
}

/** Throws StatusError PERMISSION_DENIED while nobody answers for an agent: then nobody could be kept from approving its wishes either. */
export function requireOwner(directory: Directory, agent: string): void {
  const problem = directory.ownerProblem(agent);
  if (problem === undefined) return;
  throw new StatusError(
    'PERMISSION_DENIED',
    `${problem}: as long as nobody answers for an agent, nothing it asks is permitted`,
    {
      reason: 'OWNER_MISSING',
      metadata: { agent },
    },
  );
}

/** A wait of at most 300 s, in milliseconds. */
export function milliseconds(
  field: string,
  wait: { seconds: bigint; nanos: number } | undefined,
  found: Violations,
): number {
  if (!wait) return 0;
  const ms = Number(wait.seconds) * 1000 + wait.nanos / 1e6;
  if (!(ms >= 0 && ms <= MAX_WAIT_S * 1000)) {
    found.add(field, `is not between 0 s and ${MAX_WAIT_S} s`);
    return 0;
  }
  return ms;
}
