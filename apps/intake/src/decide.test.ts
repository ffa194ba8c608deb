import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  eventsOf,
  GATEWAY,
  HOLD,
  newPlace,
  READ,
  startGate,
  SUPPORT,
  typesOf,
  type Gate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate(place);
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

const rowsOf = async (id: string) =>
  (await place.admin.query<{ status: string }>('select status from decisions where id = $1', [id])).rows;

describe('an answer', () => {
  it('that policy allows is one event and no state', async () => {
    const answer = await gate.grpc.call(BOT, decisions.decide, {
      ...READ,
      requestId: 'allow-1',
      principal: 'lee@acme.example',
    });
    expect(answer).toMatchObject({
      requestId: 'allow-1',
      state: State.ALLOWED,
      mayAct: true,
      final: true,
      grant: '',
      nextStep: 'Run exactly this action now.',
      subject: { type: 'agent', id: 'release-bot' },
      reasons: [{ rule: 'db-read', text: 'reading changes nothing' }],
    });
    expect(answer.id).toMatch(/^dec_[0-9a-z]{26}$/);
    expect(answer.policy?.revision).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await eventsOf(place.admin, answer.id)).toMatchObject([
      {
        v: 1,
        type: 'decision.allowed',
        version: 1,
        data: {
          action_digest: answer.actionDigest,
          agent: { owner: 'sam@acme.example', owner_name: 'Sam Ortiz', groups: ['ci'] },
          request: { principal: 'lee@acme.example', subject: { id: 'release-bot' }, request_id: 'allow-1' },
        },
      },
    ]);
    expect(await rowsOf(answer.id)).toEqual([]);
    expect(await gate.grpc.call(BOT, decisions.getDecision, { id: answer.id })).toEqual(answer);
    await until('it is published', () => gate.published.some(({ decision_id }) => decision_id === answer.id));
  });

  it('that no rule allows is a denial with its reason', async () => {
    const answer = await gate.grpc.call(BOT, decisions.decide, { ...READ, action: { name: 'db.unheard_of' } });
    expect(answer).toMatchObject({ state: State.DENIED, mayAct: false, final: true, reasons: [{ rule: 'no-rule' }] });
    expect(answer.nextStep).toContain('do not use another tool');
    expect(await typesOf(place.admin, answer.id)).toEqual(['decision.denied']);
  });

  it('that people must give is pending, and says who is asked and until when', async () => {
    const before = Date.now();
    const answer = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    expect(answer).toMatchObject({
      state: State.PENDING,
      mayAct: false,
      final: false,
      pollAfter: { seconds: 2n },
      grant: '',
      risk: { level: 'high' },
      approval: { seats: [{ group: 'dba', count: 1, filled: 0 }], votes: [] },
    });
    const left = Number(answer.approval!.expiresAt!.seconds) * 1000 - before;
    expect(left).toBeGreaterThan(890_000);
    expect(left).toBeLessThan(960_000);
    expect(await rowsOf(answer.id)).toEqual([{ status: 'PENDING' }]);
    const [held] = await eventsOf(place.admin, answer.id);
    expect(held!.data).toMatchObject({
      asked: [{ id: 'dana@acme.example' }, { id: 'ana@acme.example' }],
      excluded: [
        { id: 'sam@acme.example', because: 'owner' },
        { id: 'release-bot', because: 'requester' },
      ],
      destinations: [{ channel: 'slack', address: 'C0DBA' }, { channel: 'teams' }],
    });
  });

  it('carries the trace of its call into the record', async () => {
    const { id } = await gate.http<{ id: string }>(BOT, '/v1/decisions', {
      body: { action: { name: 'db.read' }, resource: { type: 'table', id: 't' } },
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    expect(await eventsOf(place.admin, id)).toMatchObject([{ trace_id: '0af7651916cd43dd8448eb211c80319c' }]);
  });

  it('to a dry run is not recorded and permits nothing', async () => {
    for (const [request, state] of [
      [READ, State.ALLOWED],
      [bulkDelete(), State.PENDING],
    ] as const) {
      const answer = await gate.grpc.call(BOT, decisions.decide, { ...request, dryRun: true, requestId: 'dry' });
      expect(answer).toMatchObject({ state, mayAct: false, final: true, dryRun: true, id: '' });
    }
    const { rows } = await place.admin.query(`select 1 from events where body::text like '%dry%'`);
    expect(rows).toEqual([]);
  });

  it('binds the digits of its arguments, in whatever form they came', async () => {
    const ask = (argumentsForm: object) => gate.grpc.call(BOT, decisions.decide, { ...READ, argumentsForm } as never);
    const exact = await ask({ case: 'argumentsJson', value: '{"b":1.50,"a":"x"}' });
    const structure = await ask({ case: 'arguments', value: { a: 'x', b: 1.5 } });
    const other = await ask({ case: 'argumentsJson', value: '{"a":"x","b":1.51}' });
    const none = await gate.grpc.call(BOT, decisions.decide, READ);
    const empty = await ask({ case: 'argumentsJson', value: '{}' });
    expect(structure.actionDigest).toBe(exact.actionDigest);
    expect(other.actionDigest).not.toBe(exact.actionDigest);
    expect(empty.actionDigest).toBe(none.actionDigest);
  });

  it('to a gateway is about the agent it names, and says who submitted it', async () => {
    const answer = await gate.grpc.call(GATEWAY, decisions.decide, {
      ...READ,
      subject: { type: 'agent', id: 'support-bot' },
    });
    expect(answer.subject).toMatchObject({ id: 'support-bot' });
    const [event] = await eventsOf(place.admin, answer.id);
    expect(event!.data).toMatchObject({
      agent: { owner: 'lee@acme.example' },
      request: { subject: { id: 'support-bot' }, submitted_by: 'edge-gateway' },
    });
    for (const reader of [GATEWAY, SUPPORT])
      expect(await gate.grpc.call(reader, decisions.getDecision, { id: answer.id })).toMatchObject({ id: answer.id });
  });
});

describe('the same request_id', () => {
  it('is the same decision, however often and over whichever door, and writes nothing more', async () => {
    const request = { ...READ, requestId: 'same-1' };
    const first = await gate.grpc.call(BOT, decisions.decide, request);
    const many = await Promise.all(Array.from({ length: 20 }, () => gate.grpc.call(BOT, decisions.decide, request)));
    const { id } = await gate.http<{ id: string }>(BOT, '/v1/decisions', {
      body: { action: READ.action, resource: READ.resource, request_id: 'same-1' },
    });
    expect(new Set([...many.map((one) => one.id), id])).toEqual(new Set([first.id]));
    expect(many[0]).toEqual(first);
    expect(await typesOf(place.admin, first.id)).toEqual(['decision.allowed']);
  });

  it('sent many times at once for the first time is one decision', async () => {
    const request = { ...bulkDelete(), requestId: 'race-1' };
    const answers = await Promise.all(Array.from({ length: 30 }, () => gate.grpc.call(BOT, decisions.decide, request)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.every(({ requestId }) => requestId === 'race-1')).toBe(true);
    expect((await typesOf(place.admin, answers[0]!.id)).filter((type) => type === 'decision.held')).toHaveLength(1);
  });

  it('shows the decision as it is now', async () => {
    const request = { ...bulkDelete(), requestId: 'later-1' };
    const { id } = await gate.grpc.call(BOT, decisions.decide, request);
    await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
    const again = await gate.grpc.call(BOT, decisions.decide, request);
    expect(again).toMatchObject({ id, state: State.ALLOWED, mayAct: true });
    expect(again.grant).not.toBe('');
  });

  it.each([
    ['arguments', { argumentsForm: { case: 'argumentsJson', value: '{"rows":2}' } }],
    ['resource', { resource: { type: 'table', id: 'prod.other' } }],
    ['action', { action: { name: 'db.list' } }],
    ['principal', { principal: 'lee@acme.example' }],
    ['justification', { justification: 'another reason' }],
  ] as const)('with another %s is refused', async (what, change) => {
    const requestId = `reused-${what}`;
    const { id } = await gate.grpc.call(BOT, decisions.decide, { ...READ, requestId });
    await expect(gate.grpc.call(BOT, decisions.decide, { ...READ, ...change, requestId })).rejects.toMatchObject({
      code: 'ABORTED',
      reason: 'REQUEST_ID_REUSED',
    });
    expect(await typesOf(place.admin, id)).toEqual(['decision.allowed']);
  });

  it('with another context is another body', async () => {
    const asked = (ticket: string) =>
      gate.grpc.call(BOT, decisions.decide, {
        ...READ,
        requestId: 'context-1',
        contextForm: { case: 'contextJson', value: `{"ticket":"${ticket}"}` },
      });
    await asked('OPS-1');
    await expect(asked('OPS-1')).resolves.toMatchObject({ state: State.ALLOWED });
    await expect(asked('OPS-2')).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('of another agent is another request', async () => {
    const [one, two] = await Promise.all(
      [BOT, SUPPORT].map((token) => gate.grpc.call(token, decisions.decide, { ...READ, requestId: 'mine' })),
    );
    expect(one!.id).not.toBe(two!.id);
  });
});

describe('the same action asked again while it is pending', () => {
  it('joins what is there: nobody is asked twice, and the record says so', async () => {
    const request = bulkDelete();
    const first = await gate.grpc.call(BOT, decisions.decide, { ...request, requestId: 'join-1' });
    const second = await gate.grpc.call(BOT, decisions.decide, { ...request, requestId: 'join-2' });
    expect(second).toMatchObject({ id: first.id, requestId: 'join-2', state: State.PENDING });
    expect(await typesOf(place.admin, first.id)).toEqual(['decision.held', 'decision.repeated']);
    // Its own id is remembered too.
    expect(await gate.grpc.call(BOT, decisions.decide, { ...request, requestId: 'join-2' })).toMatchObject({
      id: first.id,
    });
    expect(await typesOf(place.admin, first.id)).toHaveLength(2);
  });

  it('by forty callers at once is one decision that all of them hear of', async () => {
    const request = bulkDelete();
    const answers = await Promise.all(Array.from({ length: 40 }, () => gate.grpc.call(BOT, decisions.decide, request)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const types = await typesOf(place.admin, answers[0]!.id);
    expect(types[0]).toBe('decision.held');
    expect(types.slice(1)).toEqual(Array.from({ length: 39 }, () => 'decision.repeated'));
  });

  it('by another agent is another decision', async () => {
    const request = bulkDelete();
    const one = await gate.grpc.call(BOT, decisions.decide, request);
    const two = await gate.grpc.call(SUPPORT, decisions.decide, request);
    expect(two.id).not.toBe(one.id);
  });

  it('for another principal, or with another chain of delegation, is another decision: it excludes others', async () => {
    const request = bulkDelete();
    const act = (sub: string) => ({
      subject: {
        type: 'agent',
        id: 'release-bot',
        propertiesForm: { case: 'propertiesJson' as const, value: `{"act":{"sub":"${sub}"}}` },
      },
    });
    const asked = [
      request,
      { ...request, principal: 'dana@acme.example' },
      { ...request, ...act('dana@acme.example') },
    ];
    const answers = [];
    for (const one of asked) answers.push(await gate.grpc.call(BOT, decisions.decide, one));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
    for (const { id } of answers.slice(1)) {
      const vote = gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
      await expect(vote).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    }
  });

  it('after it was decided asks people again', async () => {
    const request = bulkDelete();
    const first = await gate.grpc.call(BOT, decisions.decide, request);
    await gate.grpc.call(DANA, approvals.castVote, { id: first.id, vote: Vote.DENY, reason: 'not today' });
    expect((await gate.grpc.call(BOT, decisions.decide, request)).id).not.toBe(first.id);
  });
});

describe('waiting', () => {
  it('in Decide ends as soon as somebody approves', async () => {
    const request = { ...bulkDelete(), requestId: 'wait-1' };
    const waiting = gate.grpc.call(BOT, decisions.decide, { ...request, wait: { seconds: 60n } }, 70_000);
    const { id } = await gate.grpc.call(BOT, decisions.decide, request);
    const voted = Date.now();
    await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
    expect(await waiting).toMatchObject({ id, requestId: 'wait-1', state: State.ALLOWED, mayAct: true });
    expect(Date.now() - voted).toBeLessThan(10_000);
  });

  it('ends as an answer when nothing changes, before the caller’s own deadline too', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    const short = gate.grpc.call(BOT, decisions.waitDecision, { id, wait: { seconds: 0n, nanos: 300_000_000 } });
    expect(await short).toMatchObject({ state: State.PENDING });
    const deadline = gate.grpc.call(BOT, decisions.waitDecision, { id, wait: { seconds: 60n } }, 1_500);
    expect(await deadline).toMatchObject({ state: State.PENDING });
    expect(await gate.http(BOT, `/v1/decisions/${id}?wait=0.2s`)).toMatchObject({ state: 'STATE_PENDING' });
  });

  it('over HTTP ends with the denial and its reason', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    const waiting = gate.http(BOT, `/v1/decisions/${id}?wait=60s`);
    await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'month end' });
    expect(await waiting).toMatchObject({
      state: 'STATE_DENIED',
      final: true,
      reasons: [{ rule: 'denied-by-approver', text: 'Dana Ito denied this: month end' }, { rule: 'bulk-delete' }],
    });
  });

  it('on what is final answers at once', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, READ);
    const began = Date.now();
    await gate.grpc.call(BOT, decisions.waitDecision, { id, wait: { seconds: 60n } });
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});

it('a watch shows every change and ends with the last', async () => {
  const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
  const states: State[] = [];
  for await (const decision of gate.grpc.watch(BOT, decisions.watchDecision, { id })) {
    states.push(decision.state);
    if (decision.state === State.PENDING)
      await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'no' });
  }
  expect(states).toEqual([State.PENDING, State.DENIED]);
});

