import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners, type Kafka, type Producer } from 'kafkajs';
import { Fault } from '@countersign/contract';
import { messageOf, type Log } from './log.js';
import type { BusFaultCode, Message } from './port.js';

// Well under the broker's limit of 1 MiB per request.
const MAX_BATCH_BYTES = 512 * 1024;
const MAX_BATCH_MESSAGES = 500;

/**
 * One idempotent producer at a time, and one send at a time. The producer numbers its messages per partition, and after a
 * send whose end is unknown kafkajs would give the same number to a different message, which the broker would drop as
 * known. So a producer whose send has failed is never used again.
 */
export class KafkaPublisher {
  #producer: Promise<Producer> | undefined;
  #last: Promise<void> = Promise.resolve();
  #closed: Error | undefined;
  readonly #closing = new AbortController();

  constructor(
    private readonly kafka: Kafka,
    private readonly timeoutMs: number,
    private readonly log: Log,
  ) {}

  async publish(topic: string, messages: Message[], ensureTopic: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(() => this.#send(topic, messages, ensureTopic));
    this.#last = mine.catch(() => {});
    await mine;
  }

  async close(reason: Error): Promise<void> {
    this.#closed = reason;
    this.#closing.abort();
    await this.#last;
    await this.#discard();
  }

  async #send(topic: string, messages: Message[], ensureTopic: () => Promise<void>): Promise<void> {
    if (this.#closed) throw this.#closed;
    const deadline = new AbortController();
    try {
      const late = this.#late(AbortSignal.any([deadline.signal, this.#closing.signal]), deadline.signal);
      await Promise.race([this.#sendAll(topic, messages, ensureTopic), late]);
    } catch (error) {
      await this.#discard();
      if (error instanceof Fault) throw error;
      const text = `${messages.length} messages for ${topic} may not have been accepted: ${messageOf(error)}`;
      throw new Fault<BusFaultCode>('bus-unavailable', text, { cause: error, retryable: true });
    } finally {
      deadline.abort();
    }
  }

  async #sendAll(topic: string, messages: Message[], ensureTopic: () => Promise<void>): Promise<void> {
    await ensureTopic();
    const producer = await this.#connected();
    for (const batch of batches(messages)) {
      // A send that was given up must not go on behind the caller's back with the rest.
      if (this.#producer === undefined || (await this.#producer) !== producer) return;
      await producer.send({ topic, acks: -1, messages: batch });
    }
  }

  /** Rejects when time is up or the bus closes; never settles once the send is over. */
  async #late(either: AbortSignal, over: AbortSignal): Promise<never> {
    await sleep(this.timeoutMs, undefined, { signal: either }).catch(() => {});
    if (over.aborted) return new Promise<never>(() => {});
    throw this.#closed ?? new Error(`no answer within ${this.timeoutMs} ms`);
  }

  #connected(): Promise<Producer> {
    this.#producer ??= (async () => {
      const producer = this.kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      return producer;
    })();
    return this.#producer;
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    // Not awaited when it hangs: it belongs to nobody any more.
    const gone = producer
      ?.then((connected) => connected.disconnect())
      .catch((error) => {
        this.log.debug({ error: messageOf(error) }, 'a producer that is given up did not disconnect');
      });
    const enough = new AbortController();
    await Promise.race([gone, sleep(2_000, undefined, { signal: enough.signal }).catch(() => {})]);
    enough.abort();
  }
}

/** In order, each within the limits, or of one message. */
function* batches(messages: Message[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (batch.length > 0 && (batch.length === MAX_BATCH_MESSAGES || bytes + message.value.length > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += message.value.length;
  }
  if (batch.length > 0) yield batch;
}
