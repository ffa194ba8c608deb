import {
  create,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  type DescMessage,
} from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { serviceDefinition } from '@countersign/contract';

/** A code other than OK that trying again does not change. */
export class Refused extends Error {
  constructor(
    readonly code: number,
    message: string,
    /** Whether an earlier try may have been done without its answer arriving. */
    readonly retried: boolean,
  ) {
    super(`${status[code]}: ${message}`);
  }
}

const DEADLINE_MS = 10_000;
const GIVE_UP_MS = 90_000;

/** Calls one server as somebody; UNAVAILABLE is tried again with the same request, as any client of ours should. */
export class Caller {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  /** How many answers were UNAVAILABLE, or late. */
  retries = 0;

  constructor(address: string, token: string) {
    this.#metadata.set('authorization', `Bearer ${token}`);
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
    });
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const message = create(method.input, request);
    const started = Date.now();
    for (let retried = false; ; retried = true) {
      const error = await new Promise<ServiceError | MessageShape<O>>((resolve) => {
        const { path, requestSerialize, responseDeserialize } = serviceDefinition(method.parent)[method.name]!;
        const options = { deadline: Date.now() + DEADLINE_MS };
        const decode = (bytes: Buffer) => responseDeserialize(bytes) as MessageShape<O>;
        this.#client.makeUnaryRequest(
          path,
          requestSerialize,
          decode,
          message,
          this.#metadata,
          options,
          (fault, answer) => resolve(fault ?? answer!),
        );
      });
      if (!(error instanceof Error)) return error;
      const again = error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED;
      if (!again || Date.now() - started > GIVE_UP_MS) throw new Refused(error.code, error.details, retried);
      this.retries += 1;
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
    }
  }

  /** Not tried again. */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
  ): AsyncGenerator<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = serviceDefinition(method.parent)[method.name]!;
    yield* this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      create(method.input, request),
      this.#metadata,
    );
  }

  close(): void {
    this.#client.close();
  }
}
