/**
 * Wakes whoever waits for a decision to change. A wake-up is only a reason to look: it may come from this process, from
 * another one through a notice, or from the clock, and a lost one costs at most two seconds.
 */
export class Changes {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #any = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  /** From then on there is nothing to wait for: whoever does answers with what there is. */
  closed = false;

  constructor(everyMs = 2_000) {
    this.#timer = setInterval(() => this.changed([...this.#waiting.keys()]), everyMs);
    this.#timer.unref();
  }

  changed(ids: readonly string[]): void {
    for (const id of ids) for (const wake of [...(this.#waiting.get(id) ?? [])]) wake();
    for (const wake of [...this.#any]) wake();
  }

  /** Resolves when this decision may have changed, when the time is over, or when the caller has gone. */
  next(id: string, until: number, signal: AbortSignal): Promise<void> {
    const set = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, set);
    return wait(set, until, signal, () => {
      if (set.size === 0) this.#waiting.delete(id);
    });
  }

  /** Resolves when any decision may have changed. */
  nextOfAny(until: number, signal: AbortSignal): Promise<void> {
    return wait(this.#any, until, signal);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.#timer);
    for (const set of [...this.#waiting.values(), this.#any]) for (const wake of [...set]) wake();
  }
}

function wait(set: Set<() => void>, until: number, signal: AbortSignal, after?: () => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      set.delete(done);
      after?.();
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, until - Date.now()));
    signal.addEventListener('abort', done);
    set.add(done);
    if (signal.aborted) done();
  });
}
