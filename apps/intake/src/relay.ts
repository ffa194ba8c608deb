import type { Bus, Message } from '@countersign/bus';
import { cloudEventHeaders, EVENTS_TOPIC, type Envelope } from '@countersign/contract';
import type { Log } from '@countersign/service';
import type { Outbox, OutboxRow } from '@countersign/store';

const BATCH = 500;
/** How long to sleep when there is nothing to do; a hint ends it early. */
const IDLE_MS = 1_000;
/** How often a process that is not the relay tries to become it. */
const STANDBY_MS = 2_000;

/**
 * Moves committed events from the outbox to the bus, in order, each at least once. Exactly one relay runs per database; the
 * cursor moves only after the bus has accepted, so nothing is lost whenever it dies.
 */
export class Relay {
  #stopped = false;
  #wake: () => void = () => undefined;
  #hinted = false;
  #running: Promise<void> | undefined;
  /** Since when something has kept it from publishing, if anything. */
  failingSince: number | undefined;

  constructor(
    readonly outbox: Outbox,
    readonly bus: Bus,
    readonly log: Log,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  /** There may be something to publish. */
  hint(): void {
    this.#hinted = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
    this.outbox.release();
  }

  async #run(): Promise<void> {
    let leading = false;
    while (!this.#stopped) {
      try {
        leading ||= await this.outbox.lead();
        if (!leading) {
          await this.#sleep(STANDBY_MS);
          continue;
        }
        this.#hinted = false;
        const rows = await this.outbox.next(BATCH);
        if (rows.length > 0) await this.#publish(rows);
        this.failingSince = undefined;
        if (rows.length < BATCH && !this.#hinted) await this.#sleep(IDLE_MS);
      } catch (error) {
        this.failingSince ??= Date.now();
        this.log.warn({ cause: (error as Error).message }, 'the relay cannot publish; events wait in the outbox');
        this.outbox.release();
        leading = false;
        await this.#sleep(IDLE_MS);
      }
    }
  }

  async #publish(rows: OutboxRow[]): Promise<void> {
    await this.bus.publish(EVENTS_TOPIC, rows.map(toMessage));
    await this.outbox.advance(rows.at(-1)!);
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

function toMessage({ decision_id, body }: OutboxRow): Message {
  const event = JSON.parse(body.toString('utf8')) as Envelope;
  return { key: decision_id, value: body, headers: cloudEventHeaders(event) };
}
