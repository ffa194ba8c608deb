import {
  create,
  createRegistry,
  fromBinary,
  toJson,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
  serviceDefinition,
  StatusSchema,
  type MethodDefinition,
} from '@countersign/contract';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';

// A client as strangers write it: stock grpc-js and plain HTTP, one try each, every answer as it came.

/** An answer other than OK, the same whether it came over gRPC or HTTP. */
export class Refusal extends Error {
  constructor(
    /** "INVALID_ARGUMENT". */
    readonly code: string,
    message: string,
    /** Of google.rpc.ErrorInfo: what a client may switch on. */
    readonly reason: string,
    readonly fields: { field: string; description: string }[],
    readonly retryDelay: string | undefined,
    readonly httpStatus?: number,
  ) {
    super(message);
  }
}

const DETAILS = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);

interface Detail {
  '@type': string;
  reason?: string;
  retryDelay?: string;
  fieldViolations?: { field: string; description: string }[];
}

function refusal(code: number, message: string, details: Detail[], httpStatus?: number): Refusal {
  const detail = (name: string) => details.find((one) => one['@type'].endsWith(name));
  return new Refusal(
    status[code] ?? String(code),
    message,
    detail('ErrorInfo')?.reason ?? '',
    detail('BadRequest')?.fieldViolations ?? [],
    detail('RetryInfo')?.retryDelay,
    httpStatus,
  );
}

export class Grpc {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': -1,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 200,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  call<I extends DescMessage, O extends DescMessage>(
    token: string | undefined,
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    deadlineMs?: number,
  ): Promise<MessageShape<O>> {
    const bytes = definition(method).requestSerialize(create(method.input, request));
    return this.raw(token, method, bytes, deadlineMs) as Promise<MessageShape<O>>;
  }

  /** Sends exactly these bytes as the request. */
  raw(token: string | undefined, method: DescMethod, bytes: Buffer, deadlineMs = 20_000): Promise<unknown> {
    const { path, responseDeserialize } = definition(method);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (whole: Buffer) => whole,
        responseDeserialize,
        bytes,
        metadata(token),
        { deadline: Date.now() + deadlineMs },
        (error, answer) => (error ? reject(fromGrpc(error)) : resolve(answer)),
      );
    });
  }

  async *watch<I extends DescMessage, O extends DescMessage>(
    token: string,
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
  ): AsyncGenerator<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = definition(method);
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      create(method.input, request),
      metadata(token),
    );
    try {
      for await (const message of call) yield message as MessageShape<O>;
    } catch (error) {
      throw fromGrpc(error as ServiceError);
    } finally {
      call.cancel();
    }
  }

  /** Sends all requests, ends, and returns the one answer. */
  send<I extends DescMessage, O extends DescMessage>(
    token: string | undefined,
    method: DescMethodClientStreaming<I, O>,
    requests: MessageInitShape<I>[],
  ): Promise<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = definition(method);
    return new Promise((resolve, reject) => {
      const call = this.#client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadata(token),
        { deadline: Date.now() + 20_000 },
        (error, answer) => (error ? reject(fromGrpc(error)) : resolve(answer as unknown as MessageShape<O>)),
      );
      for (const request of requests) call.write(create(method.input, request));
      call.end();
    });
  }

  /** Sends all requests, as they come, ends, and returns all answers. */
  async exchange<I extends DescMessage, O extends DescMessage>(
    token: string,
    method: DescMethodBiDiStreaming<I, O>,
    requests: Iterable<MessageInitShape<I>> | AsyncIterable<MessageInitShape<I>>,
  ): Promise<MessageShape<O>[]> {
    const { path, requestSerialize, responseDeserialize } = definition(method);
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata(token));
    for await (const request of requests) call.write(create(method.input, request));
    call.end();
    const answers: MessageShape<O>[] = [];
    try {
      for await (const answer of call) answers.push(answer as MessageShape<O>);
    } catch (error) {
      throw fromGrpc(error as ServiceError);
    }
    return answers;
  }

  close(): void {
    this.#client.close();
  }
}

function definition(method: DescMethod): MethodDefinition {
  return serviceDefinition(method.parent)[method.name]!;
}

function metadata(token: string | undefined): Metadata {
  const headers = new Metadata();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  return headers;
}

function fromGrpc(error: ServiceError): Error {
  if (error.code === undefined) return error;
  const [details] = error.metadata?.get('grpc-status-details-bin') ?? [];
  const typed = details ? fromBinary(StatusSchema, details as Buffer) : undefined;
  const json = typed ? (toJson(StatusSchema, typed, { registry: DETAILS }) as { details?: Detail[] }) : {};
  return refusal(error.code, error.details, json.details ?? []);
}

export interface HttpOptions {
  method?: string;
  /** JSON, or the exact body. */
  body?: object | string | Buffer;
  headers?: Record<string, string>;
}

/** Calls a JSON twin. Returns the JSON of a 200 and throws the Refusal of anything else. */
export async function http<T = Record<string, unknown>>(
  port: number,
  token: string | undefined,
  path: string,
  options: HttpOptions = {},
): Promise<T> {
  const { body } = options;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
  const answer = (await response.json()) as T & { code: number; message: string; details?: Detail[] };
  if (response.status === 200) return answer;
  throw refusal(answer.code, answer.message, answer.details ?? [], response.status);
}

function bytesOf(body: object | string | Buffer): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body;
  return Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
}
