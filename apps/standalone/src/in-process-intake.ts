import { create } from '@bufbuild/protobuf';
import type { Intake } from '@countersign/app-intake';
import {
  fromBeside,
  isRefusalStatus,
  toLinkRequest,
  toRequest,
  type Answer,
  type BesideReader,
  type Cast,
  type LinkCode,
  type Linking,
  type Voting,
} from '@countersign/app-notifier';
import {
  CastVoteRequestSchema,
  GetBesideRequestSchema,
  PresentLinkCodeRequestSchema,
  StatusError,
} from '@countersign/contract';

/** A signal of its own for each call: whoever listens to one that is never aborted would be kept for ever. */
const asNotifier = () => ({
  caller: { kind: 'service', id: 'notifier' } as const,
  signal: new AbortController().signal,
});

/** All that the notifier asks of intake when both are one process: the same calls, without the wire. */
export class InProcessIntake implements Voting, Linking, BesideReader {
  #intake: Pick<Intake, 'approvals' | 'people'> | undefined;

  connect(intake: Pick<Intake, 'approvals' | 'people'>): void {
    this.#intake = intake;
  }

  async castVote(cast: Cast): Promise<Answer> {
    const { voting } = this.#connected().approvals;
    try {
      await voting.cast(create(CastVoteRequestSchema, toRequest(cast)), asNotifier());
      return { ok: true };
    } catch (error) {
      if (error instanceof StatusError && isRefusalStatus(error.status)) return { refused: error.message };
      throw error;
    }
  }

  async present(code: LinkCode): Promise<string> {
    const { PresentLinkCode } = this.#connected().people.handlers;
    const { text } = await PresentLinkCode!(create(PresentLinkCodeRequestSchema, toLinkRequest(code)), asNotifier());
    return text ?? '';
  }

  async beside(...[id, place]: Parameters<BesideReader['beside']>): ReturnType<BesideReader['beside']> {
    const { GetBeside } = this.#connected().approvals.handlers;
    const { justBefore = [], similar = [] } = await GetBeside!(
      create(GetBesideRequestSchema, { id, ...place }),
      asNotifier(),
    );
    return fromBeside({ justBefore, similar });
  }

  #connected(): Pick<Intake, 'approvals' | 'people'> {
    if (!this.#intake) throw new Error('intake is asked before it is connected');
    return this.#intake;
  }
}
