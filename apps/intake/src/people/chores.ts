import type { Log } from '@countersign/service';

const EVERY_MS = 60_000;

/** What is done now and then and never waits for: every process does it, and whoever is second finds it done. */
export class Chores {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    readonly chores: readonly (() => Promise<void>)[],
    readonly log: Log,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.run().finally(() => (this.#running = undefined));
    }, EVERY_MS);
    this.#timer.unref();
  }

  async run(): Promise<void> {
    for (const chore of this.chores)
      await chore().catch((error: unknown) => this.log.warn({ cause: (error as Error).message }, 'a chore waits'));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
