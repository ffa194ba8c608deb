import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '@countersign/contract';
import type { Bundle } from '../bundle.js';
import { WITHDRAWN, type Origin } from './origin.js';

/** Who takes what an origin gives. */
export interface Recipient {
  /** Throws the Fault that says why the bundle cannot be taken. */
  deliver(bundle: Bundle): Promise<void>;
  /** Hears that the origin could not be asked, or gave nothing that can be read. */
  failed(thrown: unknown): Fault;
  /** Hears that the origin was asked, and whether it had anything new. */
  reached(bundle: Bundle | undefined): void;
  /** Hears that the origin has nothing any more. */
  withdrawn?(): Promise<void>;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;

/** Asks an origin again and again, and hands over what it gives, one bundle after another. */
export class Follower {
  readonly origin: Origin;
  readonly #recipient: Recipient;
  readonly #abort = new AbortController();
  readonly #longestBackoffMs: number;

  constructor(origin: Origin, recipient: Recipient, longestBackoffMs = origin.longestBackoffMs ?? LONGEST_BACKOFF_MS) {
    this.origin = origin;
    this.#recipient = recipient;
    this.#longestBackoffMs = longestBackoffMs;
  }

  /** Asks once. Throws the Fault that the recipient has heard of, or given. */
  async look(): Promise<void> {
    const { signal } = this.#abort;
    let bundle: Bundle | typeof WITHDRAWN | undefined;
    try {
      bundle = await this.origin.next(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      throw this.#recipient.failed(thrown);
    }
    if (signal.aborted) return;
    if (bundle === WITHDRAWN) {
      this.#recipient.reached(undefined);
      return this.#recipient.withdrawn?.();
    }
    this.#recipient.reached(bundle);
    if (!bundle) return;
    try {
      await this.#recipient.deliver(bundle);
    } catch (fault) {
      this.origin.refused?.();
      throw fault;
    }
  }

  /** Goes on asking until it is closed. `failures` looks have gone wrong already. */
  start(failures = 0): void {
    void this.#loop(failures);
  }

  close(): void {
    this.#abort.abort();
  }

  async #loop(before: number): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = before; !signal.aborted;) {
      const pauseMs = failures > 0 ? this.#backoff(failures) : this.origin.pauseMs;
      if (pauseMs === Infinity) return;
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      failures = await this.look().then(
        () => 0,
        () => failures + 1,
      );
    }
  }

  // At different times, so that those who lost a server together do not come back together.
  #backoff(failures: number): number {
    const longest = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures, 20), this.#longestBackoffMs);
    return longest * (0.5 + Math.random() / 2);
  }
}
