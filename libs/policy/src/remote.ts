import { Client, credentials, Metadata, type ChannelCredentials, type ClientDuplexStream } from '@grpc/grpc-js';
import type { Verdict } from '@countersign/approval';
import {
  Fault,
  PolicyService,
  serviceDefinition,
  type EvaluateResponse,
  type ListBundlesResponse,
  type ShadowReport as WireShadowReport,
} from '@countersign/contract';
import { faultVerdict } from './fault-verdict.js';
import { inputProblem } from './input-guard.js';
import type { BundleInfo, Policy, PolicyEvent, PolicyListener } from './policy.js';
import { shadowFromWire } from './shadow-wire.js';
import type { ShadowReport } from './shadow.js';
import { bundleFromWire, verdictFromWire } from './wire.js';

export interface RemotePolicyOptions {
  /** host:port of the decision service. */
  address: string;
  /** The services' shared credential. */
  token: string;
  /** How long one evaluation may take, the way there and back included. */
  timeoutMs?: number;
  credentials?: ChannelCredentials;
  log?: (line: string) => void;
}

interface Waiting {
  resolve(verdict: Verdict): void;
  reject(fault: Fault): void;
  timer: NodeJS.Timeout;
}

type Stream = ClientDuplexStream<object, EvaluateResponse>;

const METHODS = serviceDefinition(PolicyService);
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
const REFRESH_MS = 5_000;
/** Evaluations under way before more are refused: an answer that comes late is of no use. */
const MOST_WAITING = 4_096;

/**
 * The policy of a decision service, over one long-lived stream. Throws nothing but Fault `policy-unavailable`, retryable:
 * no answer is not an answer, and it is never taken for one. What happens to the bundles there is learnt from their list, so
 * a change that is undone before it is looked at is not told.
 */
export class RemotePolicy implements Policy {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #options: RemotePolicyOptions;
  readonly #waiting = new Map<bigint, Waiting>();
  #stream: Stream | undefined;
  #sequence = 0n;
  #backoffMs = FIRST_BACKOFF_MS;
  #reconnect: NodeJS.Timeout | undefined;
  #closed = false;
  #bundles: BundleInfo[] = [];
  #warning = '';
  #listing = false;
  readonly #refresh: NodeJS.Timeout;
  readonly #listeners = new Set<PolicyListener>();

