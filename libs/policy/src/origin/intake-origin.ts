import { Client, credentials, Metadata, type ChannelCredentials, type ClientReadableStream } from '@grpc/grpc-js';
import { Fault, PolicyService, serviceDefinition, type WatchBundleResponse } from '@countersign/contract';
import { readBundle, type Bundle } from '../bundle.js';
import type { PolicyKeys } from '../signature/keys.js';
import { WITHDRAWN, type Origin } from './origin.js';

export interface IntakeOriginOptions {
  /** host:port of intake. */
  address: string;
  /** The services' shared credential. */
  token: string;
  /** The candidate, not the bundle that was activated. */
  candidate?: boolean;
  keys?: PolicyKeys | undefined;
  credentials?: ChannelCredentials;
}

const METHOD = serviceDefinition(PolicyService).WatchBundle!;
/** For how long the first answer of a connection is waited for: there is one at once. */
const ANSWER_MS = 10_000;
/** As much as a bundle server may give. */
const MAX_BYTES = 64 * 1024 * 1024;

/** One watch: what it has sent, one bundle after another. */
interface Watch {
  call: ClientReadableStream<WatchBundleResponse>;
  messages: AsyncIterator<WatchBundleResponse>;
  answered: boolean;
}

/** What was activated, as intake sends it to a decision service elsewhere: at once, and again whenever it is another. */
export class IntakeOrigin implements Origin {
  readonly source = 'database';
  readonly location: string;
  readonly remote = true;
  readonly pauseMs = 0;
  // While intake is away nothing is asked; once it is back, nothing should be answered by what it has left behind.
  readonly longestBackoffMs = 2_000;
  readonly #options: IntakeOriginOptions;
  readonly #client: Client;
  readonly #metadata = new Metadata();
  #watch: Watch | undefined;
  #given = '';

  constructor(options: IntakeOriginOptions) {
    this.#options = options;
    this.location = `intake at ${options.address}`;
    this.#metadata.set('authorization', `Bearer ${options.token}`);
    this.#client = new Client(options.address, options.credentials ?? credentials.createInsecure(), {
      'grpc.keepalive_time_ms': 30_000,
    });
  }

  get identity(): string {
    return `${this.location}${this.#options.candidate ? ' candidate' : ''}`;
  }

  refused(): void {
    this.#given = '';
    this.#end();
  }

  async next(signal: AbortSignal): Promise<Bundle | typeof WITHDRAWN | undefined> {
    const watch = (this.#watch ??= this.#begin(signal));
    const slow = watch.answered ? undefined : setTimeout(() => watch.call.cancel(), ANSWER_MS);
    try {
      const { revision, archive } = await received(watch.messages);
      watch.answered = true;
      if (revision !== '' && revision === this.#given && archive.length === 0) return undefined;
      const had = this.#given !== '';
      this.#given = revision;
      if (revision === '') return had ? WITHDRAWN : undefined;
      const bundle = await readBundle(archive, this.source, this.location, this.#options.keys);
      if (bundle.revision !== revision)
        throw new Fault('policy-bundle', `${this.location} gives ${bundle.revision} under the name of ${revision}`);
      return bundle;
    } catch (thrown) {
      this.#end();
      if (thrown instanceof Fault) throw thrown;
      throw new Fault('policy-unreachable', `${this.location} cannot be reached`, { cause: thrown, retryable: true });
    } finally {
      clearTimeout(slow);
    }
  }

  #begin(signal: AbortSignal): Watch {
    const call = this.#client.makeServerStreamRequest<object, WatchBundleResponse>(
      METHOD.path,
      METHOD.requestSerialize,
      METHOD.responseDeserialize as (bytes: Buffer) => WatchBundleResponse,
      { candidate: this.#options.candidate ?? false, known: this.#given },
      this.#metadata,
    );
    // What ends a call is told where its messages are read; told nowhere, it would end the process.
    call.on('error', () => undefined);
    signal.addEventListener('abort', () => this.#end(), { once: true });
    return { call, messages: call[Symbol.asyncIterator]() as AsyncIterator<WatchBundleResponse>, answered: false };
  }

  #end(): void {
    this.#watch?.call.cancel();
    this.#watch = undefined;
  }
}

/** The next bundle, whole. Throws when the watch ends before. */
async function received(messages: AsyncIterator<WatchBundleResponse>): Promise<{ revision: string; archive: Buffer }> {
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; ;) {
    const next = await messages.next();
    if (next.done) throw new Error('the watch has ended');
    const { revision, chunk, last } = next.value;
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Fault('policy-bundle', `intake gives more than ${MAX_BYTES} bytes`);
    pieces.push(chunk);
    if (last) return { revision, archive: Buffer.concat(pieces) };
  }
}
