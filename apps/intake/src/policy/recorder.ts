import type { PolicyFact } from '@countersign/contract';
import type { Policy, PolicyEvent } from '@countersign/policy';
import type { Log } from '@countersign/service';
import type { Writer } from '@countersign/store';
import { fact } from './fact.js';

/** Puts on the record what this process answers with, and what it could not load. */
export class PolicyRecorder {
  #stop: () => void = () => undefined;
  #told = '';

  constructor(readonly parts: { policy: Policy; writer: Writer; log: Log; now: () => Date }) {}

  /** What serves from the start on is told by `started`, once it is known. */
  listen(): void {
    this.#stop = this.parts.policy.on((event) => this.#take(event));
  }

  started(): void {
    const serving = this.parts.policy.bundles().find(({ active }) => active);
    if (!serving || serving.revision === this.#told) return;
    const { revision, source, location } = serving;
    this.#take({ type: 'serving', revision, source, location });
  }

  stop(): void {
    this.#stop();
  }

  #take(event: PolicyEvent): void {
    if (event.type !== 'load-failed') this.#told = event.revision;
    const { writer, log, now } = this.parts;
    const write = fact(factOf(event), now().toISOString());
    // What serves does so whether or not it can be recorded now; when it cannot, the log has it.
    writer.write(write).catch((error: unknown) => {
      log.warn({ event, cause: (error as Error).message }, 'what happened to policy could not be recorded');
    });
  }
}

function factOf(event: PolicyEvent): PolicyFact {
  if (event.type === 'load-failed') {
    const { type: _, message, ...members } = event;
    return { type: 'policy.load_failed', ...members, message: message.slice(0, 4_000).toWellFormed() };
  }
  const { revision, previous, source, location } = event;
  return { type: 'policy.serving', revision, ...(previous ? { previous } : {}), source, location };
}
