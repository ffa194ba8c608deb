import { setTimeout as sleep } from 'node:timers/promises';

/** Lets those who want the same thing in this process go one after another, so that a crowd does not overtake itself for ever. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(key: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(action);
    const over = turn.catch(() => undefined);
    this.#last.set(key, over);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === over) this.#last.delete(key);
    }
  }
}

const LEAST_TRIES = 20;
/** A crowd in another process takes its turns without a wait, and may be that long. */
const PATIENCE_MS = 5_000;

/** Tries at something that others want too: who was overtaken tries again, until this says that it was too often. */
export class Tries {
  #made = 0;
  readonly #began = performance.now();

  /**
   * Whether to try once more, after a short wait of chance length: two processes in step with each other would let the same
   * one lose every time.
   */
  async another(): Promise<boolean> {
    this.#made += 1;
    if (this.#made >= LEAST_TRIES && performance.now() - this.#began > PATIENCE_MS) return false;
    await sleep(Math.random() * Math.min(2 ** this.#made, 50));
    return true;
  }
}
