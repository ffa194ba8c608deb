import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type Log = Logger;

/** One JSON line per event on stdout. Callers pass ids and codes, never payloads, tokens or reasons. */
export function openLog(service: string, level: string): Log {
  return pino({ base: { service }, level, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' });
}

/** Nest's own messages in our log, at a level where they do not drown ours. */
export function nestLogger(log: Log): LoggerService {
  const text = (message: unknown) => (message instanceof Error ? message.message : String(message));
  return {
    log: (message) => log.debug(text(message)),
    debug: (message) => log.debug(text(message)),
    verbose: (message) => log.debug(text(message)),
    warn: (message) => log.warn(text(message)),
    error: (message, ...rest) =>
      log.error({ detail: rest.map(text).join(' ').slice(0, 2000) || undefined }, text(message)),
    fatal: (message) => log.fatal(text(message)),
  };
}
