import { delayAfter, pauseFor, type Backoff } from './backoff.js';
import { messageOf, type Log } from './log.js';
import type { Received, Subscription } from './port.js';

type Handle = (batch: Received[]) => Promise<void>;

interface Member {
  handle: Handle;
  stopped: AbortController;
  /** The batches it is handling now. */
  running: Set<Promise<void>>;
}

interface Owed {
  message: Received;
  done: () => void;
}

interface Options {
  partitions: number;
  maxBatch: number;
  backoff: Backoff;
  log: Log;
}

/** One consumer group on one topic: a queue per partition, and members that share the partitions. */
export class MemoryGroup {
  readonly #queues: Owed[][];
  readonly #draining: boolean[];
  /** Publishers that wait, each to be told when the bus closes. */
  readonly #waiting = new Set<(reason: Error) => void>();
  #members: Member[] = [];

  constructor(
    private readonly name: string,
    private readonly options: Options,
  ) {
    this.#queues = Array.from({ length: options.partitions }, () => []);
    this.#draining = this.#queues.map(() => false);
  }

  /** Resolves when members have handled every one of these messages; rejects if the bus closes before that. */
  hand(messages: Received[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = messages.length;
      const done = () => {
        left -= 1;
        if (left > 0) return;
        this.#waiting.delete(reject);
        resolve();
      };
      if (left === 0) return resolve();
      this.#waiting.add(reject);
      for (const message of messages) this.#queues[message.partition]?.push({ message, done });
      this.#drainAll();
    });
  }

  join(handle: Handle): Subscription {
    const member: Member = { handle, stopped: new AbortController(), running: new Set() };
    this.#members.push(member);
    this.#drainAll();
    return { stop: () => this.#leave(member) };
  }

  async close(reason: Error): Promise<void> {
    // What is being handled may still finish; only what nobody has finished is refused.
    await Promise.all(this.#members.map((member) => this.#leave(member)));
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
  }

  async #leave(member: Member): Promise<void> {
    member.stopped.abort();
    this.#members = this.#members.filter((other) => other !== member);
    this.#drainAll();
    await Promise.allSettled(member.running);
  }

  #drainAll(): void {
    this.#queues.forEach((_, partition) => void this.#drain(partition));
  }

  // One loop per partition keeps its order: the next batch is taken only when the one before it is handled.
  async #drain(partition: number): Promise<void> {
    const queue = this.#queues[partition] ?? [];
    if (this.#draining[partition]) return;
    this.#draining[partition] = true;
    for (let failures = 0; queue.length > 0;) {
      const member = this.#members[partition % Math.max(this.#members.length, 1)];
      if (!member) break;
      const batch = queue.slice(0, this.options.maxBatch);
      const running = Promise.resolve(batch.map(({ message }) => message)).then(member.handle);
      member.running.add(running);
      try {
        await running;
        queue.splice(0, batch.length);
        batch.forEach(({ done }) => done());
        failures = 0;
      } catch (error) {
        failures += 1;
        const fields = {
          group: this.name,
          partition,
          offset: batch[0]?.message.offset,
          failures,
          error: messageOf(error),
        };
        this.options.log.warn(fields, 'handler rejected a batch, the same messages come again');
        await pauseFor(delayAfter(failures, this.options.backoff), member.stopped.signal);
      } finally {
        member.running.delete(running);
      }
    }
    this.#draining[partition] = false;
  }
}
