import { CODES, Fault, StatusError } from '@countersign/contract';
import type { Log } from './log.js';

/**
 * The one place where a thrown thing becomes an answer. A StatusError is one already; a fault that may pass is UNAVAILABLE;
 * anything else is a bug, logged with its stack and answered without it.
 */
export function toStatusError(error: unknown, log: Log, method: string): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof Fault) {
    log.warn({ method, code: error.code, cause: causeOf(error) }, error.message);
    return new StatusError('UNAVAILABLE', `${error.message}; nothing was permitted, try again`, {
      reason: error.code.replaceAll('-', '_').toUpperCase(),
      retryAfterMs: 1_000,
    });
  }
  log.error({ method, err: error }, 'a handler broke');
  return new StatusError('INTERNAL', 'internal error; nothing was permitted');
}

/** The HTTP status of a StatusError. */
export function httpStatusOf(error: StatusError): number {
  return CODES[error.status].http;
}

function causeOf(error: Error): string | undefined {
  return error.cause instanceof Error
    ? `${(error.cause as { code?: string }).code ?? ''} ${error.cause.message}`.trim()
    : undefined;
}
