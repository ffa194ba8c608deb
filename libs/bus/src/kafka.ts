import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type KafkaConfig, type LogEntry } from 'kafkajs';
import { Fault } from '@countersign/contract';
import { DEFAULT_BACKOFF, type Backoff } from './backoff.js';
import { KafkaMember } from './kafka-member.js';
import { KafkaPublisher } from './kafka-publisher.js';
import { messageOf, SILENT, type Log } from './log.js';
import type { Bus, BusFaultCode, Message, Subscription } from './port.js';

const HOSTED_ATTEMPTS = 10;

export interface KafkaOptions {
  /** host:port of some brokers. */
  brokers: string[];
  /** Names this process in the broker's log. */
  clientId: string;
  log?: Log;
  /** For topics that do not exist yet. */
  partitions?: number;
  /** How long one publish may take before it is given up and its producer thrown away. */
  publishTimeoutMs?: number;
  /** Most messages a handler gets at once. */
  maxBatch?: number;
  backoff?: Backoff;
  /** TLS and credentials, as kafkajs takes them. */
  security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/**
 * The record is never thinned out: without this a broker forgets after a week, and a consumer that was away for longer would
 * miss what the outbox has long handed over. Compaction would drop all but the last event of a decision.
 */
const KEPT = [
  { name: 'retention.ms', value: '-1' },
  { name: 'cleanup.policy', value: 'delete' },
];

/** The bus on Apache Kafka. Connects when it is first used, so that a service starts, and stays up, without a broker. */
export class KafkaBus implements Bus {
  readonly #kafka: Kafka;
  readonly #options: Required<Omit<KafkaOptions, 'security'>>;
  readonly #publisher: KafkaPublisher;
  readonly #members = new Set<KafkaMember>();
  readonly #known = new Set<string>();
  #closed = false;

  constructor(options: KafkaOptions) {
    const { security, log = SILENT, ...rest } = options;
    this.#options = { partitions: 6, publishTimeoutMs: 30_000, maxBatch: 500, backoff: DEFAULT_BACKOFF, ...rest, log };
    this.#kafka = new Kafka({
      brokers: options.brokers,
      clientId: options.clientId,
      connectionTimeout: 5_000,
      requestTimeout: 15_000,
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => relay(entry, log),
      ...security,
    });
    this.#publisher = new KafkaPublisher(this.#kafka, this.#options.publishTimeoutMs, log);
  }

  async publish(topic: string, messages: Message[]): Promise<void> {
    if (this.#closed) throw closedFault();
    await this.#publisher.publish(topic, messages, () => this.ensureTopics([topic]));
  }

  /** Resolves at once: joining the group goes on behind it for as long as it takes, and starts with the oldest message. */
  async subscribe({ topic, group, handle }: Parameters<Bus['subscribe']>[0]): Promise<Subscription> {
    if (this.#closed) throw closedFault();
    const member = new KafkaMember(this.#kafka, { topic, group, handle, ...this.#options }, () =>
      this.ensureTopics([topic]),
    );
    this.#members.add(member);
    member.start();
    return {
      stop: async () => {
        this.#members.delete(member);
        await member.stop();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#members].map((member) => member.stop()));
    await this.#publisher.close(closedFault());
  }

  /** Creates the topics that are missing, with the broker's own replication factor. Existing ones are left as they are. */
  async ensureTopics(topics: string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#known.has(topic));
    if (unknown.length === 0) return;
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      const existing = await admin.listTopics();
      const missing = unknown.filter((topic) => !existing.includes(topic));
      if (missing.length > 0) {
        const { partitions } = this.#options;
        // Answers false, without an error, when another process was first.
        await admin.createTopics({
          topics: missing.map((topic) => ({ topic, numPartitions: partitions, configEntries: KEPT })),
          waitForLeaders: false,
        });
        await hosted(admin, missing);
      }
      for (const topic of unknown) this.#known.add(topic);
    } catch (error) {
      const text = `topics ${unknown.join(', ')} are not there and could not be created: ${messageOf(error)}`;
      throw new Fault<BusFaultCode>('bus-unavailable', text, { cause: error, retryable: true });
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}

/** Resolves when brokers serve topics that were just created: they are told a moment after the answer. */
async function hosted(admin: Admin, topics: string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await admin.fetchTopicMetadata({ topics });
      return;
    } catch (error) {
      if (attempt === HOSTED_ATTEMPTS) throw error;
      await sleep(50 * attempt);
    }
  }
}

// What kafkajs calls an error it usually retries; what it gives up on is thrown, and then logged or rejected by us.
function relay({ namespace, log: { message, timestamp, logger, stack, ...fields } }: LogEntry, log: Log): void {
  log.debug({ namespace, ...fields }, `kafka: ${message}`);
}

function closedFault(): Fault<BusFaultCode> {
  return new Fault<BusFaultCode>('bus-closed', 'the bus is closed', { retryable: true });
}
