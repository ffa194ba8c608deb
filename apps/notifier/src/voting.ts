import type { SessionChoice } from '@countersign/approval';
import { Vote, type CastVoteRequest, type CodeName } from '@countersign/contract';

export interface Cast {
  /** The decision's id. */
  id: string;
  vote: 'approve' | 'deny';
  reason?: string;
  /** The action digest of the card that was clicked. */
  seen_digest?: string;
  card_digest?: string;
  /** Verified by the channel's signature; intake knows whose it is. */
  account: { channel: 'slack' | 'teams'; account: string };
  /** Leave for further actions in the session. */
  session?: SessionChoice;
}

/** The text is for the person who clicked. */
export type Answer = { ok: true } | { refused: string };

/** Where votes are counted. Casting the same vote again changes nothing, so a lost answer may be asked for again. */
export interface Voting {
  castVote(cast: Cast): Promise<Answer>;
}

const REFUSALS: readonly string[] = [
  'PERMISSION_DENIED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
] satisfies CodeName[];

/** Whether a status is an answer for the person who clicked. After any other one, nobody knows whether the vote counts. */
export function isRefusalStatus(code: string | undefined): boolean {
  return code !== undefined && REFUSALS.includes(code);
}

/** The vote as intake takes it. */
export function toRequest({ id, vote, reason, seen_digest, card_digest, account, session }: Cast): Omit<
  CastVoteRequest,
  '$typeName' | 'chatAccount' | 'session'
> & {
  chatAccount: Cast['account'];
  session?: { count: number; expiresIn?: { seconds: bigint } };
} {
  return {
    id,
    vote: vote === 'approve' ? Vote.APPROVE : Vote.DENY,
    reason: reason ?? '',
    seenDigest: seen_digest ?? '',
    cardDigest: card_digest ?? '',
    chatAccount: account,
    ...(session ? { session: toSession(session) } : {}),
  };
}

function toSession({ count = 0, expires_in_s }: SessionChoice) {
  return { count, ...(expires_in_s === undefined ? {} : { expiresIn: { seconds: BigInt(expires_in_s) } }) };
}
