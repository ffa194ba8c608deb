import { create } from '@bufbuild/protobuf';
import type { Intake } from '@countersign/app-intake';
import type { Answer, Cast, Voting } from '@countersign/app-notifier';
import { CastVoteRequestSchema, StatusError, Vote } from '@countersign/contract';

/** The notifier's way to intake when both are one process: the same call, without the wire. */
export class InProcessVoting implements Voting {
  #approvals: Intake['approvals'] | undefined;

  connect(approvals: Intake['approvals']): void {
    this.#approvals = approvals;
  }

  async castVote({ id, vote, reason, seen_digest, card_digest, account }: Cast): Promise<Answer> {
    if (!this.#approvals) throw new Error('voting is used before it is connected');
    const request = create(CastVoteRequestSchema, {
      id,
      vote: vote === 'approve' ? Vote.APPROVE : Vote.DENY,
      reason: reason ?? '',
      seenDigest: seen_digest ?? '',
      cardDigest: card_digest ?? '',
      chatAccount: account,
    });
    try {
      await this.#approvals.castVote(request, {
        caller: { kind: 'service', id: 'notifier' },
        signal: new AbortController().signal,
      });
      return { ok: true };
    } catch (error) {
      if (error instanceof StatusError && error.status !== 'UNAVAILABLE' && error.status !== 'INTERNAL')
        return { refused: error.message };
      throw error;
    }
  }
}
