import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import { PolicyService, serviceDefinition, type EvaluateRequest } from '@countersign/contract';
import type { PolicyEvent } from './policy.js';
import { RemotePolicy, type RemotePolicyOptions } from './remote.js';
import { verdictFromWire, verdictToWire } from './wire.js';

type Stream = ServerDuplexStream<EvaluateRequest, object>;

const HELD = {
  effect: 'require_approval' as const,
  reasons: [{ rule: 'r', text: 't' }],
  risk: { level: 'high' as const, score: 71, factors: ['r'] },
  approval: {
    seats: [{ group: 'dba', count: 2 }],
    expires_in_s: 900,
    reason_required: true,
    channels: ['slack'],
    redact: ['/action/properties/card'],
    exclude: ['dana@acme.example'],
    step_up: true,
  },
  obligations: [{ id: 'log', properties: { level: 2, to: ['a'] } }],
  grant: { expires_in_s: 600, uses: 1 },
  policy: { revision: 'sha256:abc' },
};

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

interface Listed {
  bundles: object[];
  warning: string;
}

/** A decision service that behaves as told, and the policy that talks to it. */
async function serve(
  onRequest: (stream: Stream, request: EvaluateRequest) => void,
  port = 0,
  list: () => Listed = () => ({ bundles: [], warning: '' }),
) {
  const server = new Server();
  server.addService(serviceDefinition(PolicyService) as never, {
    EvaluateStream: (stream: Stream) => {
      stream.on('data', (request: EvaluateRequest) => onRequest(stream, request));
      stream.on('error', () => {});
    },
    ListBundles: (_: unknown, reply: (error: null, value: object) => void) => reply(null, list()),
  });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    ),
  );
  cleanups.push(() => server.forceShutdown());
  return { server, port: bound };
}

function connect(port: number, options: Partial<RemotePolicyOptions> = {}): RemotePolicy {
  const policy = new RemotePolicy({ address: `127.0.0.1:${port}`, token: 'secret', ...options });
  cleanups.push(() => policy.close());
  return policy;
}

const answer = (stream: Stream, { sequence }: EvaluateRequest, verdict: object = verdictToWire(HELD)) =>
  stream.write({ sequence, result: { case: 'verdict', value: verdict } });

it('a verdict arrives as it was sent, to the last member', async () => {
  expect(verdictFromWire(verdictToWire(HELD))).toEqual(HELD);
  const { port } = await serve(answer);
  expect(await connect(port).evaluate('{}')).toEqual(HELD);
});

it('who may break the glass arrives as policy said it, and nothing of it is taken on trust', () => {
  const rule = {
    ...{ rule: 'incident', text: 'on call', groups: ['oncall'], duration_s: 900, uses: 2, notify: ['security'] },
    ...{ overrides: ['deny' as const], while_overdue: true, review: { groups: ['security'], within_s: 86_400 } },
  };
  const plain = { ...rule, overrides: [], while_overdue: false };
  for (const break_glass of [
    { rules: [rule, plain], guarded: false },
    { rules: [], guarded: true },
  ])
    expect(verdictFromWire(verdictToWire({ ...HELD, break_glass }))).toEqual({ ...HELD, break_glass });
  expect(verdictFromWire(verdictToWire(HELD))).not.toHaveProperty('break_glass');
  // What a service that is not ours says of it is held to what a policy may say.
  for (const more of [{ duration_s: 7_200 }, { groups: [] }, { notify: [] }, { uses: 0 }]) {
    const wire = verdictToWire({ ...HELD, break_glass: { rules: [{ ...rule, ...more }], guarded: false } });
    expect(() => verdictFromWire(wire)).toThrow();
  }
});

it('each answer goes to its own question, in whatever order answers come', async () => {
  const asked: [Stream, EvaluateRequest][] = [];
  const { port } = await serve((stream, request) => {
    asked.push([stream, request]);
    if (asked.length < 3) return;
    for (const [to, one] of asked.reverse()) {
      answer(to, one, verdictToWire({ ...HELD, reasons: [{ rule: 'r', text: one.inputJson }] }));
    }
  });
  const policy = connect(port);
  const texts = await Promise.all(['{"a":1}', '{"b":2}', '{"c":3}'].map((text) => policy.evaluate(text)));
  expect(texts.map(({ reasons }) => reasons[0]?.text)).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
});

