import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidArgument, StatusError } from '@countersign/contract';
import { unauthenticated } from './grpc-server.js';
import { sendProblem } from './http-problem.js';
import type { Log } from './log.js';
import { bearerToken, traceIdOf, type Authenticate, type Call } from './rpc.js';

/** A request whose body or answer is bytes, not JSON, for a caller that is known. It has no gRPC twin of the same form. */
export interface RawRoute<Caller = unknown> {
  method: 'GET' | 'POST';
  /** The whole path. */
  path: string;
  authenticate: Authenticate<Caller>;
  /** Most bytes of a body. */
  limit: number;
  answer(request: RawRequest<Caller>): Promise<RawAnswer>;
}

export interface RawRequest<Caller> {
  call: Call<Caller>;
  headers: IncomingMessage['headers'];
  query: URLSearchParams;
  /** Throws StatusError INVALID_ARGUMENT once there is more than the limit. */
  body: AsyncIterable<Buffer>;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body?: Buffer | string;
}

/** Answers these routes and passes everything else on. What goes wrong is told as on the JSON twins. */
export function rawRoutes(routes: readonly RawRoute[], log: Log) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://localhost')) return next();
    const url = new URL(target, 'http://localhost');
    const route = routes.find(({ method, path }) => path === url.pathname && method === request.method);
    if (!route) return next();
    void answer(route, request, response, url.searchParams).catch((error: unknown) => {
      // The rest of a body that is not wanted is read and dropped, so that the caller gets the answer and no reset connection.
      request.resume();
      sendProblem(response, error, log, `${route.method} ${route.path}`);
    });
  };
}

async function answer(
  route: RawRoute,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const token = bearerToken(request.headers.authorization);
  const caller = token === undefined ? undefined : route.authenticate(token);
  if (caller === undefined) throw unauthenticated(token !== undefined);
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const traceId = traceIdOf(request.headers.traceparent);
  const { status, headers, body } = await route.answer({
    call: { caller, signal: abort.signal, ...(traceId ? { traceId } : {}) },
    headers: request.headers,
    query,
    body: bounded(request, route.limit),
  });
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'cache-control': 'no-store', ...headers });
  response.end(body);
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
