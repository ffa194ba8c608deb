import { renderReminder, type Call } from '@countersign/approval';
import type { Log } from '@countersign/service';
import type { Claimed, Deliveries, Requests } from '@countersign/store';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sheets } from './sheets.js';
import { SurfaceFault, type Surface } from './surface.js';

export interface Pace {
  /** Deliveries worked on at once. */
  concurrency: number;
  /** Longest time until due work is seen that nobody announced. */
  pollMs: number;
  /** First wait after a failure; doubles each time. */
  backoffMs: number;
  /** Longest wait between tries. */
  backoffMaxMs: number;
  /** How long a post with an unknown outcome may still turn up before it is made once more. */
  repostMs: number;
}

export const PACE: Pace = { concurrency: 8, pollMs: 1_000, backoffMs: 1_000, backoffMaxMs: 300_000, repostMs: 30_000 };

/** A post and one more, when the first was never heard of again. People are not asked a third time. */
const MAX_POSTS = 2;

/** Brings the messages of one channel up to date, for as long as it runs. Any number of them may run at once. */
export class Worker {
  private readonly pace: Pace;
  private readonly busy = new Set<Promise<void>>();
  private running: Promise<void> | undefined;
  private stopped = false;
  private nudge = new AbortController();

  constructor(
    private readonly surface: Surface,
    private readonly parts: { deliveries: Deliveries; requests: Requests; sheets: Sheets; log: Log },
    pace: Partial<Pace> = {},
  ) {
    this.pace = { ...PACE, ...pace };
  }

  start(): void {
    this.running ??= this.run();
  }

  /** There is work: look now rather than at the next poll. */
  wake(): void {
    this.nudge.abort();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
    await Promise.all(this.busy);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      // Taken before looking, so that a nudge while looking is not lost.
      const nudge = (this.nudge = new AbortController());
      const room = this.pace.concurrency - this.busy.size;
      const claimed = room > 0 ? await this.claim(room) : [];
      for (const work of claimed) {
        const done = this.deliver(work).finally(() => {
          this.busy.delete(done);
          this.wake();
        });
        this.busy.add(done);
      }
      if (claimed.length < room || room === 0)
        await sleep(this.pace.pollMs, undefined, { signal: nudge.signal }).catch(() => undefined);
    }
  }

  private async claim(limit: number): Promise<Claimed[]> {
    try {
      return await this.parts.deliveries.claim(this.surface.channel, limit);
    } catch (error) {
      this.parts.log.warn({ channel: this.surface.channel, error: textOf(error) }, 'deliveries cannot be read');
      return [];
    }
  }

  private async deliver(work: Claimed): Promise<void> {
    try {
      await this.render(work);
    } catch (error) {
      // What cannot be written down now is found again when the lease runs out.
      await this.fail(work, error).catch((failure: unknown) => {
        this.parts.log.error({ ...this.named(work), error: textOf(failure) }, 'delivery cannot be saved');
      });
    }
  }

  /** Always the latest state: what was true when the work was created may be over. */
  private async render(work: Claimed): Promise<void> {
    const { deliveries, requests, sheets } = this.parts;
    const { channel } = this.surface;
    const { decision, address } = work;
    if (work.note > 0) return this.remind(work);
    const place = { channel, address };
    const sheet = await sheets.toSend(decision, place, work.beside);
    const { digest } = sheet;
    const shown = { version: decision.version, digest };
    if (work.refs.length > 0) {
      if (work.rendered_digest !== digest) {
        await requests.shown(decision.id, decision.version, place, digest);
        for (const ref of work.refs) await this.surface.update(work.address, ref, sheet);
      }
      await deliveries.rendered(channel, work, shown);
    } else if (decision.status !== 'PENDING' && !decision.broke_glass) {
      // Nobody was asked here, and nobody needs to be told about something that is over, unless the glass was broken.
      await deliveries.close(channel, work, work.posts > 0 ? 'lost' : 'settled');
    } else if (work.posts > MAX_POSTS) {
      this.parts.log.error(this.named(work), 'message lost: it was posted twice without an answer');
      await deliveries.close(channel, work, 'lost', 'posted twice without an answer');
    } else {
      await requests.shown(decision.id, decision.version, place, digest);
      const posted = await this.surface.post(work.address, sheet);
      await deliveries.rendered(channel, work, { ...shown, posted });
    }
  }

  /** At most once, below the card: a reminder that may already be there is not made again. */
  private async remind(work: Claimed): Promise<void> {
    const { deliveries } = this.parts;
    const { channel } = this.surface;
    const { decision, thread, groups } = work;
    const [card] = thread;
    if (decision.status !== 'PENDING') return deliveries.close(channel, work, 'settled');
    const reminder = renderReminder(decision, work.says as Call, groups);
    if (reminder.people.length === 0) return deliveries.close(channel, work, 'settled');
    if (work.posts > 1) return deliveries.close(channel, work, 'lost', 'posted once without an answer');
    if (!card) throw new SurfaceFault('unavailable', 'the card is not there yet');
    const posted = await this.surface.remind(work.address, card, reminder);
    await deliveries.rendered(channel, work, { posted, version: decision.version, digest: '' });
  }

  private async fail(work: Claimed, error: unknown): Promise<void> {
    const { deliveries, log } = this.parts;
    const { channel } = this.surface;
    const fault = error instanceof SurfaceFault ? error : undefined;
    const text = textOf(error);
    if (fault?.code === 'rejected') {
      log.error({ ...this.named(work), error: text }, 'message refused by the channel for good');
      return deliveries.close(channel, work, 'dead', text);
    }
    log.warn({ ...this.named(work), attempts: work.attempts, error: text }, 'message not delivered yet');
    // Anything that is not a clear no from the channel may have left a message behind.
    const posted = !fault || fault.code === 'outcome-unknown';
    if (posted && work.note > 0) return deliveries.close(channel, work, 'lost', text);
    const unheard = posted && work.refs.length === 0;
    await deliveries.retry(channel, work, {
      inMs: unheard ? this.pace.repostMs : (fault?.retryAfterMs ?? this.backoff(work.attempts)),
      error: text,
      posted,
    });
  }

  /** Doubles up to the limit, with jitter, so that many deliveries do not come back as one. */
  private backoff(attempts: number): number {
    const wait = Math.min(this.pace.backoffMaxMs, this.pace.backoffMs * 2 ** Math.min(20, attempts - 1));
    return Math.round(wait * (0.75 + Math.random() / 2));
  }

  private named(work: Claimed): Record<string, unknown> {
    return { decision_id: work.decision_id, channel: this.surface.channel, address: work.address };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