describe('withdrawing', () => {
  it('ends a pending request for everybody', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    const after = await gate.grpc.call(BOT, decisions.withdrawDecision, { id, reason: 'no longer needed' });
    expect(after).toMatchObject({ state: State.WITHDRAWN, final: true, mayAct: false });
    expect(await eventsOf(place.admin, id)).toMatchObject([
      { type: 'decision.held' },
      { type: 'decision.withdrawn', data: { by: 'release-bot', reason: 'no longer needed' } },
    ]);
    await expect(gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'ALREADY_DECIDED',
    });
    await expect(gate.http(BOT, `/v1/decisions/${id}:withdraw`, { body: {} })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      httpStatus: 400,
    });
  });

  it('is for the agent that asked', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    for (const token of [SUPPORT, DANA, ANA])
      await expect(gate.grpc.call(token, decisions.withdrawDecision, { id })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held']);
  });
});

describe('many requests', () => {
  it('in a batch are answered each on its own, in their order', async () => {
    const { results } = await gate.grpc.call(BOT, decisions.decideBatch, {
      requests: [
        { ...READ, requestId: 'b1' },
        { ...READ, requestId: 'b2', action: { name: 'DB.READ' } },
        { ...bulkDelete(), requestId: 'b3' },
        { ...READ, requestId: 'b1' },
      ],
    });
    expect(results.map(({ requestId, result }) => [requestId, result.case])).toEqual([
      ['b1', 'decision'],
      ['b2', 'error'],
      ['b3', 'decision'],
      ['b1', 'decision'],
    ]);
    expect(results[1]!.result.value).toMatchObject({ code: 3 });
    expect((results[0]!.result.value as { id: string }).id).toBe((results[3]!.result.value as { id: string }).id);
    const twin = await gate.http(BOT, '/v1/decisions:batch', {
      body: { requests: [{ request_id: 'b1', action: READ.action, resource: READ.resource }, {}] },
    });
    expect(twin).toMatchObject({
      results: [{ request_id: 'b1', decision: { state: 'STATE_ALLOWED' } }, { error: { code: 3 } }],
    });
  });

  it('on a stream are all answered, each by its request_id', async () => {
    const requests = Array.from({ length: 600 }, (_, i) => ({ ...READ, requestId: `s${i}` }));
    const answers = await gate.grpc.exchange(BOT, decisions.decideStream, requests);
    expect(new Set(answers.map(({ requestId }) => requestId))).toEqual(
      new Set(requests.map(({ requestId }) => requestId)),
    );
    expect(answers.every(({ result }) => result.case === 'decision')).toBe(true);
  });

  it('on a stream with one that is wrong: it gets its error, the others their answers', async () => {
    const answers = await gate.grpc.exchange(BOT, decisions.decideStream, [
      { ...READ, requestId: 'ok-1' },
      READ,
      { requestId: 'bad' },
      { ...READ, requestId: 'ok-2' },
    ]);
    const of = (id: string) => answers.find(({ requestId }) => requestId === id)!.result;
    expect(answers).toHaveLength(4);
    expect(of('ok-1').case).toBe('decision');
    expect(of('ok-2').case).toBe('decision');
    expect(of('').value).toMatchObject({
      code: 3,
      message: expect.stringContaining('request_id: is required') as string,
    });
    expect(of('bad').value).toMatchObject({ code: 3 });
  });
});

