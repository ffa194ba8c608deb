import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { toBinary, create } from '@bufbuild/protobuf';
import {
  AuditService,
  DecideRequestSchema,
  DecisionService,
  Fault,
  State,
  StatusError,
  type Decision,
} from '@countersign/contract';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../tools/services/ports.mjs';
import { Grpc, http, Refusal } from '../../../test/wire.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';
import { rpcService, type Call, type Handlers } from './rpc.js';
import { startService, type RunningService } from './start.js';
import { until } from '../../../test/until.js';

class TinyModule {}

const { method } = DecisionService;
const ENOUGH = { action: { name: 'db.read' }, resource: { type: 'table', id: 't' } };

/** What a handler may do: answer, refuse, meet a broken world, break. */
const handlers: Handlers<typeof DecisionService, string> = {
  Decide: (request, call: Call<string>) => ({
    id: 'dec_1',
    requestId: request.requestId,
    state: State.PENDING,
    nextStep: `${call.caller} ${call.traceId ?? 'no trace'}`,
    pollAfter: { seconds: 2n },
  }),
  GetDecision: ({ id }) => answerOf(id),
  WaitDecision: async ({ id, wait }, call) => {
    if (id === 'forever') {
      waiting += 1;
      await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()));
      aborted += 1;
    }
    return { id, nextStep: `waited ${wait?.seconds ?? 'without'}` };
  },
  WatchDecision: async function* ({ id }) {
    yield { id, state: State.PENDING };
    yield answerOf(id);
  },
  DecideStream: async function* (requests) {
    for await (const { requestId } of requests) yield { requestId };
  },
  WithdrawDecision: ({ id, reason }) => ({ id, nextStep: reason }),
};

let waiting = 0;
let aborted = 0;

function answerOf(id: string): Pick<Decision, 'id'> {
  switch (id) {
    case 'refused':
      throw new StatusError('FAILED_PRECONDITION', 'the grant has been used', { reason: 'GRANT_USED' });
    case 'invalid':
      throw new StatusError('INVALID_ARGUMENT', 'id: is odd', { violations: [{ field: 'id', description: 'is odd' }] });
    case 'overloaded':
      throw new StatusError('RESOURCE_EXHAUSTED', 'too much', { reason: 'OVERLOADED', retryAfterMs: 250 });
    case 'fault':
      throw new Fault('database-unavailable', 'the database does not answer', {
        cause: new Error('password of postgres'),
        retryable: true,
      });
    case 'bug':
      throw new TypeError('x is not a function: secret-of-the-caller');
    default:
      return { id };
  }
}

let service: RunningService;
let grpc: Grpc;
let [grpcPort, httpPort] = [0, 0];
let lines: string[] = [];
const problems: Record<string, string | undefined> = {};
let warning: string | undefined;
const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });

function options(ports: { grpcPort: number; httpPort: number }) {
  const readiness = new Readiness();
  readiness.add('database', () => problems['database']);
  readiness.warn('policy', () => warning);
  const authenticate = (token: string) => (token.startsWith('known-') ? token.slice(6) : undefined);
  return {
    module: { module: TinyModule },
    endpoints: () => ({
      services: [rpcService(DecisionService, authenticate, handlers)],
      documents: { '/checkpoint': { type: 'text/plain', read: () => 'a note\n' } },
    }),
    bind: '127.0.0.1',
    log,
    metrics: new Metrics(),
    readiness,
    ...ports,
  };
}

beforeAll(async () => {
  [grpcPort, httpPort] = await freePorts(2);
  service = await startService(options({ grpcPort, httpPort }));
  grpc = new Grpc(grpcPort);
});
beforeEach(() => (lines = []));
afterAll(async () => {
  grpc.close();
  await service.stop();
});

