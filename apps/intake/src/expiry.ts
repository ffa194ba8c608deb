import type { Log } from '@countersign/service';
import type { Decisions } from './decisions.js';

const LOOK_EVERY_MS = 1_000;
const BATCH = 200;

/**
 * Records what has run out. The deadline is in the table, so a restart forgets nothing, and several processes may look at the
 * same row: one transition wins, the others find it done. Rules do not depend on this timer; a late click loses without it.
 */
export class Expiry {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(
    readonly decisions: Decisions,
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
    try {
      const ids = await this.decisions.reader.due(this.decisions.now().toISOString(), BATCH);
      for (const id of ids) await this.#expire(id);
    } catch (error) {
      this.log.warn({ cause: (error as Error).message }, 'what has run out can not be looked for');
    }
  }

  /** One that can not be recorded must not keep those behind it waiting. */
  async #expire(id: string): Promise<void> {
    try {
      await this.decisions.run(id, { type: 'expire' });
    } catch (error) {
      this.log.warn({ id, cause: (error as Error).message }, 'a decision that has run out can not be recorded yet');
    }
  }
}
