import { connect } from 'node:net';
import { PolicyService, StatusError } from '@countersign/contract';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../tools/services/ports.mjs';
import { Grpc, http } from '../../../test/wire.js';
import { Metrics } from './metrics.js';
import type { RawRoute } from './raw-routes.js';
import { Readiness } from './readiness.js';
import { rpcService, type Handlers } from './rpc.js';
import { startService, type RunningService } from './start.js';

class TinyModule {}

const authenticate = (token: string) => (token === 'key' ? 'bot' : undefined);

const handlers: Handlers<typeof PolicyService, string> = {
  UploadBundle: async (requests, { caller }) => {
    let size = 0;
    let note = '';
    for await (const { part } of requests) {
      if (part.case === 'header') note = part.value.note;
      if (part.case === 'chunk') size += part.value.length;
      if (size > 100) throw new StatusError('INVALID_ARGUMENT', 'too much', { reason: 'TOO_MUCH' });
    }
    return { bundle: { author: caller, note, size: BigInt(size) } };
  },
};

const raw: RawRoute<string>[] = [
  {
    method: 'POST',
    path: '/v1/blob',
    authenticate,
    limit: 100,
    answer: async ({ body, call, query }) => {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      const text = `${call.caller} ${query.get('note')} ${Buffer.concat(chunks).toString()}`;
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: text };
    },
  },
  {
    method: 'GET',
    path: '/v1/blob',
    authenticate,
    limit: 0,
    answer: ({ headers }) =>
      Promise.resolve(
        headers['if-none-match'] === '"1"'
          ? { status: 304, headers: { etag: '"1"' } }
          : { status: 200, headers: { etag: '"1"' }, body: Buffer.from([0, 255]) },
      ),
  },
  {
    method: 'DELETE',
    path: '/pages/*',
    limit: 0,
    answer: ({ path, call }) =>
      Promise.resolve({
        status: 200,
        headers: {},
        body: `${path} to ${(call.caller as string | undefined) ?? 'nobody'}`,
      }),
  },
  {
    method: 'GET',
    path: '/hello',
    authenticate,
    credential: ({ cookie }) => cookie,
    unknown: ({ path, presented }) => ({
      status: 303,
      headers: { location: `/sign-in?from=${path}&known=${presented}` },
    }),
    limit: 0,
    answer: ({ call }) => Promise.resolve({ status: 200, headers: {}, body: call.caller }),
  },
  {
    method: 'GET',
    path: '/parts',
    limit: 0,
    answer: ({ call }) => Promise.resolve({ status: 200, headers: {}, body: parts(call.signal) }),
  },
];

let ended = false;
async function* parts(signal: AbortSignal): AsyncGenerator<string> {
  for (let i = 0; !signal.aborted; i++) {
    yield `part ${i}\n`;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  ended = true;
}

let service: RunningService;
let grpc: Grpc;
let url = '';

beforeAll(async () => {
  const [grpcPort, httpPort] = await freePorts(2);
  service = await startService({
    module: { module: TinyModule },
    endpoints: () => ({
      services: [rpcService(PolicyService, authenticate, handlers)],
      documents: {},
      raw,
    }),
    bind: '127.0.0.1',
    grpcPort,
    httpPort,
    log: pino({ level: 'silent' }),
    metrics: new Metrics(),
    readiness: new Readiness(),
  });
  grpc = new Grpc(grpcPort);
  url = `http://127.0.0.1:${httpPort}`;
});
afterAll(async () => {
  grpc.close();
  await service.stop();
});

const blob = (init: RequestInit & { token?: string } = {}) =>
  fetch(`${url}/v1/blob?note=mine`, {
    ...init,
    headers: { authorization: `Bearer ${init.token ?? 'key'}`, ...init.headers },
  });
const chunk = (bytes: number) => ({ part: { case: 'chunk' as const, value: new Uint8Array(bytes) } });

describe('a stream of requests with one answer', () => {
  const upload = PolicyService.method.uploadBundle;

  it('is read to its end and answered once', async () => {
    const { bundle } = await grpc.send('key', upload, [
      { part: { case: 'header', value: { note: 'mine' } } },
      chunk(40),
      chunk(50),
    ]);
    expect(bundle).toMatchObject({ author: 'bot', note: 'mine', size: 90n });
  });

  it('is refused while it runs', async () => {
    const many = Array.from({ length: 50 }, () => chunk(60));
    await expect(grpc.send('key', upload, many)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'TOO_MUCH',
    });
  });

  it('is read from nobody unknown', async () => {
    await expect(grpc.send('other', upload, [chunk(1)])).rejects.toMatchObject({ reason: 'UNKNOWN_CREDENTIAL' });
  });
});

describe('bytes over HTTP', () => {
  it('are taken and given as they are', async () => {
    expect(await (await blob({ method: 'POST', body: 'abc' })).text()).toBe('bot mine abc');
    const answer = await blob();
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from([0, 255]));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await blob({ headers: { 'if-none-match': '"1"' } })).status).toBe(304);
  });

  it('are told what is wrong as everywhere', async () => {
    const port = Number(new URL(url).port);
    const send = (token: string | undefined, body: string) => http(port, token, '/v1/blob', { body });
    await expect(send('key', 'x'.repeat(101))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: [{ field: 'body' }],
    });
    await expect(send('key', 'x'.repeat(5_000_000))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(send('other', 'x')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(send(undefined, 'x')).rejects.toMatchObject({ reason: 'NO_CREDENTIAL' });
    await expect(http(port, 'key', '/v1/blob', { method: 'PUT' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('that end too early hurt nobody else', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST /v1/blob HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key\r\ncontent-length: 50\r\n\r\nabc');
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    expect((await blob({ method: 'POST', body: 'abc' })).status).toBe(200);
  });
});

describe('a route of another kind', () => {
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init });

  it('takes everything below its path, with its method only', async () => {
    expect(await (await ask('/pages/a/b', { method: 'DELETE' })).text()).toBe('/pages/a/b to nobody');
    expect((await ask('/pages/a', { method: 'PUT' })).status).toBe(404);
    expect((await ask('/pages', { method: 'DELETE' })).status).toBe(404);
  });

  it('takes its credential from where it says, and nowhere else', async () => {
    expect(await (await ask('/hello', { headers: { cookie: 'key' } })).text()).toBe('bot');
    const stranger = await ask('/hello', { headers: { authorization: 'Bearer key' } });
    expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/sign-in?from=/hello&known=false']);
    const wrong = await ask('/hello', { headers: { cookie: 'other' } });
    expect(wrong.headers.get('location')).toBe('/sign-in?from=/hello&known=true');
  });

  it('answers in parts, and stops when nobody listens', async () => {
    const abort = new AbortController();
    const answer = await ask('/parts', { signal: abort.signal });
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('part 0');
    abort.abort();
    await expect.poll(() => ended).toBe(true);
  });
});
