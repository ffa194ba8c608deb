import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@countersign/service';
import type { ClaimedNotice, Notices } from '@countersign/store';
import { SurfaceFault, type Surface } from './surface.js';
import { PACE, type Pace } from './worker.js';

const AT_ONCE = 4;

/**
 * Tells people of one channel what is meant for them alone. A notice that may have arrived is not said again: hearing it
 * twice is worse than having to look it up.
 */
export class Herald {
  private readonly pace: Pace;
  private running: Promise<void> | undefined;
  private stopped = false;
  private nudge = new AbortController();

  constructor(
    private readonly surface: Surface,
    private readonly parts: { notices: Notices; log: Log },
    pace: Partial<Pace> = {},
  ) {
    this.pace = { ...PACE, ...pace };
  }

  start(): void {
    this.running ??= this.run();
  }

  wake(): void {
    this.nudge.abort();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      // Taken before looking, so that a nudge while looking is not lost.
      const nudge = (this.nudge = new AbortController());
      const claimed = await this.claim();
      await Promise.all(claimed.map((notice) => this.say(notice)));
      if (claimed.length < AT_ONCE)
        await sleep(this.pace.pollMs, undefined, { signal: nudge.signal }).catch(() => undefined);
    }
  }

  private async claim(): Promise<ClaimedNotice[]> {
    try {
      return await this.parts.notices.claim(this.surface.channel, AT_ONCE);
    } catch (error) {
      this.parts.log.warn({ channel: this.surface.channel, error: textOf(error) }, 'notices cannot be read');
      return [];
    }
  }

  private async say(notice: ClaimedNotice): Promise<void> {
    const { notices, log } = this.parts;
    const { channel } = this.surface;
    try {
      // A process that had claimed it died, and nobody knows what it did before.
      if (notice.posts > 1) return await notices.close(channel, notice, 'lost', 'posted once without an answer');
      await this.surface.direct(notice.account, notice.text, notice.link ?? undefined);
      await notices.close(channel, notice, 'said');
    } catch (error) {
      await this.fail(notice, error).catch((failure: unknown) => {
        log.error({ channel, notice: notice.id, error: textOf(failure) }, 'notice cannot be saved');
      });
    }
  }

  private async fail(notice: ClaimedNotice, error: unknown): Promise<void> {
    const { notices, log } = this.parts;
    const { channel } = this.surface;
    const fault = error instanceof SurfaceFault ? error : undefined;
    const text = textOf(error);
    log.warn({ channel, notice: notice.id, attempts: notice.attempts, error: text }, 'notice not delivered');
    if (fault?.code === 'rejected') return notices.close(channel, notice, 'dead', text);
    if (!fault || fault.code === 'outcome-unknown') return notices.close(channel, notice, 'lost', text);
    const wait = Math.min(this.pace.backoffMaxMs, this.pace.backoffMs * 2 ** Math.min(20, notice.attempts - 1));
    return notices.retry(channel, notice, fault.retryAfterMs ?? wait, text);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
