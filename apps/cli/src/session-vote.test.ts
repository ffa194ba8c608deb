import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  ApprovalViewSchema,
  DecisionSchema,
  State,
  type CastVoteRequest,
  type RevokeDecisionRequest,
} from '@countersign/contract';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { countersign } from '../test/terminal-run.js';

let gate: FakeGate;
beforeAll(async () => void (gate = await startFakeGate()));
afterAll(() => gate.stop());

const ID = 'dec_01jd8q1v8y6m3t9w2k5n7p4r0c';
const said = (...args: string[]) => countersign([...args, '--address', gate.address, '--token', 'cs_dev_ben']);
const on = (...args: string[]) => said(...args, '--json');
const sent = () => gate.seen.get('CastVote')!.at(-1) as CastVoteRequest;

it('a session is approved only by who says so, and as far as they say', async () => {
  const view = message(ApprovalViewSchema, { id: ID, decision: { id: ID, state: State.PENDING } });
  gate.answer('GetApproval', view);
  gate.answer('CastVote', view);
  expect((await on('approve', ID, '--yes')).code).toBe(0);
  expect(sent().session).toBeUndefined();
  await on('approve', ID, '--yes', '--session');
  expect(sent().session).toMatchObject({ count: 0 });
  await on('approve', ID, '--yes', '--session', '--count', '5', '--within', '20m');
  expect(sent().session).toMatchObject({ count: 5, expiresIn: { seconds: 1_200n } });
});

it.each([
  [['--count', '5'], '--count and --within go with --session'],
  [['--session', '--count', 'many'], '--count is "many": write a number from 1'],
  [['--session', '--within', 'soon'], '--within is "soon"'],
])('%j is explained', async (args, text) => {
  const { code, stderr } = await said('approve', ID, '--yes', ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
});

it('countersign revoke takes a permission back, with a reason', async () => {
  gate.answer('RevokeDecision', message(DecisionSchema, { id: ID, state: State.REVOKED }));
  expect((await said('revoke', ID)).stderr).toContain('add --reason');
  const { code, stdout } = await on('revoke', ID, '--reason', 'a mistake');
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ state: 'STATE_REVOKED' })]);
  expect(gate.seen.get('RevokeDecision')!.at(-1) as RevokeDecisionRequest).toMatchObject({
    id: ID,
    reason: 'a mistake',
  });
});
