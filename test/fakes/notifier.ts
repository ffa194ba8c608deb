import { notifierModule, type Answer, type Cast, type LinkCode, type NotifierConfig } from '@countersign/app-notifier';
import { MemoryBus } from '@countersign/bus';
import { EVENTS_TOPIC, type AgentFact } from '@countersign/contract';
import type { Beside, DecisionEvent, Place } from '@countersign/approval';
import { Metrics, openLog, Readiness, startService } from '@countersign/service';
import { migrate, openPool, type Pool } from '@countersign/store';
import type { AddressInfo } from 'node:net';
import { testDatabase } from '../postgres.js';
import { recorded } from './held.js';

/** A whole notifier on a port of its own, with a real database, the bus in memory, and intake played by the test. */
export interface RunningNotifier {
  url: string;
  pool: Pool;
  /** What intake was asked to count. */
  votes: Cast[];
  /** The codes that were brought to intake. */
  codes: LinkCode[];
  /** What intake answers; may throw. */
  intake: {
    answer: (cast: Cast) => Answer | Promise<Answer>;
    beside: (id: string, place: Place) => Beside;
    /** How often it was asked what stands beside a request. */
    looks: number;
  };
  publish(id: string, version: number, event: DecisionEvent | AgentFact): Promise<void>;
  stop(): Promise<void>;
}

export async function startNotifier(
  config: NotifierConfig,
  pace = { repostMs: 300, backoffMs: 50, pollMs: 50 },
): Promise<RunningNotifier> {
  const database = await testDatabase();
  await migrate(database.url, 'notifier');
  const pool = openPool(database.url, 'notifier', { max: 4 });
  const bus = new MemoryBus();
  const votes: Cast[] = [];
  const intake: RunningNotifier['intake'] = {
    answer: () => ({ ok: true }),
    beside: () => ({ just_before: [], similar: ['Nothing like it was answered in 30 days'] }),
    looks: 0,
  };
  const beside = async (id: string, place: Place): Promise<Beside> => {
    intake.looks += 1;
    return intake.beside(id, place);
  };
  const castVote = async (cast: Cast): Promise<Answer> => {
    votes.push(cast);
    return intake.answer(cast);
  };
  const codes: LinkCode[] = [];
  const present = async (code: LinkCode): Promise<string> => {
    if (code.code === 'down') throw new Error('intake is down');
    codes.push(code);
    return 'Almost done.';
  };
  const log = openLog('notifier-test', 'silent');
  const running = await startService({
    module: notifierModule(config, {
      pool,
      bus,
      voting: { castVote },
      linking: { present },
      beside: { beside },
      log,
      pace,
    }),
    endpoints: () => ({ services: [], documents: {} }),
    bind: '127.0.0.1',
    httpPort: 0,
    log,
    metrics: new Metrics(),
    readiness: new Readiness(),
  });
  const { port } = running.app.getHttpServer().address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    pool,
    votes,
    codes,
    intake,
    publish: (id, version, event) => bus.publish(EVENTS_TOPIC, [recorded(id, version, event)]),
    stop: async () => {
      await running.stop();
      await bus.close();
      await pool.end();
      await database.drop();
    },
  };
}
