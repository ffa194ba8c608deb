import { createHash } from 'node:crypto';
import { Fault } from '@countersign/contract';
import { DEFAULT_BACKOFF, type Backoff } from './backoff.js';
import { SILENT, type Log } from './log.js';
import { MemoryGroup } from './memory-group.js';
import type { Bus, BusFaultCode, Message, Received, Subscription } from './port.js';

export interface MemoryOptions {
  partitions?: number;
  /** Most messages a handler gets at once. */
  maxBatch?: number;
  backoff?: Backoff;
  log?: Log;
  /** Groups that are owed every message from the first one on, even before they subscribe. */
  groups?: { topic: string; group: string }[];
}

interface Topic {
  /** Next offset of each partition. */
  next: bigint[];
  groups: Map<string, MemoryGroup>;
}

/**
 * The bus inside one process, for `npm start` and for tests. It keeps nothing: what is durable is the outbox that feeds it.
 * So `publish` resolves only when every group has handled the messages, and a relay that moves its cursor after `publish`
 * loses no event for any group. A group is owed what is published after it was named or first subscribed, also while it has
 * no member, and a publish waits for it.
 */
export class MemoryBus implements Bus {
  readonly #topics = new Map<string, Topic>();
  readonly #options: Required<Omit<MemoryOptions, 'groups'>>;
  #closed = false;

  constructor({
    partitions = 4,
    maxBatch = 500,
    backoff = DEFAULT_BACKOFF,
    log = SILENT,
    groups = [],
  }: MemoryOptions = {}) {
    this.#options = { partitions, maxBatch, backoff, log };
    for (const { topic, group } of groups) this.#group(topic, group);
  }

  async publish(name: string, messages: Message[]): Promise<void> {
    if (this.#closed) throw closedFault();
    const topic = this.#topic(name);
    // Placed and queued before the first await, so that calls keep their order.
    const placed = messages.map((message) => this.#place(name, topic, message));
    await Promise.all([...topic.groups.values()].map((group) => group.hand(placed)));
  }

  async subscribe({ topic: name, group: groupName, handle }: Parameters<Bus['subscribe']>[0]): Promise<Subscription> {
    if (this.#closed) throw closedFault();
    return this.#group(name, groupName).join(handle);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const groups = [...this.#topics.values()].flatMap((topic) => [...topic.groups.values()]);
    await Promise.all(groups.map((group) => group.close(closedFault())));
  }

  #group(topicName: string, name: string): MemoryGroup {
    const { groups } = this.#topic(topicName);
    const group = groups.get(name) ?? new MemoryGroup(name, this.#options);
    groups.set(name, group);
    return group;
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { next: Array.from({ length: this.#options.partitions }, () => 0n), groups: new Map() };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #place(name: string, topic: Topic, message: Message): Received {
    const partition = createHash('sha256').update(message.key).digest().readUInt32BE(0) % topic.next.length;
    const offset = topic.next[partition] ?? 0n;
    topic.next[partition] = offset + 1n;
    // A copy: a caller that reuses its buffer cannot change what is on its way.
    return {
      key: message.key,
      value: Buffer.from(message.value),
      headers: { ...message.headers },
      topic: name,
      partition,
      offset: String(offset),
    };
  }
}

function closedFault(): Fault<BusFaultCode> {
  return new Fault<BusFaultCode>('bus-closed', 'the bus is closed', { retryable: true });
}