  constructor(options: RemotePolicyOptions) {
    this.#options = options;
    this.#metadata.set('authorization', `Bearer ${options.token}`);
    this.#client = new Client(options.address, options.credentials ?? credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': FIRST_BACKOFF_MS,
      'grpc.max_reconnect_backoff_ms': LONGEST_BACKOFF_MS,
      'grpc.keepalive_time_ms': 30_000,
    });
    this.#open();
    // A swap shows in the next answer; where nobody asks anything, here.
    this.#refresh = setInterval(() => this.#stream && this.#list(), REFRESH_MS);
    this.#refresh.unref();
  }

  /** The revision that serves there, as far as is known here; empty before the first contact. */
  get revision(): string {
    return this.#bundles.find(({ active }) => active)?.revision ?? '';
  }

  bundles(): BundleInfo[] {
    return this.#bundles;
  }

  problem(): string | undefined {
    return this.#stream === undefined ? 'the decision service cannot be reached' : undefined;
  }

  warning(): string | undefined {
    return this.#warning === '' ? undefined : this.#warning;
  }

  on(listener: PolicyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  evaluate(inputText: string): Promise<Verdict> {
    // Judged here as the engine would: what it would refuse anyway must not reach the stream that all share.
    if (inputProblem(inputText) !== undefined) return Promise.resolve(faultVerdict('input', this.revision));
    const stream = this.#stream;
    if (!stream) return Promise.reject(unavailable('the decision service cannot be reached'));
    if (this.#waiting.size >= MOST_WAITING) return Promise.reject(unavailable('too many evaluations are waiting'));
    const sequence = ++this.#sequence;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#timedOut(sequence), this.#options.timeoutMs ?? 2_000);
      this.#waiting.set(sequence, { resolve, reject, timer });
      stream.write({ sequence, inputJson: inputText });
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#reconnect);
    clearInterval(this.#refresh);
    this.#listeners.clear();
    this.#drop(this.#stream, 'this service is stopping');
    this.#client.close();
  }

  /** Throws Fault `policy-unavailable`. */
  shadowReport(): Promise<ShadowReport | undefined> {
    const method = METHODS.GetShadowReport!;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<object, WireShadowReport>(
        method.path,
        method.requestSerialize,
        method.responseDeserialize as (bytes: Buffer) => WireShadowReport,
        {},
        this.#metadata,
        { deadline: Date.now() + 5_000 },
        (error, response) => {
          if (error || !response) reject(unavailable('the decision service does not say what a candidate does', error));
          else resolve(shadowFromWire(response));
        },
      );
    });
  }

  #open(): void {
    const method = METHODS.EvaluateStream!;
    const stream: Stream = this.#client.makeBidiStreamRequest<object, EvaluateResponse>(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => EvaluateResponse,
      this.#metadata,
    );
    this.#stream = stream;
    stream.on('data', (response: EvaluateResponse) => this.#answer(response));
    stream.on('error', (error) => this.#lost(stream, error.message));
    stream.on('end', () => this.#lost(stream, 'the stream was ended'));
    this.#list();
  }

  // One question at a time: after a swap under load, every answer that comes in asks for this.
  #list(): void {
    if (this.#listing) return;
    this.#listing = true;
    const method = METHODS.ListBundles!;
    this.#client.makeUnaryRequest<object, ListBundlesResponse>(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => ListBundlesResponse,
      {},
      this.#metadata,
      { deadline: Date.now() + 5_000 },
      (error, response) => {
        this.#listing = false;
        if (error || !response) return;
        this.#backoffMs = FIRST_BACKOFF_MS;
        this.#learn(response);
      },
    );
  }

  #learn({ bundles, warning }: ListBundlesResponse): void {
    const [previous, known] = [this.revision, this.#warning];
    this.#bundles = bundles.map(bundleFromWire);
    this.#warning = warning;
    const serving = this.#bundles.find(({ active }) => active);
    if (serving && serving.revision !== previous) {
      const { revision, source, location } = serving;
      this.#tell({ type: 'serving', revision, source, location, ...(previous ? { previous } : {}) });
    }
    if (warning !== '' && warning !== known) {
      const location = this.#options.address;
      this.#tell({ type: 'load-failed', location, code: 'policy-bundle', message: warning });
    }
  }

  #tell(event: PolicyEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #answer({ sequence, result }: EvaluateResponse): void {
    const waiting = this.#take(sequence);
    if (!waiting) return;
    if (result.case !== 'verdict') return waiting.reject(unavailable('the decision service gave no verdict'));
    try {
      const verdict = verdictFromWire(result.value);
      waiting.resolve(verdict);
      if (verdict.policy.revision !== this.revision) this.#list();
    } catch (cause) {
      waiting.reject(unavailable('the verdict of the decision service cannot be understood', cause));
    }
  }

  #timedOut(sequence: bigint): void {
    this.#take(sequence)?.reject(unavailable('the decision service did not answer in time'));
  }

  #take(sequence: bigint): Waiting | undefined {
    const waiting = this.#waiting.get(sequence);
    if (!waiting) return undefined;
    this.#waiting.delete(sequence);
    clearTimeout(waiting.timer);
    return waiting;
  }

  #lost(stream: Stream, why: string): void {
    if (this.#stream !== stream) return;
    this.#drop(stream, 'the connection to the decision service was lost');
    if (this.#closed) return;
    this.#options.log?.(`the decision service at ${this.#options.address} is gone (${why}): trying again`);
    this.#reconnect = setTimeout(() => this.#open(), this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
  }

  // What was sent may have been evaluated, but evaluating changes nothing: whoever waits may simply ask again.
  #drop(stream: Stream | undefined, why: string): void {
    this.#stream = undefined;
    for (const sequence of [...this.#waiting.keys()]) this.#take(sequence)?.reject(unavailable(why));
    stream?.cancel();
  }
}

function unavailable(message: string, cause?: unknown): Fault<'policy-unavailable'> {
  return new Fault('policy-unavailable', message, { retryable: true, cause });
}
