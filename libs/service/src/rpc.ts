import type { DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2';

// One table of handlers per service. gRPC and the JSON twins both call these, so that neither can do what the other cannot.

/** What a handler knows of the call besides its request. */
export interface Call<Caller = unknown> {
  /** Who is calling, by credential; the body never says it. */
  caller: Caller;
  /** When the caller gives up, in milliseconds since the epoch; absent if it does not say. */
  deadline?: number;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
  /** W3C trace id, 32 hex digits. */
  traceId?: string;
  /**
   * Which of our own surfaces calls: "inbox" only by the browser's credential, which nothing else can hold; "terminal" by its
   * own word, so that it must never be worth more than a call of the API.
   */
  surface?: 'inbox' | 'terminal';
  /**
   * Looks again at the credential, for whatever answers long after it was asked: from then on `caller` may do what they may do
   * now, and no more. Throws StatusError, or rejects with one, when it is none any more. Streams are looked after: no message of
   * one comes in or goes out without it.
   */
  requireHeld?(): unknown;
}

type Methods<S> = S extends GenService<infer M extends GenServiceMethods> ? M : never;

/** Handlers by method name, as in the proto. A method that is not there answers UNIMPLEMENTED. */
export type Handlers<S extends DescService, Caller> = {
  [K in keyof Methods<S> as Capitalize<K & string>]?: Handler<Methods<S>[K], Caller>;
};

type Handler<M, Caller> = M extends { methodKind: 'unary'; input: infer I; output: infer O }
  ? (request: Shape<I>, call: Call<Caller>) => Promise<Init<O>> | Init<O>
  : M extends { methodKind: 'server_streaming'; input: infer I; output: infer O }
    ? (request: Shape<I>, call: Call<Caller>) => AsyncIterable<Init<O>>
    : M extends { methodKind: 'client_streaming'; input: infer I; output: infer O }
      ? (requests: AsyncIterable<Shape<I>>, call: Call<Caller>) => Promise<Init<O>>
      : M extends { methodKind: 'bidi_streaming'; input: infer I; output: infer O }
        ? (requests: AsyncIterable<Shape<I>>, call: Call<Caller>) => AsyncIterable<Init<O>>
        : never;

type Shape<D> = D extends import('@bufbuild/protobuf').DescMessage ? MessageShape<D> : never;
type Init<D> = D extends import('@bufbuild/protobuf').DescMessage ? MessageInitShape<D> : never;

/**
 * Names the holder of a bearer token, or undefined. Never logs the token. It answers at once wherever it can: a promise is
 * for what has to be asked elsewhere. It may reject with StatusError UNAVAILABLE, and with nothing else.
 */
export type Authenticate<Caller> = (token: string) => Caller | undefined | Promise<Caller | undefined>;

/** A codec of one's own for a method that is called so often that the generated one is felt. Same bytes, same messages. */
export interface Codec {
  deserialize: (bytes: Buffer) => unknown;
  serialize: (reply: never) => Buffer;
}

export interface RpcService<Caller = unknown> {
  service: DescService;
  authenticate: Authenticate<Caller>;
  handlers: Record<string, unknown>;
  /** Throws StatusError when this caller may not call this method at all. Absent: whoever is known may call all. */
  permit?(method: string, caller: Caller): void;
  /** By method name; the generated codec serves the others. */
  codecs?: Record<string, Codec>;
  /** Bytes a message may have, for a service whose messages are made by us from what others have sent. */
  messageLimit?: number;
}

/** Ties a service to its handlers, checked against the proto. */
export function rpcService<S extends DescService, Caller>(
  service: S,
  authenticate: Authenticate<Caller>,
  handlers: Handlers<S, Caller>,
  codecs?: Record<string, Codec>,
): RpcService<Caller> {
  return { service, authenticate, handlers: handlers as Record<string, unknown>, ...(codecs ? { codecs } : {}) };
}

/** One entry for each service: what several parts serve of one is served together, each method as the last part has it. */
export function mergedServices(services: readonly RpcService[]): RpcService[] {
  const merged = new Map<DescService, RpcService>();
  for (const part of services) {
    const before = merged.get(part.service);
    merged.set(
      part.service,
      before ? { ...before, ...part, handlers: { ...before.handlers, ...part.handlers } } : part,
    );
  }
  return [...merged.values()];
}

/** The token of an `authorization: Bearer …` header, or undefined. */
export function bearerToken(header: unknown): string | undefined {
  if (typeof header !== 'string' || !/^bearer /i.test(header)) return undefined;
  const token = header.slice(7).trim();
  return token.length > 0 && token.length <= 8192 ? token : undefined;
}

/** The surface a bearer's call says it comes from. The inbox is none of them: only the browser's credential makes one. */
export function surfaceOf(header: unknown): Call['surface'] {
  return header === 'terminal' ? 'terminal' : undefined;
}

/** The trace id of a W3C `traceparent`, or undefined. */
export function traceIdOf(traceparent: unknown): string | undefined {
  const match =
    typeof traceparent === 'string' ? /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent) : null;
  return match?.[1] === '0'.repeat(32) ? undefined : match?.[1];
}
