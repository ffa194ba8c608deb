import { create } from '@bufbuild/protobuf';
import type { Intake } from '@countersign/app-intake';
import { toLinkRequest, type LinkCode, type Linking } from '@countersign/app-notifier';
import { PresentLinkCodeRequestSchema } from '@countersign/contract';

/** The notifier's way to where accounts are linked when both are one process: the same call, without the wire. */
export class InProcessLinking implements Linking {
  #people: Intake['people'] | undefined;

  connect(people: Intake['people']): void {
    this.#people = people;
  }

  async present(code: LinkCode): Promise<string> {
    const present = this.#people?.handlers.PresentLinkCode;
    if (!present) throw new Error('linking is used before it is connected');
    const answer = await present(create(PresentLinkCodeRequestSchema, toLinkRequest(code)), {
      caller: { kind: 'service', id: 'notifier' },
      signal: new AbortController().signal,
    });
    return answer.text ?? '';
  }
}
