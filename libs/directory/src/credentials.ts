import { hash, timingSafeEqual } from 'node:crypto';
import type { Caller, Directory } from './directory.js';

/**
 * Agents and people by the directory as it is now, the other services by the token they share. `service` is the name under
 * which the holder of that token appears here.
 */
export function authenticator(
  directory: () => Pick<Directory, 'callerOf'>,
  sharedToken: string | undefined,
  service: string,
): (token: string) => Caller | undefined {
  const isShared = sharedToken === undefined ? () => false : sameToken(sharedToken);
  return (token) => directory().callerOf(token) ?? (isShared(token) ? { kind: 'service', id: service } : undefined);
}

/**
 * Whether a token is the expected one, in a time that tells nothing about it: digests have equal lengths. What is expected
 * may also be given as "sha256:" and the hex digits of its digest.
 */
export function sameToken(expected: string): (presented: string) => boolean {
  const given = /^sha256:([0-9a-f]{64})$/.exec(expected)?.[1];
  const digest = given === undefined ? hash('sha256', expected, 'buffer') : Buffer.from(given, 'hex');
  return (presented) => timingSafeEqual(hash('sha256', presented, 'buffer'), digest);
}