it('no answer in time is a fault, and its late answer harms nobody', async () => {
  const { port } = await serve((stream, request) => {
    if (request.inputJson === '{"now":1}') answer(stream, request);
    else setTimeout(() => answer(stream, request), 300);
  });
  const policy = connect(port, { timeoutMs: 100 });
  await expect(policy.evaluate('{"late":1}')).rejects.toMatchObject({ code: 'policy-unavailable', retryable: true });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await policy.evaluate('{"now":1}')).effect).toBe('require_approval');
});

it.each<[string, object]>([
  ['allows with a level nobody knows', { ...verdictToWire({ ...HELD, effect: 'allow' }), risk: { level: 'none' } }],
  ['has an effect nobody knows', { ...verdictToWire(HELD), effect: 'ALLOW' }],
  ['is empty', {}],
  ['asks nobody', { ...verdictToWire(HELD), approval: { seats: [] } }],
])('a verdict that %s is a fault, never an answer', async (_, verdict) => {
  const { port } = await serve((stream, request) => answer(stream, request, verdict));
  await expect(connect(port).evaluate('{}')).rejects.toMatchObject({ code: 'policy-unavailable' });
});

it('an error in place of a verdict is a fault', async () => {
  const { port } = await serve((stream, { sequence }) =>
    stream.write({ sequence, result: { case: 'error', value: { code: 14, message: 'x' } } }),
  );
  await expect(connect(port).evaluate('{}')).rejects.toMatchObject({ code: 'policy-unavailable' });
});

it('an input the engine would refuse is denied without being sent', async () => {
  let received = 0;
  const { port } = await serve(() => received++);
  const verdict = await connect(port).evaluate(`{"x":"${'x'.repeat(400_000)}"}`);
  expect(verdict).toMatchObject({ effect: 'deny', reasons: [{ rule: 'policy-fault' }] });
  expect(received).toBe(0);
});

it('a service that dies fails what is waiting at once, and is found again when it is back', async () => {
  const first = await serve(() => {});
  const policy = connect(first.port);
  const waiting = policy.evaluate('{}');
  setTimeout(() => first.server.forceShutdown(), 50);
  await expect(waiting).rejects.toMatchObject({ code: 'policy-unavailable', retryable: true });
  await expect(policy.evaluate('{}')).rejects.toMatchObject({ code: 'policy-unavailable' });
  await serve(answer, first.port);
  await expect
    .poll(
      () =>
        policy
          .evaluate('{}')
          .then(({ effect }) => effect)
          .catch(() => 'gone'),
      { timeout: 10_000 },
    )
    .toBe('require_approval');
});

it('a service that is not there is a fault, not a wait', async () => {
  const policy = connect(1);
  await expect(policy.evaluate('{}')).rejects.toMatchObject({ code: 'policy-unavailable' });
});

it('a swap there is known here from the first answer on, and told once', async () => {
  let [revision, warning, lists] = ['sha256:one', '', 0];
  const { port } = await serve(
    (stream, request) => answer(stream, request, verdictToWire({ ...HELD, policy: { revision } })),
    0,
    () => {
      lists++;
      return { bundles: [{ revision, active: true, source: 'url', location: 'https://policies.example' }], warning };
    },
  );
  const policy = connect(port, { timeoutMs: 30_000 });
  const events: PolicyEvent[] = [];
  policy.on((event) => events.push(event));
  await expect.poll(() => policy.revision).toBe('sha256:one');
  [revision, warning] = ['sha256:two', 'a newer policy could not be loaded'];
  await Promise.all(Array.from({ length: 200 }, () => policy.evaluate('{}')));
  await expect.poll(() => policy.revision).toBe('sha256:two');
  expect(policy.warning()).toBe(warning);
  expect(lists).toBeLessThan(20);
  const common = { type: 'serving', source: 'url', location: 'https://policies.example' };
  expect(events).toEqual([
    { ...common, revision: 'sha256:one' },
    { ...common, revision: 'sha256:two', previous: 'sha256:one' },
    { type: 'load-failed', code: 'policy-bundle', location: `127.0.0.1:${port}`, message: warning },
  ]);
});
