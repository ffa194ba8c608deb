import type { EventEmitter } from 'node:events';
import {
  Metadata,
  status as grpcStatus,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerCredentials,
  type ServiceError,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { packageDefinition, reflectionDefinition, serviceDefinition, StatusError } from '@countersign/contract';
import { ServerGrpc } from '@nestjs/microservices';
import { HealthImplementation } from 'grpc-health-check';
import { admitted } from './admission.js';
import { toStatusError } from './faults.js';
import type { Log } from './log.js';
import { bearerToken, surfaceOf, traceIdOf, type Call, type RpcService } from './rpc.js';

/** A larger message is refused with a clear error; one that is larger still is cut off by the transport. */
const MESSAGE_LIMIT = 256 * 1024;
const TRANSPORT_LIMIT = 4 * 1024 * 1024;

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerReadableStream<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;
type Reply = (error: Partial<ServiceError> | null, value?: unknown) => void;

/**
 * Nest's gRPC server with our handler table attached as stock grpc-js handlers. Nest owns binding, life cycle and shutdown;
 * a handler runs without Nest's per-call wrappers, which cost more than a decision does.
 */
export class GrpcServer extends ServerGrpc {
  readonly health = new HealthImplementation({ '': 'NOT_SERVING' });
  readonly #services: RpcService[];
  readonly #log: Log;

  constructor(options: { url: string; services: RpcService[]; log: Log; credentials?: ServerCredentials }) {
    super({
      url: options.url,
      package: 'countersign.v1',
      packageDefinition: packageDefinition() as never,
      gracefulShutdown: false,
      channelOptions: {
        'grpc.max_receive_message_length': TRANSPORT_LIMIT,
        'grpc.max_send_message_length': TRANSPORT_LIMIT,
        'grpc.keepalive_time_ms': 60_000,
        'grpc.http2.min_ping_interval_without_data_ms': 5_000,
      },
      ...(options.credentials ? { credentials: options.credentials } : {}),
    });
    this.#services = options.services;
    this.#log = options.log;
  }

  override async bindEvents(): Promise<void> {
    const server = this.grpcClient as Server;
    for (const rpc of this.#services)
      server.addService(this.#definition(rpc) as never, this.#implementation(rpc) as never);
    this.health.addToServer(server);
    const names = [...this.#services.map(({ service }) => service.typeName), 'grpc.health.v1.Health'];
    new ReflectionService(reflectionDefinition() as never, { services: names }).addToServer(server);
  }

  #definition(rpc: RpcService) {
    const methods = serviceDefinition(rpc.service);
    for (const [name, method] of Object.entries(methods)) {
      const codec = rpc.codecs?.[name];
      method.requestDeserialize = guarded(codec?.deserialize ?? method.requestDeserialize, rpc.messageLimit) as never;
      if (codec) method.responseSerialize = codec.serialize as never;
    }
    return methods;
  }

  #implementation(rpc: RpcService): Record<string, unknown> {
    const implementation: Record<string, unknown> = {};
    for (const method of rpc.service.methods) {
      const handler = rpc.handlers[method.name];
      if (handler) implementation[method.name] = this.#adapt(rpc, method.methodKind, method.name, handler as never);
    }
    return implementation;
  }

  #adapt(rpc: RpcService, kind: string, name: string, handler: (request: unknown, call: Call) => unknown) {
    const fail = (error: unknown) => toServiceError(toStatusError(error, this.#log, name));
    if (kind === 'unary') {
      const unary: handleUnaryCall<unknown, unknown> = async (call, callback) => {
        const reply = callback as Reply;
        try {
          const request = received(call.request);
          const begun = begin(call, rpc, name);
          reply(null, await handler(request, begun instanceof Promise ? await begun : begun));
        } catch (error) {
          reply(fail(error));
        }
      };
      return unary;
    }
    const pump = async (
      call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
      request: (begun: CallContext<unknown>) => unknown,
    ) => {
      try {
        const begun = await begin(call, rpc, name);
        for await (const message of handler(request(begun), begun) as AsyncIterable<unknown>) {
          if (call.cancelled) return;
          // A stream outlives its first look at the credential: whoever has lost it meanwhile is told nothing more.
          await begun.requireHeld();
          if (!call.write(message)) await drained(call);
        }
        call.end();
      } catch (error) {
        if (!call.cancelled) call.emit('error', fail(error));
      }
    };
    if (kind === 'server_streaming') {
      const serverStream: handleServerStreamingCall<unknown, unknown> = (call) => {
        let request: unknown;
        try {
          request = received(call.request);
        } catch (error) {
          return void call.emit('error', fail(error));
        }
        void pump(call, () => request);
      };
      return serverStream;
    }
    if (kind === 'client_streaming') {
      const clientStream: handleClientStreamingCall<unknown, unknown> = async (call, callback) => {
        const reply = callback as Reply;
        try {
          const begun = await begin(call, rpc, name);
          reply(null, await handler(requestsOf(call, begun), begun));
        } catch (error) {
          reply(fail(error));
        }
      };
      return clientStream;
    }
    const bidi: handleBidiStreamingCall<unknown, unknown> = (call) =>
      void pump(call, (begun) => requestsOf(call, begun));
    return bidi;
  }
}

async function* requestsOf(
  call: ServerReadableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  begun: CallContext<unknown>,
): AsyncIterable<unknown> {
  // A stream that is destroyed sends no status: leaving the loop must not do that, or the caller would wait for ever.
  for await (const request of call.iterator({ destroyOnReturn: false })) {
    // Each message is a call of its own, and what was taken back before it came permits nothing.
    await begun.requireHeld();
    yield received(request);
  }
}

function drained(call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      call.off('cancelled', done);
      resolve();
    };
    call.once('drain', done);
    call.once('cancelled', done);
  });
}

