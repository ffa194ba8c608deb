import type { Log } from '@countersign/service';
import { sweepHistory, type Pool } from '@countersign/store';

const EVERY_MS = 10 * 60_000;
/** Longer than the longest window of a counter, and than a session is quiet. */
const KEPT_MS = 25 * 3_600_000;
const STEP = 1_000;

/** Forgets history that no window reaches any more. The record is elsewhere: nothing that is swept was ever part of it. */
export class Sweeper {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(
    readonly pool: Pool,
    readonly log: Log,
  ) {}

  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#busy = this.#sweep().finally(() => this.start());
    }, EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#busy;
  }

  async #sweep(): Promise<void> {
    const before = new Date(Date.now() - KEPT_MS);
    try {
      while (!this.#stopped && (await sweepHistory(this.pool, before, STEP)) > 0);
    } catch (error) {
      this.log.warn({ cause: (error as Error).message }, 'old history cannot be swept');
    }
  }
}
