import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import type { Envelope } from '@countersign/contract';
import type { Report } from '@countersign/ledger';
import { testKafka } from '../kafka.js';
import { Agent, type Told } from './agent.js';
import { startCountersign, type Countersign } from './harness.js';
import { readRecord } from './record.js';

const kafka = await testKafka();
const DECISIONS = 2000;
const AT_ONCE = 16;
const KILLS_EACH = 3;
const VICTIMS = ['intake', 'notifier', 'audit'] as const;

describe.skipIf('unavailable' in kafka)('four processes, PostgreSQL and Kafka', () => {
  let countersign: Countersign;
  let agent: Agent;
  /** Everything answered in this file: the ledger holds all of it. */
  const told: Told[] = [];

  beforeAll(async () => {
    countersign = await startCountersign();
    try {
      await countersign.fleet.ready(90_000);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${countersign.output()}`, { cause: error });
    }
    agent = new Agent(countersign.intake);
  }, 120_000);
  afterAll(async () => {
    agent?.close();
    await countersign?.stop();
  }, 60_000);

  it('puts every answer in a ledger that verifies', { timeout: 60_000 }, async () => {
    onTestFailed(() => void process.stderr.write(`${countersign.output()}\n`));
    await decide('smoke', 12);
    await expectRecorded(30_000);
  });

  it(
    'loses, repeats and reorders nothing when intake, notifier and audit are killed in turn',
    { timeout: 240_000 },
    async ({ annotate }) => {
      onTestFailed(() => void process.stderr.write(`${countersign.output()}\n`));
      // Each kill at a random point of the work, none of it planned around what a service is doing.
      const points = Array.from({ length: KILLS_EACH * VICTIMS.length }, () => randomInt(20, DECISIONS - 20)).sort(
        (a, b) => a - b,
      );
      const killed: Promise<void>[] = [];
      const before = told.length;
      await decide('drill', DECISIONS, () => {
        const victim = VICTIMS[killed.length % VICTIMS.length]!;
        if (told.length - before >= (points[killed.length] ?? Infinity))
          killed.push(countersign.fleet.services[victim].kill());
      });
      await Promise.all(killed);
      expect(killed).toHaveLength(points.length);
      // The kills were felt: otherwise this has shown nothing.
      expect(agent.retries).toBeGreaterThan(0);
      await countersign.fleet.ready(60_000);
      const { size } = await expectRecorded(90_000);
      await annotate(
        `${DECISIONS} decisions, ${killed.length} kills, ${agent.retries} calls tried again, ${size} entries, signed`,
      );
    },
  );

  async function decide(run: string, count: number, answered: () => void = () => {}): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < count) {
        told.push(await agent.decide(run, next++));
        answered();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Exactly once, in order per decision, under a signed head that covers it. */
  async function expectRecorded(withinMs: number): Promise<Report> {
    const { events, report } = await readRecord(countersign, told.length, withinMs);
    expect(report).toMatchObject({ ok: true, problems: [], quarantined: 0, signed: report.size });
    const byDecision = new Map<string, Envelope[]>();
    // What is said about the gate itself belongs to no decision.
    for (const event of events.filter(({ decision_id: id }) => id.startsWith('dec_')))
      byDecision.set(event.decision_id, [...(byDecision.get(event.decision_id) ?? []), event]);
    for (const { decisionId, requestId, events: expected } of told) {
      const recorded = byDecision.get(decisionId) ?? [];
      expect(
        recorded.map(({ version }) => version),
        decisionId,
      ).toEqual(recorded.map((_, index) => index + 1));
      // A call that was tried again can leave a refusal; it never leaves a second fact.
      expect(
        recorded.filter(({ type }) => !type.endsWith('.refused')).map(({ type }) => type),
        decisionId,
      ).toEqual(expected);
      expect(requestIdOf(recorded[0]), decisionId).toBe(requestId);
    }
    // Nothing was decided twice under another id.
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(byDecision.size).toBe(told.length);
    return report;
  }
});

function requestIdOf(event: Envelope | undefined): unknown {
  return (event?.data.request as { request_id?: string } | undefined)?.request_id;
}
