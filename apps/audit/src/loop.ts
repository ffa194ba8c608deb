import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@countersign/service';

/**
 * Does one thing again and again: when woken, and in any case every `pauseMs`, since a wake-up is a hint that can be lost.
 * Never twice at once. A failure is logged and tried again at the next turn. `work` returns true when there may be more.
 */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private lastStart = 0;
  /** Why the last turn did not go through; absent when it did. */
  problem: string | undefined;

  constructor(
    private readonly work: () => Promise<boolean>,
    private readonly options: { name: string; pauseMs: number; spacingMs: number; log: Log },
  ) {}

  /** Runs soon, but no more often than every `spacingMs`. */
  wake(): void {
    this.schedule(Math.max(0, this.lastStart + this.options.spacingMs - Date.now()));
  }

  /**
   * Lets the turn under way finish, and does a last one unless the last did not go through. Gives up after `withinMs`: what
   * is left undone is done at the next start.
   */
  async stop(withinMs: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const last = this.running.then(() => (this.problem === undefined ? this.turn() : undefined));
    await Promise.race([last, sleep(withinMs, undefined, { ref: false })]);
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.running.then(() => this.turn());
      void this.running.then(() => this.schedule(this.options.pauseMs));
    }, ms);
  }

  private async turn(): Promise<void> {
    this.lastStart = Date.now();
    try {
      while (await this.work()) if (this.stopped) break;
      this.problem = undefined;
    } catch (error) {
      this.problem = (error as Error).message;
      this.options.log.error({ loop: this.options.name, error: this.problem }, 'will be tried again');
    }
  }
}
