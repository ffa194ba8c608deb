import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type {
  DescMessage,
  DescMethod,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { credentials, Client as Channel, Metadata, type CallOptions } from '@grpc/grpc-js';
import { isLoopback, serviceDefinition } from '@countersign/contract';
import { UsageError } from './exit.js';

// The gRPC services as typed calls. Errors are grpc-js ServiceErrors; fault.ts turns them into words.

export interface ClientOptions {
  /** host:port. */
  address: string;
  token?: string;
  /** Speak without TLS to an address that is not this machine. */
  plaintext?: boolean;
  version: string;
}

/** Milliseconds a call may take beyond the wait it asked for. */
const PATIENCE = 15_000;
/** For what is sent in many messages. */
const SENDING = 120_000;
/** As the services': a ledger entry or a decision never comes near it. */
const MAX_MESSAGE = 4 * 1024 * 1024;

export class Client {
  readonly #channel: Channel;
  readonly #metadata = new Metadata();

  constructor(readonly options: ClientOptions) {
    const address = parseAddress(options.address);
    const plain = options.plaintext || isLoopback(address.host);
    // A bearer token on an unencrypted wire is everybody's token, so plain text off this machine has to be asked for.
    this.#channel = new Channel(options.address, plain ? credentials.createInsecure() : credentials.createSsl(), {
      'grpc.primary_user_agent': `countersign-cli/${options.version}`,
      'grpc.max_receive_message_length': MAX_MESSAGE,
    });
    // Votes are recorded as those of a terminal.
    this.#metadata.set('x-countersign-surface', 'terminal');
    if (options.token) this.#metadata.set('authorization', `Bearer ${options.token}`);
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: { waitMs?: number } = {},
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      this.#channel.makeUnaryRequest(
        pathOf(method),
        encoder(method.input),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, request),
        this.#metadata,
        deadline(PATIENCE + (options.waitMs ?? 0)),
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      );
    });
  }

  /** Sends all messages and returns the one answer. */
  send<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: MessageInitShape<I>[],
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      const call = this.#channel.makeClientStreamRequest(
        pathOf(method),
        encoder(method.input),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        this.#metadata,
        deadline(SENDING),
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      );
      for (const request of requests) call.write(create(method.input, request));
      call.end();
    });
  }

  /** Messages until the server ends the stream or the signal is aborted, which ends it quietly. */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    signal?: AbortSignal,
  ): AsyncGenerator<MessageShape<O>> {
    const call = this.#channel.makeServerStreamRequest(
      pathOf(method),
      encoder(method.input),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      create(method.input, request),
      this.#metadata,
    );
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) yield message as MessageShape<O>;
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** grpc.health.v1: true when the server says SERVING. Its request is empty and its answer one enum, so no codec. */
  health(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#channel.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        new Metadata(),
        deadline(5000),
        // Field 1, varint: 1 is SERVING.
        (error, answer) => (error ? reject(error) : resolve(answer?.[0] === 0x08 && answer[1] === 1)),
      );
    });
  }

  close(): void {
    this.#channel.close();
  }
}

function pathOf(method: DescMethod): string {
  return serviceDefinition(method.parent)[method.name]!.path;
}

function encoder<S extends DescMessage>(schema: S) {
  return (message: MessageShape<S>) => Buffer.from(toBinary(schema, message));
}

function deadline(ms: number): CallOptions {
  return { deadline: Date.now() + ms };
}

function parseAddress(address: string): { host: string } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(address);
  if (!match) throw new UsageError(`the address "${address}" is not host:port: write something like 127.0.0.1:7443`);
  return { host: match[1]! };
}
