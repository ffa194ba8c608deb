import type { SessionChoice } from '@countersign/approval';
import {
  ApprovalService,
  Fault,
  Vote,
  serviceDefinition,
  type CastVoteRequest,
  type CodeName,
} from '@countersign/contract';
import { Client, Metadata, credentials, status, type ServiceError } from '@grpc/grpc-js';

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

/** Longest time one call to intake may take. */
const DEADLINE_MS = 5_000;

/** Votes over gRPC, in the notifier's own name. */
export class GrpcVoting implements Voting {
  private readonly client: Client;
  private readonly metadata = new Metadata();

  constructor(options: { address: string; token: string }) {
    this.client = new Client(options.address, credentials.createInsecure());
    this.metadata.set('authorization', `Bearer ${options.token}`);
  }

  castVote(cast: Cast): Promise<Answer> {
    const method = serviceDefinition(ApprovalService)['CastVote']!;
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        toRequest(cast),
        this.metadata,
        { deadline: Date.now() + DEADLINE_MS },
        (error) => {
          if (!error) resolve({ ok: true });
          else if (isRefusalStatus(status[error.code])) resolve({ refused: error.details });
          else reject(unreachable(error));
        },
      );
    });
  }

  close(): void {
    this.client.close();
  }
}

function unreachable(cause: ServiceError): Fault {
  const retryable =
    cause.code === status.UNAVAILABLE ||
    cause.code === status.DEADLINE_EXCEEDED ||
    cause.code === status.RESOURCE_EXHAUSTED;
  return new Fault('intake-unavailable', `intake did not take the vote: ${status[cause.code]}`, { cause, retryable });
}
