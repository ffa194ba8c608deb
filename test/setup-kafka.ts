import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { KafkaUnavailable, startKafka } from '../tools/kafka.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Asked for the broker; the first to ask starts it. */
    kafkaDoor: string;
  }
}

export type KafkaAnswer = { brokers: string } | { unavailable: string };

/** One broker for the whole run, started when the first suite asks for it: most runs of a few files never do. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let broker: ReturnType<typeof startKafka> | undefined;
  let missing = '';
  const answer = async (): Promise<KafkaAnswer> => {
    try {
      broker ??= startKafka();
      return { brokers: (await broker).brokers };
    } catch (error) {
      if (!(error instanceof KafkaUnavailable)) throw error;
      missing = error.message;
      return { unavailable: missing };
    }
  };
  const door = createServer((_, response) => {
    answer().then(
      (found) => response.end(JSON.stringify(found)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  project.provide('kafkaDoor', `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    door.close();
    await broker?.then(
      ({ stop }) => stop(),
      () => {},
    );
    if (missing) process.stderr.write(`\nNOT TESTED: everything that needs Kafka, because ${missing}\n`);
  };
}
