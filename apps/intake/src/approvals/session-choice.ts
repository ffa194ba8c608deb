import { durationMs } from '@bufbuild/protobuf/wkt';
import type { SessionChoice } from '@countersign/approval';
import { Vote, type CastVoteRequest } from '@countersign/contract';
import type { Violations } from '../violations.js';

/** For how many further actions, and for how long, a vote is to do. What policy lets is for the rules to say. */
export function readSessionChoice({ session, vote }: CastVoteRequest, found: Violations): SessionChoice | undefined {
  if (!session) return undefined;
  if (vote !== Vote.APPROVE) found.add('session', 'goes with VOTE_APPROVE only');
  if (session.count < 0) found.add('session.count', 'is less than 0');
  const seconds = session.expiresIn && Math.floor(durationMs(session.expiresIn) / 1000);
  if (seconds !== undefined && seconds < 1) found.add('session.expires_in', 'is less than a second');
  return {
    ...(session.count > 0 ? { count: session.count } : {}),
    ...(seconds === undefined ? {} : { expires_in_s: seconds }),
  };
}
