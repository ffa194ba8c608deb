import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidArgument, StatusError } from '@countersign/contract';
import { unauthenticated } from './admission.js';
import { sendProblem } from './http-problem.js';
import type { Log } from './log.js';
import { bearerToken, traceIdOf, type Authenticate, type Call } from './rpc.js';

/** A request that has no gRPC twin: its body or answer is bytes, a page, or what another specification says. */
export interface RawRoute<Caller = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The whole path, or the beginning of one with "/*" at its end. */
  path: string;
  /** Absent: open to everyone, and `call.caller` is undefined. */
  authenticate?: Authenticate<Caller>;
  /** Where the credential of a request is. Absent: in its `authorization: Bearer` header. */
  credential?: (headers: IncomingMessage['headers']) => string | undefined;
  /** The answer to a caller that is not known. Absent: a problem with status 401. */
  unknown?: (request: { path: string; presented: boolean }) => RawAnswer;
  /** Most bytes of a body. */
  limit: number;
  answer(request: RawRequest<Caller>): Promise<RawAnswer>;
}

export interface RawRequest<Caller> {
  call: Call<Caller>;
  path: string;
  headers: IncomingMessage['headers'];
  /** Where the request came from, as the connection says. */
  remoteAddress: string;
  query: URLSearchParams;
  /** Throws StatusError INVALID_ARGUMENT once there is more than the limit. */
  body: AsyncIterable<Buffer>;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  /** Bytes at once, or as they come. */
  body?: Buffer | string | AsyncIterable<string>;
}

/** Answers these routes and passes everything else on. What goes wrong is told as on the JSON twins. */
export function rawRoutes(routes: readonly RawRoute[], log: Log) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://localhost')) return next();
    const url = new URL(target, 'http://localhost');
    const route = routes.find(({ method, path }) => method === request.method && isOn(path, url.pathname));
    if (!route) return next();
    void answer(route, request, response, url).catch((error: unknown) => {
      // The rest of a body that is not wanted is read and dropped, so that the caller gets the answer and no reset connection.
      request.resume();
      sendProblem(response, error, log, `${route.method} ${route.path}`);
    });
  };
}

function isOn(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

async function answer(
  route: RawRoute,
  request: IncomingMessage,
  response: ServerResponse,
  { pathname: path, searchParams: query }: URL,
): Promise<void> {
  const { authenticate, credential = ({ authorization }) => bearerToken(authorization) } = route;
  const token = authenticate && credential(request.headers);
  const caller = token === undefined ? undefined : await authenticate?.(token);
  if (authenticate && caller === undefined) {
    const presented = token !== undefined;
    if (!route.unknown) throw unauthenticated(presented);
    return send(response, route.unknown({ path, presented }));
  }
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const traceId = traceIdOf(request.headers.traceparent);
  const reply = await route.answer({
    call: { caller, signal: abort.signal, ...(traceId ? { traceId } : {}) },
    path,
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    query,
    body: bounded(request, route.limit),
  });
  await send(response, reply);
}

async function send(response: ServerResponse, { status, headers, body }: RawAnswer): Promise<void> {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'cache-control': 'no-store', ...headers });
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return void response.end(body);
  response.flushHeaders();
  for await (const part of body) {
    if (response.destroyed) return;
    // Whoever reads too slowly waits for the next part; nothing piles up here.
    if (!response.write(part)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

async function* bounded(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    // A request that is destroyed takes its connection with it: leaving the loop must not do that.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw invalidArgument({ field: 'body', description: `has more than ${limit} bytes` });
      yield chunk;
    }
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw invalidArgument({ field: 'body', description: 'ended before it was whole' });
  }
}