describe('a JSON twin', () => {
  it('answers as the gRPC method does, with the names of the proto and nothing left out', async () => {
    const answer = await http(httpPort, 'known-bot', '/v1/decisions', {
      body: { ...ENOUGH, request_id: 'r1', arguments: { rows: 3 } },
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    expect(answer).toMatchObject({
      id: 'dec_1',
      request_id: 'r1',
      state: 'STATE_PENDING',
      may_act: false,
      poll_after: '2s',
      grant: '',
      reasons: [],
      next_step: 'bot 0af7651916cd43dd8448eb211c80319c',
    });
    expect(await grpc.call('known-bot', method.decide, { ...ENOUGH, requestId: 'r1' })).toMatchObject({
      requestId: 'r1',
      nextStep: 'bot no trace',
    });
  });

  it('fills the id from the path, whatever the body says', async () => {
    const body = { id: 'dec_other', reason: 'why' };
    expect(await http(httpPort, 'known-bot', '/v1/decisions/dec_a%2Fb:withdraw', { body })).toMatchObject({
      id: 'dec_a/b',
      next_step: 'why',
    });
  });

  it('waits when it is asked to', async () => {
    expect(await http(httpPort, 'known-bot', '/v1/decisions/dec_1?wait=30s')).toMatchObject({ next_step: 'waited 30' });
    expect(await http(httpPort, 'known-bot', '/v1/decisions/dec_1')).toMatchObject({ next_step: '' });
  });

  it.each([
    ['PUT', '/v1/decisions', 404, '/v1/decisions takes POST, GET'],
    ['DELETE', '/v1/decisions/dec_1', 404, '/v1/decisions/dec_1 takes GET'],
    ['GET', '/v1/nothing', 404, 'there is no /v1/nothing here'],
    ['GET', '/v1/decisions/a/b', 404, 'there is no /v1/decisions/a/b here'],
    ['POST', '/v1/decisions/dec_1:unknown', 404, 'there is no /v1/decisions/dec_1:unknown here'],
    ['GET', '/v1/entries', 404, 'there is no /v1/entries here'],
    ['GET', '/v1/decisions/%E0%A4%A', 404, 'there is no'],
    ['GET', '/v1/decisions', 501, 'ListDecisions is not available yet'],
  ])('%s %s is answered with what there is', async (verb, path, httpStatus, message) => {
    await expect(http(httpPort, 'known-bot', path, { method: verb })).rejects.toMatchObject({
      httpStatus,
      message: expect.stringContaining(message) as string,
    });
  });

  it('leaves other paths to others', async () => {
    expect((await fetch(`http://127.0.0.1:${httpPort}/nothing`)).status).toBe(404);
  });

  it.each(['//', '/%', 'http://[', '//v1/decisions'])(
    'the request target %s is an error of the caller',
    async (path) => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const call = httpRequest(
          { port: httpPort, path, headers: { authorization: 'Bearer known-bot' } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        call.on('error', reject).end();
      });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(lines.join('')).not.toContain('"level":50');
    },
  );

  it.each([
    ['GET', '/v1/decisions/dec_1?id=dec_2', 'dec_1'],
    ['GET', '/v1/decisions/dec_1?colour=red', undefined],
    ['GET', '/v1/decisions/dec_1?wait=1s&wait=2s', undefined],
    ['GET', '/v1/decisions/dec_1?wait=soon', undefined],
    ['GET', '/v1/decisions/dec_1?__proto__=x', undefined],
  ])('%s %s takes known parameters once', async (_, path, id) => {
    const answer = http(httpPort, 'known-bot', path);
    if (id) return expect(await answer).toMatchObject({ id });
    await expect(answer).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', httpStatus: 400 });
  });

  it.each([
    ['no JSON', 'rows=3', 'body'],
    ['JSON with a member twice', '{"request_id":"a","request_id":"b"}', 'body'],
    ['a list', '[]', 'body'],
    ['a comment', '{/* */}', 'body'],
    ['a byte order mark', '\ufeff{}', 'body'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'body'],
    ['an unknown member', { nothing: 1 }, 'nothing'],
    ['an unknown member within', { action: { name: 'a', verb: 'S3CRET' } }, 'verb'],
    ['a wrong type', { request_id: { S3CRET: 1 } }, 'request_id'],
    ['a word where a message belongs', { action: 'S3CRET' }, 'body'],
    ['no duration', { wait: 'S3CRET' }, 'body'],
    ['no truth value', { dry_run: 'S3CRET' }, 'dry_run'],
    ['a member under both its names', { request_id: 'a', requestId: 'S3CRET' }, 'request_id'],
    ['both members of a oneof', { arguments: {}, arguments_json: '{}' }, 'arguments_form'],
    ['a number that is no double', '{"arguments":{"a":1e999}}', 'body'],
    ['more than 256 KiB', { justification: 'x'.repeat(256 * 1024) }, 'body'],
  ])('a body that is %s is refused, and not quoted', async (_, body, field) => {
    const refused = await http(httpPort, 'known-bot', '/v1/decisions', { body }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', httpStatus: 400, fields: [{ field }] });
    expect((refused as Refusal).message).not.toContain('S3CRET');
    expect((refused as Refusal).message.length).toBeLessThan(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp'])(
    'a body of type %s is not taken for JSON',
    async (type) => {
      await expect(
        http(httpPort, 'known-bot', '/v1/decisions', { body: '{}', headers: { 'content-type': type } }),
      ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', fields: [{ field: 'content-type' }] });
    },
  );

  it.each(['application/json', 'application/json; charset=utf-8', 'application/vnd.acme+json'])(
    'a body of type %s is',
    async (type) => {
      const options = { body: JSON.stringify(ENOUGH), headers: { 'content-type': type } };
      expect(await http(httpPort, 'known-bot', '/v1/decisions', options)).toMatchObject({ id: 'dec_1' });
    },
  );

  it('a caller that leaves is noticed', async () => {
    const [waited, before] = [waiting, aborted];
    const leaving = new AbortController();
    const call = fetch(`http://127.0.0.1:${httpPort}/v1/decisions/forever?wait=300s`, {
      headers: { authorization: 'Bearer known-bot' },
      signal: leaving.signal,
    }).catch(() => undefined);
    await until('the handler waits', () => waiting > waited);
    leaving.abort();
    await call;
    await until('the handler is aborted', () => aborted > before);
  });

  it('a caller that leaves in the middle of its body is no bug of ours', async () => {
    const socket = connect(httpPort, '127.0.0.1');
    socket.write(
      'POST /v1/decisions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer known-bot\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(lines.join('')).not.toContain('a handler broke');
  });
});

describe('a thrown thing becomes', () => {
  it.each([
    ['refused', 'FAILED_PRECONDITION', 400, 'the grant has been used', { reason: 'GRANT_USED' }],
    ['invalid', 'INVALID_ARGUMENT', 400, 'id: is odd', { fields: [{ field: 'id', description: 'is odd' }] }],
    ['overloaded', 'RESOURCE_EXHAUSTED', 429, 'too much', { retryDelay: '0.250s' }],
    [
      'fault',
      'UNAVAILABLE',
      503,
      'nothing was permitted, try again',
      { reason: 'DATABASE_UNAVAILABLE', retryDelay: '1s' },
    ],
    ['bug', 'INTERNAL', 500, 'internal error; nothing was permitted', { reason: '' }],
  ])(
    'for "%s" %s and %d, with details, over gRPC, on a stream and over HTTP',
    async (id, code, httpStatus, message, more) => {
      const expected = { code, message: expect.stringContaining(message) as string, ...more };
      await expect(grpc.call('known-bot', method.getDecision, { id })).rejects.toMatchObject(expected);
      await expect(http(httpPort, 'known-bot', `/v1/decisions/${id}`)).rejects.toMatchObject({
        ...expected,
        httpStatus,
      });
      const seen: State[] = [];
      const stream = async () => {
        for await (const { state } of grpc.watch('known-bot', method.watchDecision, { id })) seen.push(state);
      };
      await expect(stream()).rejects.toMatchObject(expected);
      expect(seen).toEqual([State.PENDING]);
    },
  );

  it('an answer that keeps the causes of faults and bugs to the log', async () => {
    for (const id of ['fault', 'bug']) {
      const refused = await http(httpPort, 'known-bot', `/v1/decisions/${id}`).catch((error: unknown) => error);
      expect(JSON.stringify(refused) + (refused as Error).message).not.toMatch(/secret|password|TypeError/);
    }
    expect(lines.join('')).toMatch(/password of postgres[\s\S]*x is not a function/);
  });

  it('with a Retry-After header over HTTP', async () => {
    const response = await fetch(`http://127.0.0.1:${httpPort}/v1/decisions/overloaded`, {
      headers: { authorization: 'Bearer known-bot' },
    });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('a credential', () => {
  it.each([
    ['none', undefined, 'NO_CREDENTIAL'],
    ['an unknown one', 'stranger', 'UNKNOWN_CREDENTIAL'],
    ['an endless one', `known-${'x'.repeat(8_200)}`, 'NO_CREDENTIAL'],
  ])('%s is refused before the message is looked at', async (_, token, reason) => {
    const expected = { code: 'UNAUTHENTICATED', reason };
    await expect(grpc.call(token, method.decide, ENOUGH)).rejects.toMatchObject(expected);
    await expect(http(httpPort, token, '/v1/decisions', { body: 'rubbish' })).rejects.toMatchObject({
      ...expected,
      httpStatus: 401,
    });
    expect(lines.join('')).not.toMatch(/stranger|xxxx/);
  });

  it.each(['Basic a25vd24tYm90', 'known-bot', 'Bearer', 'Bearer   '])('"%s" is none', async (authorization) => {
    const response = await fetch(`http://127.0.0.1:${httpPort}/v1/decisions/1`, { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('a gRPC message', () => {
  const rubbish = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]);
  it.each([
    ['that is no protobuf', rubbish, 'MALFORMED_MESSAGE'],
    ['with a string that is not UTF-8', Buffer.from([0x0a, 0x02, 0xc3, 0x28]), 'MALFORMED_MESSAGE'],
    ['of more than 256 KiB', message({ justification: 'x'.repeat(256 * 1024) }), 'MESSAGE_TOO_LARGE'],
  ])('%s is the caller’s mistake', async (_, bytes, reason) => {
    await expect(grpc.raw('known-bot', method.decide, bytes)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason,
    });
  });

  it('that is far too large is cut off by the transport', async () => {
    const bytes = message({ justification: 'x'.repeat(5 * 1024 * 1024) });
    await expect(grpc.raw('known-bot', method.decide, bytes)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });

  it('for a method that is not there yet is UNIMPLEMENTED', async () => {
    await expect(grpc.call('known-bot', method.listDecisions, {})).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    await expect(grpc.call('known-bot', AuditService.method.getCheckpoint, {})).rejects.toMatchObject({
      code: 'UNIMPLEMENTED',
    });
  });

  it('that is malformed ends a stream with its status', async () => {
    const path = '/countersign.v1.DecisionService/DecideStream';
    const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer known-bot');
    const whole = (bytes: Buffer) => bytes;
    const call = client.makeBidiStreamRequest(path, whole, whole, metadata);
    const ended = new Promise<{ code: number }>((resolve) => call.on('error', (error) => resolve(error as never)));
    call.on('data', () => undefined);
    call.write(message({ requestId: 'r1' }));
    call.write(rubbish);
    expect((await ended).code).toBe(3);
    client.close();
  });
});

describe('health', () => {
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
    const { problems } = (await response.json()) as { problems: Record<string, string> };
    return { status: response.status, problems };
  };

  it('is alive, and ready only while every part is, over HTTP and over gRPC', async () => {
    expect((await fetch(`http://127.0.0.1:${httpPort}/healthz`)).status).toBe(200);
    expect(await ready()).toMatchObject({ status: 200, problems: {} });
    await until('health says so', async () => (await grpcHealth()) === 1);
    problems['database'] = 'does not answer';
    expect(await ready()).toMatchObject({ status: 503, problems: { database: 'does not answer' } });
    await until('health says so', async () => (await grpcHealth()) === 2);
    expect((await fetch(`http://127.0.0.1:${httpPort}/healthz`)).status).toBe(200);
    problems['database'] = undefined;
    await until('health says so', async () => (await grpcHealth()) === 1);
  });

  it('stays ready with a warning, and says what it is about', async () => {
    warning = 'a newer policy could not be loaded';
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready', problems: {}, warnings: { policy: warning } });
    warning = undefined;
  });

  it('metrics and documents need no credential; what is not there is not there', async () => {
    const get = async (path: string) => fetch(`http://127.0.0.1:${httpPort}${path}`);
    expect(await (await get('/metrics')).text()).toContain('process_cpu_user_seconds_total');
    expect(await (await get('/checkpoint')).text()).toBe('a note\n');
    expect((await get('/checkpoint/more')).status).toBe(404);
    expect((await get('/')).status).toBe(404);
  });
});

describe('a port that is taken', () => {
  it.each([
    ['HTTP', 'COUNTERSIGN_HTTP_PORT'],
    ['gRPC', 'COUNTERSIGN_GRPC_PORT'],
  ])('stops the start, names the setting, and gives the other port back (%s)', async (what, setting) => {
    const [one, two] = await freePorts(2);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(what === 'HTTP' ? two : one, '127.0.0.1', resolve));
    await expect(startService(options({ grpcPort: one, httpPort: two }))).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(`${what} port ${what === 'HTTP' ? two : one} is in use`) as string,
    });
    await expect(startService(options({ grpcPort: one, httpPort: two }))).rejects.toThrow(setting);
    await new Promise((resolve) => taken.close(resolve));
    const again = await startService(options({ grpcPort: one, httpPort: two }));
    await again.stop();
  });
});

function message(init: object): Buffer {
  return Buffer.from(toBinary(DecideRequestSchema, create(DecideRequestSchema, init)));
}

/** 1 is SERVING, 2 is NOT_SERVING. */
function grpcHealth(): Promise<number | undefined> {
  const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.alloc(0),
      (error, answer) => {
        client.close();
        if (error) reject(error);
        else resolve(answer?.[1]);
      },
    );
  });
}
