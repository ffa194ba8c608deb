import { inject } from 'vitest';
import type { KafkaAnswer } from './setup-kafka.js';

/** For a test that needs a broker to itself, to kill it for one. */
export { startKafka } from '../tools/kafka.mjs';

/**
 * The broker that the suites of this run share, or why this machine has none. A suite names its topics and groups so that
 * no other uses them. Where everything has to be tested (CI=true), having none is an error.
 */
export async function testKafka(): Promise<KafkaAnswer> {
  const response = await fetch(inject('kafkaDoor'));
  if (!response.ok) throw new Error(await response.text());
  const answer = (await response.json()) as KafkaAnswer;
  if ('unavailable' in answer && process.env.CI === 'true') throw new Error(answer.unavailable);
  return answer;
}
