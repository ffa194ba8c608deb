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
  /** Resolves when the handler is not running any more and will not run again. */
  stop(): Promise<void>;
}

/** Codes of the faults a bus throws. Both mean that the messages may not have been accepted: publish them again. */
export type BusFaultCode = 'bus-unavailable' | 'bus-closed';

export interface Bus {
  /**
   * Resolves when every message is durably accepted, in order per key. Rejects if that is not known: some may then have
   * been accepted, and publishing them again makes duplicates, never gaps. Order across two calls holds only if the first
   * has resolved.
   */
  publish(topic: string, messages: Message[]): Promise<void>;
  /**
   * Hands batches of one partition, in order, to `handle`, at least once. The position moves only after `handle` has
   * resolved; if it rejects, the same messages come again, and those behind them in the partition wait.
   */
  subscribe(options: {
    topic: string;
    group: string;
    handle: (batch: Received[]) => Promise<void>;
  }): Promise<Subscription>;
  /** Stops every subscription and rejects what is still being published. */
  close(): Promise<void>;
}
