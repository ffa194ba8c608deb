import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ListStopsResponseSchema,
  ResumeActionsResponseSchema,
  StopActionsResponseSchema,
  type StopActionsRequest,
} from '@countersign/contract';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { countersign } from '../test/terminal-run.js';

let gate: FakeGate;
beforeAll(async () => void (gate = await startFakeGate()));
afterAll(() => gate.stop());

const on = (...args: string[]) => [...args, '--address', gate.address, '--token', 'cs_dev_ben'];
const STOP = {
  id: 'stp_1',
  agent: 'release-bot',
  reason: 'its key is \u001b[31mpublic',
  byName: 'Ben',
  security: true,
};

describe('countersign stop', () => {
  it('stops at once, without a question, and says what is stopped and how to resume', async () => {
    gate.answer('StopActions', message(StopActionsResponseSchema, { stop: STOP, inEffectEverywhere: true }));
    const before = Date.now();
    const { code, stdout } = await countersign(
      on('stop', '--agent', 'release-bot', '--reason', 'its key is public', '--security', '--for', '2h'),
    );
    expect(code).toBe(0);
    expect(stdout).toContain('agent release-bot');
    expect(stdout).toContain('countersign resume stp_1');
    expect(stdout).not.toContain('\u001b[31mpublic');
    const sent = gate.seen.get('StopActions')!.at(-1) as StopActionsRequest;
    expect(sent).toMatchObject({ agent: 'release-bot', area: '', all: false, security: true });
    expect(Number(sent.until!.seconds) * 1000).toBeGreaterThanOrEqual(before + 7_199_000);
  });

  it('says so when not every process acts by it yet', async () => {
    gate.answer('StopActions', message(StopActionsResponseSchema, { stop: { ...STOP, agent: '', all: true } }));
    const { code, stdout, stderr } = await countersign(on('stop', '--all', '--reason', 'incident'));
    expect([code, stdout]).toEqual([0, expect.stringContaining('everything')]);
    expect(stderr).toContain('not every process');
  });

  it.each([['stop --all'], ['resume stp_1']])('"%s" without a reason ends with 2', async (line) => {
    const { code, stderr } = await countersign(on(...line.split(' ')));
    expect([code, stderr]).toEqual([2, expect.stringContaining('add --reason')]);
  });
});

it('countersign stops lists what is stopped, and resume lifts it, for people and as JSON', async () => {
  gate.answer('ListStops', message(ListStopsResponseSchema, { stops: [STOP] }));
  gate.answer('ResumeActions', message(ResumeActionsResponseSchema, { stop: STOP, inEffectEverywhere: true }));
  expect((await countersign(on('stops'))).stdout).toContain('STOPPED');
  expect(JSON.parse((await countersign(on('stops', '--json'))).stdout)).toMatchObject({ stops: [{ id: 'stp_1' }] });
  expect((await countersign(on('resume', 'stp_1', '--reason', 'over'))).stdout).toContain('Resumed.');
  const json = await countersign(on('resume', 'stp_1', '--reason', 'over', '--json'));
  expect(JSON.parse(json.stdout)).toMatchObject({ in_effect_everywhere: true });
  gate.answer('ListStops', message(ListStopsResponseSchema, { stops: [] }));
  expect((await countersign(on('stops'))).stdout).toContain('nothing is stopped');
});
