import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecisionSchema, State, StatusError, Vote } from '@countersign/contract';
import { heldView, message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { countersign } from '../test/terminal-run.js';
import { VERBS } from './verbs.js';

let gate: FakeGate;
beforeAll(async () => void (gate = await startFakeGate()));
afterAll(() => gate.stop());

const on = (...args: string[]) => [...args, '--address', gate.address, '--token', 'cs_dev_dana'];
const ASK = ['decide', '--action', 'db.delete', '--arg', 'rows=12480', '--resource', 'table:prod.orders'];

describe('every verb explains itself', () => {
  it.each(VERBS.map((verb) => [verb.name, verb] as const))(
    '%s --help shows an example and its exit codes',
    async (name, verb) => {
      const { code, stdout } = await countersign([...name.split(' '), '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`countersign ${name}`);
      expect(stdout).toContain(verb.examples[0]);
      expect(stdout).toContain('Exit codes');
    },
  );

  it('help stands in columns, whatever is short', async () => {
    const { stdout } = await countersign(['approvals', '--help']);
    expect(stdout).toMatch(/^ {2}--all {28}also those/m);
    expect(stdout).not.toContain('spaces⟩');
  });

  it('help <verb> is the same', async () => {
    const help = await countersign(['help', 'grant', 'verify']);
    expect(help).toEqual(await countersign(['grant', 'verify', '--help']));
    expect(help.code).toBe(0);
  });

  it.each([
    ['aprove x', 'did you mean "approve"'],
    ['polcy check', 'did you mean "policy check"'],
    ['grant', 'grant redeem, grant verify'],
    ['frobnicate', 'countersign help'],
    ['decide --actoin x', 'did you mean --action'],
    ['decide --frobnicate', 'countersign decide --help'],
    ['decide', 'add --action'],
    ['decide --action a.b', 'add --resource'],
    ['decide --action a.b --resource x', 'type:id'],
    ['decide --action a.b --resource x:y --wait 30', '30s'],
    ['decide --action a.b --resource x:y --wait 10m', 'at most 5m'],
    ['decide --action a.b --resource x:y --arguments-json [1]', 'not a JSON object'],
    ['deny dec_01', 'add --reason'],
    ['approve', 'name a request'],
    ['approve a --group b', 'not both'],
    ['approvals a b', 'one argument too many'],
    ['approvals --address nowhere', 'not host:port'],
  ])('"%s" ends with 2 and says what to change', async (line, advice) => {
    const { code, stdout, stderr } = await countersign(line.split(' '));
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(advice);
  });
});

describe('exit codes say what the answer says', () => {
  it.each([
    [{ state: State.ALLOWED, mayAct: true }, 0],
    [{ state: State.ALLOWED, mayAct: false, dryRun: true }, 0],
    [{ state: State.DENIED }, 3],
    [{ state: State.EXPIRED }, 3],
    [{ state: State.REVOKED }, 3],
    [{ state: State.PENDING }, 4],
    // A newer service may know states this program does not.
    [{ state: 99 as State }, 3],
    [{ state: State.ALLOWED, mayAct: false }, 3],
  ])('%j is %i', async (decision, code) => {
    gate.answer('Decide', message(DecisionSchema, { id: 'dec_01', ...decision }));
    expect((await countersign(on(...ASK))).code).toBe(code);
  });

  it('a refusal by the rules is 3 and tells why', async () => {
    gate.answer('GetApproval', heldView());
    gate.answer(
      'CastVote',
      new StatusError('PERMISSION_DENIED', 'You own release-bot, so someone else has to decide.', {
        reason: 'SELF_APPROVAL',
      }),
    );
    const { code, stderr } = await countersign(on('approve', 'dec_01'));
    expect(code).toBe(3);
    expect(stderr).toContain('someone else has to decide');
  });

  it('bad input is 2 and names the field', async () => {
    gate.answer(
      'Decide',
      new StatusError('INVALID_ARGUMENT', 'bad input', {
        violations: [{ field: 'action.name', description: 'use lower case' }],
      }),
    );
    const { code, stderr } = await countersign(on(...ASK));
    expect(code).toBe(2);
    expect(stderr).toContain('action.name: use lower case');
  });

  it('a gate that is not there is 1 and says how to start it', async () => {
    const { code, stderr } = await countersign([...ASK, '--address', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain('npm start');
  });
});

describe('watch <decision>', () => {
  const pending = message(DecisionSchema, { id: 'dec_01', state: State.PENDING });

  it('ends with the answer, not with what becomes of it later', async () => {
    const allowed = message(DecisionSchema, { id: 'dec_01', state: State.ALLOWED, mayAct: true, final: true });
    const redeemed = message(DecisionSchema, { id: 'dec_01', state: State.REDEEMED, final: true });
    gate.answer('WatchDecision', pending, allowed, redeemed);
    const { code, stdout } = await countersign(on('watch', 'dec_01', '--json'));
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).state),
    ).toEqual(['STATE_PENDING', 'STATE_ALLOWED']);
  });

  it('does not take a stream that broke off for an answer', async () => {
    gate.answer('WatchDecision', pending);
    expect((await countersign(on('watch', 'dec_01'))).code).toBe(1);
  });
});

describe('a vote is for what was shown', () => {
  it('carries the digest of the action and of the card', async () => {
    gate.answer('GetApproval', heldView());
    gate.answer('CastVote', heldView());
    expect((await countersign(on('approve', 'dec_01', '--reason', 'window confirmed'))).code).toBe(0);
    expect(gate.seen.get('CastVote')!.at(-1)).toMatchObject({
      vote: Vote.APPROVE,
      seenDigest: '9f3ac210AAAA',
      cardDigest: 'card-digest',
      reason: 'window confirmed',
    });
    expect(gate.authorization()).toBe('Bearer cs_dev_dana');
  });

  it('a person at a terminal sees the card first, and anything but yes sends nothing', async () => {
    const before = gate.seen.get('CastVote')!.length;
    const { code, stdout, stderr } = await countersign(on('approve', 'dec_01'), { tty: true, input: '\n' });
    expect(stdout.indexOf('Delete 12,480 rows')).toBeLessThan(stdout.indexOf('Approve this exact call'));
    expect(stderr).toContain('nothing was sent');
    expect(code).toBe(2);
    expect(gate.seen.get('CastVote')).toHaveLength(before);
  });
});

describe('text from an agent cannot act on the terminal', () => {
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  it.each([['approvals', 'dec_01'], ['approve', 'dec_01'], ['watch'], ['approvals']])('%s %s', async (...line) => {
    gate.answer('GetApproval', heldView());
    gate.answer('CastVote', heldView());
    gate.answer('ListApprovals', {
      $typeName: 'countersign.v1.ListApprovalsResponse',
      approvals: [heldView()],
      nextPageToken: '',
      notices: [],
      overdueReviews: [],
    } as never);
    const hostile = heldView();
    hostile.card!.headline = 'Delete\u001b[8m hidden\r\nnothing';
    gate.answer('WatchApprovals', hostile);
    const { stdout, stderr } = await countersign(on(...line));
    expect(stdout).toContain('release-bot');
    expect(stdout + stderr).not.toMatch(control);
  });

  it('not in an error either, and not in a decision', async () => {
    gate.answer('Decide', new StatusError('ABORTED', 'no \u001b]0;owned\u0007'));
    expect((await countersign(on(...ASK))).stderr).not.toMatch(control);
    gate.answer(
      'Decide',
      message(DecisionSchema, {
        id: 'dec_01',
        state: State.DENIED,
        reasons: [{ rule: 'x\u001b[2J', text: 'y\u202E' }],
        nextStep: '\u009bm',
      }),
    );
    expect((await countersign(on(...ASK))).stdout).not.toMatch(control);
    expect((await countersign([`\u001b[31mx`])).stderr).not.toMatch(control);
  });

  it('JSON keeps the value and shows no control character', async () => {
    gate.answer('GetApproval', heldView());
    const { stdout } = await countersign(on('approvals', 'dec_01', '--json'));
    expect(stdout).not.toMatch(control);
    expect(JSON.parse(stdout).card.agent_says).toBe(heldView().card!.agentSays);
  });

  it('colours only for a person who did not turn them off', async () => {
    expect((await countersign(on('approvals', 'dec_01'), { tty: true })).stdout).toContain('\u001b[1m');
    expect((await countersign(on('approvals', 'dec_01'), { tty: true, env: { NO_COLOR: '1' } })).stdout).not.toMatch(
      control,
    );
  });
});

describe('--json is JSON and nothing else', () => {
  it.each([
    [ASK, 'Decide'],
    [['approvals', 'dec_01'], 'GetApproval'],
    [['approve', 'dec_01'], 'CastVote'],
    [['nonsense'], ''],
    [['audit', 'evidence'], ''],
    [['doctor', '--http', 'http://127.0.0.1:1'], ''],
  ])('%j', async (line) => {
    gate.answer('Decide', message(DecisionSchema, { id: 'dec_01', state: State.PENDING, requestId: 'r1' }));
    const args = line[0] === 'nonsense' ? line : on(...line);
    const { stdout } = await countersign([...args, '--json']);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });

  it('says may_act: false in words, with the protos’ own names', async () => {
    const { stdout } = await countersign([...on(...ASK), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'dec_01',
      state: 'STATE_PENDING',
      may_act: false,
      request_id: 'r1',
    });
  });
});

it('the request says exactly what was typed', async () => {
  await countersign(
    on(...ASK, '--arg', 'version=1.10', '--arg', 'ids:=[12345678901234567890]', '--arg', 'zip=007', '--wait', '1500ms'),
  );
  expect(gate.seen.get('Decide')!.at(-1)).toMatchObject({
    action: { name: 'db.delete' },
    argumentsForm: {
      case: 'argumentsJson',
      value: '{"rows":12480,"version":"1.10","ids":[12345678901234567890],"zip":"007"}',
    },
    resource: { type: 'table', id: 'prod.orders' },
    wait: { seconds: 1n, nanos: 500_000_000 },
  });
});
