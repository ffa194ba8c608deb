import { create } from '@bufbuild/protobuf';
import type { Intake } from '@countersign/app-intake';
import { fromBeside, type BesideReader } from '@countersign/app-notifier';
import { GetBesideRequestSchema } from '@countersign/contract';

/** The notifier's way to what stands beside a request when both are one process: the same call, without the wire. */
export class InProcessBeside implements BesideReader {
  #approvals: Intake['approvals'] | undefined;

  connect(approvals: Intake['approvals']): void {
    this.#approvals = approvals;
  }

  async beside(...[id, place]: Parameters<BesideReader['beside']>): ReturnType<BesideReader['beside']> {
    const get = this.#approvals?.handlers.GetBeside;
    if (!get) throw new Error('what stands beside a request is used before it is connected');
    const answer = await get(create(GetBesideRequestSchema, { id, ...place }), {
      caller: { kind: 'service', id: 'notifier' },
      signal: new AbortController().signal,
    });
    return fromBeside({ justBefore: answer.justBefore ?? [], similar: answer.similar ?? [] });
  }
}
