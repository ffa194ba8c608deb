import { create } from '@bufbuild/protobuf';
import type { Intake } from '@countersign/app-intake';
import { isRefusalStatus, toRequest, type Answer, type Cast, type Voting } from '@countersign/app-notifier';
import { CastVoteRequestSchema, StatusError } from '@countersign/contract';

/** The notifier's way to intake when both are one process: the same call, without the wire. */
export class InProcessVoting implements Voting {
  #approvals: Intake['approvals'] | undefined;

  connect(approvals: Intake['approvals']): void {
    this.#approvals = approvals;
  }

  async castVote(cast: Cast): Promise<Answer> {
    if (!this.#approvals) throw new Error('voting is used before it is connected');
    try {
      await this.#approvals.voting.cast(create(CastVoteRequestSchema, toRequest(cast)), {
        caller: { kind: 'service', id: 'notifier' },
        signal: new AbortController().signal,
      });
      return { ok: true };
    } catch (error) {
      if (error instanceof StatusError && isRefusalStatus(error.status)) return { refused: error.message };
      throw error;
    }
  }
}
