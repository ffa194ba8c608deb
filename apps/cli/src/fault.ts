import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack, type Any } from '@bufbuild/protobuf/wkt';
import { status, type ServiceError } from '@grpc/grpc-js';
import { BadRequestSchema, ErrorInfoSchema, Fault, RetryInfoSchema, StatusSchema } from '@countersign/contract';
import { EXIT, UsageError } from './exit.js';
import { joinTexts, say, type Text } from './terminal.js';

/** What went wrong, for people and for scripts. */
export interface Problem {
  /** A gRPC status name, "USAGE" or "FAULT". */
  code: string;
  message: string;
  /** Stable, from the service. */
  reason?: string;
  violations?: { field: string; description: string }[];
  /** Seconds to wait before another try. */
  retry_after?: number;
  /** What to do about it. */
  hint?: string;
  exit: number;
}

/** Undefined for what is a bug: it should crash with its stack. */
export function toProblem(error: unknown, address: string): Problem | undefined {
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message, exit: EXIT.usage };
  if (error instanceof Fault) return { code: 'FAULT', message: error.message, reason: error.code, exit: EXIT.fault };
  if (!isServiceError(error)) return undefined;
  const code = status[error.code] ?? 'UNKNOWN';
  return {
    code,
    message: error.details || error.message,
    ...details(error),
    ...hint(error, address),
    exit: EXITS[error.code] ?? EXIT.fault,
  };
}

export function renderProblem(problem: Problem): Text {
  return joinTexts(
    [
      say`${say`${problem.code.toLowerCase().replaceAll('_', ' ')}`.styled('red')}: ${problem.message}`,
      ...(problem.violations ?? []).map(
        ({ field, description }) => say`  ${say`${field}`.styled('bold')}: ${description}`,
      ),
      ...(problem.retry_after === undefined ? [] : [say`  try again in ${problem.retry_after} s`]),
      ...(problem.hint ? [say`  ${problem.hint}`] : []),
    ],
    '\n',
  );
}

/** A refusal by the rules is an answer, not a broken world. */
const EXITS: Partial<Record<status, number>> = {
  [status.INVALID_ARGUMENT]: EXIT.usage,
  [status.PERMISSION_DENIED]: EXIT.denied,
  [status.FAILED_PRECONDITION]: EXIT.denied,
  [status.ABORTED]: EXIT.denied,
};

function hint(error: ServiceError, address: string): { hint?: string } {
  if (
    error.code === status.UNAVAILABLE &&
    /ECONNREFUSED|No connection established|ENOTFOUND|connection/i.test(error.details)
  ) {
    return {
      hint: `nothing answers at ${address}: start Countersign with "npm start", or say where it is with --address`,
    };
  }
  if (error.code === status.UNAUTHENTICATED)
    return { hint: 'give a token with --token or COUNTERSIGN_TOKEN; "countersign doctor" checks it' };
  if (error.code === status.UNIMPLEMENTED)
    return { hint: 'the service is older than this program, or does not offer it yet' };
  if (error.code === status.DEADLINE_EXCEEDED)
    return { hint: `${address} accepted the call and did not answer in time: see its log and "countersign doctor"` };
  return {};
}

/** The typed details, as far as they are known; unknown ones are left out. */
function details(error: ServiceError): Partial<Problem> {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!(bytes instanceof Uint8Array)) return {};
  const found: Partial<Problem> = {};
  for (const any of parseDetails(bytes)) {
    const info = anyUnpack(any, ErrorInfoSchema);
    if (info) found.reason = info.reason;
    const bad = anyUnpack(any, BadRequestSchema);
    if (bad) found.violations = bad.fieldViolations.map(({ field, description }) => ({ field, description }));
    const retry = anyUnpack(any, RetryInfoSchema)?.retryDelay;
    if (retry) found.retry_after = Number(retry.seconds) + retry.nanos / 1e9;
  }
  return found;
}

/** The trailer comes from the other side: one that does not parse must not hide the status it came with. */
function parseDetails(bytes: Uint8Array): Any[] {
  try {
    return fromBinary(StatusSchema, bytes).details;
  } catch {
    return [];
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    'code' in error &&
    'details' in error &&
    'metadata' in error &&
    typeof error.code === 'number'
  );
}
