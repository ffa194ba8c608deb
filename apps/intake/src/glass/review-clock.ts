import type { Log } from '@countersign/service';
import type { Decisions } from '../decisions.js';
import type { Reviews } from './reviews.js';

const LOOK_EVERY_MS = 1_000;

/** Puts on the record, once, that nobody has closed a review in time. Several processes may look: one of them says it. */
export class ReviewClock {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(
    readonly decisions: Decisions,
    readonly reviews: Reviews,
    readonly log: Log,
  ) {}

  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#busy = this.#look().finally(() => this.start());
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#busy;
  }

  async #look(): Promise<void> {
    for (const id of this.reviews.unsaid()) {
      try {
        await this.decisions.run(
          id,
          async () => {
            await this.reviews.registry.refresh();
            return { type: 'overdue_review' };
          },
          { alongside: () => ({ events: [], registry: this.reviews.said(id) }) },
        );
      } catch (error) {
        this.log.warn({ id, cause: (error as Error).message }, 'that a review is overdue cannot be recorded yet');
      }
    }
  }
}