/** A message that could not be decoded reaches its handler as the reason, so that the caller gets a status it can act on. */
class Undecodable {
  constructor(readonly error: StatusError) {}
}

function guarded(deserialize: (bytes: Buffer) => unknown, limit = MESSAGE_LIMIT) {
  return (bytes: Buffer): unknown => {
    if (bytes.length > limit) {
      return new Undecodable(
        new StatusError('INVALID_ARGUMENT', `the message has ${bytes.length} bytes, more than ${limit}`, {
          reason: 'MESSAGE_TOO_LARGE',
        }),
      );
    }
    try {
      return deserialize(bytes);
    } catch (error) {
      if (error instanceof StatusError) return new Undecodable(error);
      return new Undecodable(
        new StatusError('INVALID_ARGUMENT', 'the message is not a valid protobuf message of this method', {
          reason: 'MALFORMED_MESSAGE',
        }),
      );
    }
  };
}

/** The request, or the reason there is none, thrown as a StatusError. */
function received<T>(request: T): T {
  if (request instanceof Undecodable) throw request.error;
  return request;
}

/** Authenticates a call. Throws StatusError UNAUTHENTICATED, and what forbids the caller the method. */
function begin<Caller>(
  call: AnyCall,
  rpc: RpcService<Caller>,
  method: string,
): CallContext<Caller> | Promise<CallContext<Caller>> {
  const token = bearerToken(call.metadata.get('authorization')[0]);
  const look = () => admitted(rpc, method, token);
  const caller = look();
  return caller instanceof Promise
    ? caller.then((one) => new CallContext(call, one, look))
    : new CallContext(call, caller, look);
}

/** What a handler knows of a gRPC call. What few handlers ask for is made when it is asked for. */
class CallContext<Caller> implements Call<Caller> {
  #signal: AbortSignal | undefined;

  constructor(
    readonly raw: AnyCall,
    public caller: Caller,
    readonly look: () => Caller | Promise<Caller>,
  ) {}

  requireHeld(): unknown {
    const found = this.look();
    if (found instanceof Promise) return found.then((caller) => (this.caller = caller));
    return (this.caller = found);
  }

  get signal(): AbortSignal {
    if (!this.#signal) {
      const abort = new AbortController();
      this.#signal = abort.signal;
      if (this.raw.cancelled) abort.abort();
      else (this.raw as EventEmitter).on('cancelled', () => abort.abort());
    }
    return this.#signal;
  }

  get deadline(): number | undefined {
    const deadline = this.raw.getDeadline();
    const ms = deadline instanceof Date ? deadline.getTime() : deadline;
    return Number.isFinite(ms) ? ms : undefined;
  }

  get traceId(): string | undefined {
    return traceIdOf(this.raw.metadata.get('traceparent')[0]);
  }

  get surface(): Call['surface'] {
    return surfaceOf(this.raw.metadata.get('x-countersign-surface')[0]);
  }
}

/** A StatusError in the form grpc-js sends, with google.rpc details. */
function toServiceError(error: StatusError): Partial<ServiceError> {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', error.toDetailsBin());
  return { code: grpcStatus[error.status], details: error.message, metadata };
}
