import { StatusError } from '@countersign/contract';
import type { RpcService } from './rpc.js';

/** Whose a credential is now, if they may call the method. Throws StatusError, at once or as a rejection. */
export function admitted<Caller>(
  rpc: Pick<RpcService<Caller>, 'authenticate' | 'permit'>,
  method: string,
  token: string | undefined,
): Caller | Promise<Caller> {
  const admit = (caller: Caller | undefined) => {
    if (caller === undefined) throw unauthenticated(token !== undefined);
    rpc.permit?.(method, caller);
    return caller;
  };
  const caller = token === undefined ? undefined : rpc.authenticate(token);
  return caller instanceof Promise ? caller.then(admit) : admit(caller);
}

/** What a caller without a credential is told, or with one that is nobody's. */
export function unauthenticated(presented: boolean): StatusError {
  return new StatusError(
    'UNAUTHENTICATED',
    presented ? 'the credential is not known' : 'no credential: send "authorization: Bearer <key>"',
    { reason: presented ? 'UNKNOWN_CREDENTIAL' : 'NO_CREDENTIAL' },
  );
}
