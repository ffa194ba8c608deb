import { createHash, timingSafeEqual } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { watchDirectory, type DirectorySource } from '@countersign/directory';
import type { Authenticate, Log, Settings } from '@countersign/service';
import type { Caller } from './audit-api.js';

/** Where the identities of the development story are. */
const DEVELOPMENT_DIRECTORY = fileURLToPath(new URL('../../../deploy/development/directory.yaml', import.meta.url));

/** The configured directory, or the development identities, which anyone who can read this repository can be. */
export function openDirectory(settings: Pick<Settings, 'COUNTERSIGN_DIRECTORY'>, log: Log): DirectorySource {
  const path = settings.COUNTERSIGN_DIRECTORY ?? DEVELOPMENT_DIRECTORY;
  if (!settings.COUNTERSIGN_DIRECTORY) log.warn({ path }, 'development identities: anyone can be anyone');
  return watchDirectory(path, (fault) =>
    log.error({ code: fault.code }, `${fault.message}; the last good directory keeps serving`),
  );
}

/** Agents and people by the directory, the other services by their shared token. */
export function authenticator(directory: DirectorySource, serviceToken: string | undefined): Authenticate<Caller> {
  const expected = serviceToken === undefined ? undefined : digest(serviceToken);
  return (token) => {
    const caller = directory.current().callerOf(token);
    if (caller || !expected) return caller;
    return timingSafeEqual(digest(token), expected) ? { kind: 'service', id: 'peer' } : undefined;
  };
}

/** Equal lengths, whatever the token: a comparison in constant time needs that. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
