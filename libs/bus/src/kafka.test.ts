import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startKafka, testKafka } from '../../../test/kafka.js';
import { expectOrderPerKey, holdsTheContract, newName, numbered, text, until } from './bus.contract.js';
import { KafkaBus } from './kafka.js';
import type { Received } from './port.js';

const kafka = await testKafka();
const brokers = 'brokers' in kafka ? kafka.brokers : '';
const backoff = { first: 50, most: 500 };
const NOBODY = '127.0.0.1:1';

describe.skipIf(!brokers)('on a real broker', () => {
  holdsTheContract('the bus on Kafka', async () => ({
    bus: new KafkaBus({ brokers: [brokers], clientId: 'test', partitions: 4, backoff }),
    gone: new KafkaBus({ brokers: [NOBODY], clientId: 'test', publishTimeoutMs: 1_000, backoff }),
  }));

  it('loses nothing and stops nobody when the broker is killed and comes back', { timeout: 90_000 }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'countersign-kafka-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    let broker = await startKafka({ dataDir });
    onTestFinished(() => broker.stop());
    const bus = new KafkaBus({ brokers: [broker.brokers], clientId: 'drill', publishTimeoutMs: 3_000, backoff });
    onTestFinished(() => bus.close());
    const topic = newName();
    const received: Received[] = [];
    await bus.subscribe({ topic, group: newName(), handle: async (batch) => void received.push(...batch) });

    let refused = 0;
    // As the relay does: in order, and again until it is accepted.
    const send = async (from: number) => {
      for (;;) {
        try {
          return await bus.publish(topic, numbered(50, 5, from));
        } catch {
          refused += 1;
        }
      }
    };
    for (let from = 0; from < 500; from += 50) await send(from);
    process.kill(broker.pid, 'SIGKILL');
    const sending = (async () => {
      for (let from = 500; from < 1000; from += 50) await send(from);
    })();
    await until(() => refused > 0);
    broker = await startKafka({ dataDir, port: Number(broker.brokers.split(':')[1]) });
    await sending;
    await until(() => new Set(received.map(text)).size >= 1000, 40_000);
    expectOrderPerKey(received);
  });
});

describe('without a broker', () => {
  it('subscribes at once, so that a service starts, and stops without waiting for one', async () => {
    const bus = new KafkaBus({ brokers: [NOBODY], clientId: 'test', backoff });
    await bus.subscribe({ topic: newName(), group: newName(), handle: async () => {} });
    const before = Date.now();
    await bus.close();
    expect(Date.now() - before).toBeLessThan(5_000);
  });
});
