// The bus: ordered, keyed, raw bytes. It knows topics and offsets and nothing of what the bytes mean. Two implementations
// behind one port, held to one contract suite: Kafka, and a twin in memory that is fed by the same outbox.

export interface Message {
  /** Messages with the same key stay in order. Always set. */
  key: string;
  /** Exact bytes; never parsed here. */
  value: Buffer;
  headers: Record<string, string>;
}

export interface Received extends Message {
  topic: string;
  partition: number;
  /** Decimal: Kafka offsets do not fit a double. */
  offset: string;
}

export interface Subscription {
  stop(): Promise<void>;
}

export interface Bus {
  /** Resolves when every message is durably accepted, in order per key. Rejects if that is not known. */
  publish(topic: string, messages: Message[]): Promise<void>;
  /**
   * Hands batches of one partition, in order, to `handle`, at least once. The position moves only after `handle` has
   * resolved; if it rejects, the same messages come again.
   */
  subscribe(options: { topic: string; group: string; handle: (batch: Received[]) => Promise<void> }): Promise<Subscription>;
  close(): Promise<void>;
}
