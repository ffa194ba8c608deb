import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { delayAfter, pauseFor, type Backoff } from './backoff.js';
import { messageOf, type Log } from './log.js';
import type { Received } from './port.js';

// Short batches and early heartbeats: a member that is still in a batch when the group rebalances is thrown out of it.
const MAX_BYTES_PER_PARTITION = 256 * 1024;
const PARTITIONS_AT_ONCE = 4;
// A member that was killed keeps its partitions this long, so it is short.
const SESSION_MS = 10_000;
const REBALANCE_MS = 30_000;
const HEARTBEAT_MS = 2_000;
// Also how soon a paused partition is looked at again.
const FETCH_WAIT_MS = 250;
// How long a stop waits for a join that is under way.
const JOIN_GRACE_MS = 5_000;

export interface MemberOptions {
  topic: string;
  group: string;
  handle: (batch: Received[]) => Promise<void>;
  maxBatch: number;
  backoff: Backoff;
  log: Log;
}

/** One member of a consumer group, for as long as it is not stopped: when its consumer dies, it starts another. */
export class KafkaMember {
  readonly #stopping = new AbortController();
  readonly #stopped = new Promise<void>((resolve) => this.#stopping.signal.addEventListener('abort', () => resolve()));
  /** Failures in a row, by partition. */
  readonly #failures = new Map<number, number>();
  #life: Promise<void> = Promise.resolve();

  constructor(
    private readonly kafka: Kafka,
    private readonly options: MemberOptions,
    private readonly ensureTopic: () => Promise<void>,
  ) {}

  start(): void {
    this.#life = this.#live();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#life;
  }

  async #live(): Promise<void> {
    const { topic, group, log, backoff } = this.options;
    const { signal } = this.#stopping;
    for (let deaths = 1; !signal.aborted; deaths++) {
      const born = Date.now();
      try {
        await Promise.race([this.ensureTopic(), this.#stopped]);
        if (!signal.aborted) await this.#consume();
      } catch (error) {
        if (signal.aborted) break;
        if (Date.now() - born > backoff.most) deaths = 1;
        log.warn({ topic, group, deaths, error: messageOf(error) }, 'consumer stopped, starting another');
        await pauseFor(delayAfter(deaths, backoff), signal);
      }
    }
  }

  /** Resolves when stopped; rejects when the consumer has crashed. */
  async #consume(): Promise<void> {
    const { topic, group } = this.options;
    const consumer = this.kafka.consumer({
      groupId: group,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      // kafkajs restarts after some errors and not after others, and can do so after a stop: we do it, always, here.
      retry: { restartOnFailure: async () => false },
    });
    const crashed = new Promise<never>((_, reject) =>
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error)),
    );
    crashed.catch(() => {});
    const running = (async () => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        eachBatch: (payload) => this.#eachBatch(consumer, payload),
      });
    })();
    try {
      await Promise.race([crashed, this.#stopped, running.then(() => Promise.race([crashed, this.#stopped]))]);
    } finally {
      // A consumer that is told to stop while it joins would join after all, so it is told again when it has.
      const disconnect = () => consumer.disconnect().catch(() => {});
      const joined = running.then(disconnect, disconnect);
      await Promise.race([joined, pauseFor(JOIN_GRACE_MS, AbortSignal.timeout(JOIN_GRACE_MS))]);
      await disconnect();
    }
  }

  async #eachBatch(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset, commitOffsetsIfNecessary, heartbeat } = payload;
    const { topic, partition } = batch;
    for (let from = 0; from < batch.messages.length; from += this.options.maxBatch) {
      if (!isRunning() || isStale() || this.#stopping.signal.aborted) return;
      const part = batch.messages.slice(from, from + this.options.maxBatch);
      const beat = keepBeating(heartbeat);
      try {
        await this.options.handle(part.map((message) => toReceived(topic, partition, message)));
      } catch (error) {
        this.#holdBack(consumer, payload, part[0]?.offset, error);
        return;
      } finally {
        beat.stop();
      }
      this.#failures.delete(partition);
      const last = part.at(-1)?.offset ?? batch.lastOffset();
      resolveOffset(last);
      // Committed even when the group is rebalancing: the handler is done, and the next owner need not do it again.
      await commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: String(BigInt(last) + 1n) }] }],
      });
      await beat.check();
    }
  }

  /** Pauses this partition alone. Nothing was resolved, so the same messages are fetched when it resumes. */
  #holdBack(consumer: Consumer, { batch, pause }: EachBatchPayload, offset: string | undefined, error: unknown): void {
    const { topic, partition } = batch;
    const failures = (this.#failures.get(partition) ?? 0) + 1;
    this.#failures.set(partition, failures);
    const fields = { topic, group: this.options.group, partition, offset, failures, error: messageOf(error) };
    this.options.log.warn(fields, 'handler rejected a batch, the same messages come again');
    pause();
    void pauseFor(delayAfter(failures, this.options.backoff), this.#stopping.signal).then(() => {
      if (this.#stopping.signal.aborted) return;
      try {
        consumer.resume([{ topic, partitions: [partition] }]);
      } catch {
        // This consumer has crashed meanwhile; the next one starts with nothing paused.
      }
    });
  }
}

/** Heartbeats while a handler works; what goes wrong with them is thrown by `check`, when the handler's work is safe. */
function keepBeating(heartbeat: () => Promise<void>) {
  let failure: { error: unknown } | undefined;
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => (failure ??= { error }));
  }, HEARTBEAT_MS);
  return {
    stop: () => clearInterval(timer),
    check: async () => {
      if (failure) throw failure.error;
      await heartbeat();
    },
  };
}

function toReceived(topic: string, partition: number, { key, value, headers, offset }: KafkaMessage): Received {
  const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]);
  return {
    topic,
    partition,
    offset,
    key: key?.toString() ?? '',
    value: value ?? Buffer.alloc(0),
    headers: Object.fromEntries(texts),
  };
}
