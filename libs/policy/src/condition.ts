import { Fault } from '@countersign/contract';
import type { PolicyEvent } from './policy.js';

type LoadFailed = Extract<PolicyEvent, { type: 'load-failed' }>;

/** Whether what serves is what should serve, and if not, why: in lines that are safe to show. */
export class Condition {
  #failure: { event: LoadFailed; unasked: boolean } | undefined;
  #keptAt: string | undefined;
  /** How often a bundle could not be had or loaded. */
  failures = 0;

  /** Whether what serves was kept from before, because its origin could not be had at the start. */
  get kept(): boolean {
    return this.#keptAt !== undefined;
  }

  /** Why nothing serves. */
  get problem(): string {
    return `no policy has been loaded${this.#failure ? `: ${this.#failure.event.message}` : ''}`;
  }

  /** Why nothing newer serves. */
  get warning(): string | undefined {
    const why = this.#failure?.event.message;
    if (this.#keptAt !== undefined) return `the policy kept from before, at ${this.#keptAt}, serves: ${why}`;
    return why && `a newer policy could not be loaded, and the one before still serves: ${why}`;
  }

  /** What was kept is better than nothing, but the reason why it was needed stays. */
  loaded(keptAt?: string): void {
    this.#keptAt = keptAt;
    if (keptAt === undefined) this.#failure = undefined;
  }

  /** The event, unless it was told of already: an origin that is down is down on every look. */
  failed({ code, message, retryable }: Fault, location: string, revision?: string): LoadFailed | undefined {
    const before = this.#failure?.event;
    const event: LoadFailed = { type: 'load-failed', location, code, message, ...(revision ? { revision } : {}) };
    this.#failure = { event, unasked: retryable };
    this.failures++;
    return before?.code === code && before.message === message ? undefined : event;
  }

  /** An origin answers: that it did not is over. */
  reached(location: string): void {
    if (this.#failure?.unasked && this.#failure.event.location === location && !this.kept) this.#failure = undefined;
  }
}

/** What is not a fault is a bug in reading a bundle, and must not end the process that the old one serves in. */
export function toFault(thrown: unknown, location: string): Fault {
  if (thrown instanceof Fault) return thrown;
  return new Fault('policy-bundle', `the policy from ${location} cannot be loaded`, { cause: thrown });
}