describe('more than the writer can take', () => {
  it('is refused early, with the time to try again, and what was taken is answered', async () => {
    const own = await newPlace();
    const small = await startGate({ ...own, env: { COUNTERSIGN_QUEUE_LIMIT: '1' } });
    // A commit that takes its time, so that the queue fills.
    await own.admin.query(`create function slow() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.2); return new; end $$`);
    await own.admin.query('create trigger slow before insert on events for each row execute function slow()');
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, () => small.grpc.call(BOT, decisions.decide, READ)),
    );
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused)
      expect(reason).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED', retryDelay: '0.250s' });
    const { rows } = await own.admin.query<{ n: number }>(
      `select count(*)::int as n from events where decision_id like 'dec%'`,
    );
    expect(rows[0]!.n).toBe(results.length - refused.length);
    await small.stop();
    await own.remove();
  });
});

describe('what policy says when it breaks', () => {
  it('is a denial with a reason, on the record', async () => {
    const own = await newPlace();
    const odd = await startGate({ ...own, policies: ANYTHING });
    for (const request of [
      answered(HOLD, 'conflict'),
      answered({ effect: 'ALLOW' }),
      { ...READ, contextForm: { case: undefined } } as const,
    ]) {
      const answer = await odd.grpc.call(BOT, decisions.decide, request);
      expect(answer).toMatchObject({ state: State.DENIED, mayAct: false, reasons: [{ rule: 'policy-fault' }] });
      expect(await typesOf(own.admin, answer.id)).toEqual(['decision.denied']);
    }
    const nobody = { ...HOLD, approval: { seats: [{ group: 'dba', count: 3 }] } };
    expect(await odd.grpc.call(BOT, decisions.decide, answered(nobody))).toMatchObject({
      state: State.DENIED,
      reasons: [{ rule: 'nobody-eligible' }, { rule: 'held' }],
    });
    await odd.stop();
    await own.remove();
  });
});
