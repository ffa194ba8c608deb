// A client as any of ours: stock grpc-js, every answer as it came. What may be tried again, it tries again, and says so.
import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { ErrorInfoSchema, serviceDefinition, StatusSchema } from '@countersign/contract';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';

const DEADLINE_MS = 60_000;
const MOST_TRIES = 50;

/** An answer other than OK. */
export class Refused extends Error {
  constructor(code, reason, message) {
    super(`${code} ${reason}: ${message}`);
    Object.assign(this, { code, reason });
  }
}

export class Wire {
  #client;
  /** Answers that said "another was faster, try again". */
  contention = 0;

  constructor(port) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  async call(token, method, request) {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(token, method, create(method.input, request));
      } catch (error) {
        if (error.reason !== 'CONTENTION' || tries === MOST_TRIES) throw error;
        this.contention += 1;
        await sleep(Math.random() * 200);
      }
    }
  }

  close() {
    this.#client.close();
  }

  #once(token, method, message) {
    const { path, requestSerialize, responseDeserialize } = serviceDefinition(method.parent)[method.name];
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    const options = { deadline: Date.now() + DEADLINE_MS };
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        message,
        metadata,
        options,
        (error, answer) => (error ? reject(refusedOf(error)) : resolve(answer)),
      );
    });
  }
}

function refusedOf(error) {
  const [details] = error.metadata?.get('grpc-status-details-bin') ?? [];
  const info = details && fromBinary(StatusSchema, details).details.map((any) => anyUnpack(any, ErrorInfoSchema));
  return new Refused(
    status[error.code] ?? 'UNKNOWN',
    info?.find(Boolean)?.reason ?? '',
    error.details ?? error.message,
  );
}
