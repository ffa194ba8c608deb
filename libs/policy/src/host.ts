import type { Verdict } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import { infoOf, withData, type Bundle } from './bundle.js';
import { PolicyEngine } from './engine.js';
import type { FaultKind } from './fault-verdict.js';
import type { Log } from './opa.js';
import type { BundleInfo, Policy, PolicyEvent, PolicyListener } from './policy.js';
import { Shadow, type ShadowReport } from './shadow.js';

export interface HostOptions {
  log: Log;
  /** Whether only bundles with a verified signature may serve. */
  signedOnly?: boolean;
}

/** An engine, and where its bundle was last got from: equal revisions share one engine. */
interface Held {
  engine: PolicyEngine;
  bundle: Bundle;
}

/** Different faults that are worth a line each. */
const MOST_LINES = 100;

/**
 * The policy that serves, and how another takes its place. A new one is compiled, warmed up and tried before it serves; then
 * one assignment makes it answer. An answer comes from one bundle and says which. What can not serve leaves the old one
 * where it is.
 */
export class PolicyHost implements Policy {
  readonly #options: HostOptions;
  #serving: Held | undefined;
  #previous: Held | undefined;
  #candidate: Held | undefined;
  #shadow: Shadow | undefined;
  #failure: Extract<PolicyEvent, { type: 'load-failed' }> | undefined;
  #loading: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<PolicyListener>();
  readonly #seen = new Set<string>();
  readonly #past = { faults: 0, retired: 0 };
  /** For metrics: what could not be loaded, and how often code was compiled. */
  loadFailures = 0;
  compiled = 0;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get revision(): string {
    return this.#serving?.engine.revision ?? '';
  }

  evaluate(inputText: string): Verdict {
    const serving = this.#serving;
    if (!serving) throw new Fault('policy-unavailable', this.problem() ?? 'no policy is loaded', { retryable: true });
    const verdict = serving.engine.evaluate(inputText);
    this.#shadow?.observe(inputText, verdict);
    return verdict;
  }

  bundles(): BundleInfo[] {
    const { serving, previous, candidate } = this.#roles();
    return [
      ...(serving ? [infoOf(serving.bundle, 'serving')] : []),
      ...(previous ? [infoOf(previous.bundle, 'previous')] : []),
      ...(candidate ? [infoOf(candidate.bundle, 'candidate')] : []),
    ];
  }

  problem(): string | undefined {
    if (this.#serving) return undefined;
    return `no policy has been loaded${this.#failure ? `: ${this.#failure.message}` : ''}`;
  }

  warning(): string | undefined {
    if (!this.#serving || !this.#failure) return undefined;
    return `a newer policy could not be loaded, and the one before still serves: ${this.#failure.message}`;
  }

  on(listener: PolicyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes a bundle the serving one. Throws the Fault that says why it can not serve; the old one serves as before then. Loads
   * take place one after another, in the order of the calls.
   */
  load(bundle: Bundle): Promise<BundleInfo> {
    return this.#inTurn(async () => {
      try {
        const held = await this.#prepare(bundle);
        this.#failure = undefined;
        this.#serve(held);
        return infoOf(bundle, 'serving');
      } catch (thrown) {
        throw this.failed(thrown, bundle.location, bundle.revision);
      }
    });
  }

  /** Changes the data and keeps the code. The old data serve as before when the new ones can not be read. */
  updateData(dataJson: string): Promise<BundleInfo> {
    return this.#inTurn(async () => {
      const serving = this.#serving;
      if (!serving) throw new Fault('policy-unavailable', 'there is no policy whose data could be changed');
      let revision: string | undefined;
      try {
        const bundle = withData(serving.bundle, dataJson);
        revision = bundle.revision;
        const held = await this.#prepare(bundle);
        this.#failure = undefined;
        this.#serve(held);
        return infoOf(bundle, 'serving');
      } catch (thrown) {
        throw this.failed(thrown, serving.bundle.location, revision);
      }
    });
  }

  /** Makes the one before serve again, at once. Throws a Fault `policy-no-previous` when there is none. */
  rollback(): BundleInfo {
    const [serving, previous] = [this.#serving, this.#previous];
    if (!serving || !previous) throw new Fault('policy-no-previous', 'there is no policy that served before this one');
    [this.#serving, this.#previous] = [previous, serving];
    this.#beginShadow();
    const { revision, source, location } = previous.bundle;
    this.#options.log(`policy ${revision} serves again, in place of ${serving.bundle.revision}`);
    this.#tell({ type: 'rolled-back', revision, previous: serving.bundle.revision, source, location });
    return infoOf(previous.bundle, 'serving');
  }

  /** Evaluates a candidate beside the serving one, or no longer. Throws the Fault that says why it can not be evaluated. */
  async shadow(bundle: Bundle | undefined): Promise<BundleInfo | undefined> {
    return this.#inTurn(async () => {
      const held = bundle && (await this.#prepare(bundle));
      this.#endShadow();
      if (!held) return undefined;
      this.#candidate = held;
      this.#beginShadow();
      return infoOf(held.bundle, 'candidate');
    });
  }

  /** What the candidate would have answered since it is one. Undefined when there is none. */
  shadowReport(): ShadowReport | undefined {
    return this.#candidate && this.#shadow?.report(infoOf(this.#candidate.bundle, 'candidate'), this.revision);
  }

  /** Takes note that a newer policy could not be had, and says so. Returns the Fault. */
  failed(thrown: unknown, location: string, revision?: string): Fault {
    // What is not a fault is a bug in reading a bundle, and must not end the process that the old one serves in.
    const fault =
      thrown instanceof Fault
        ? thrown
        : new Fault('policy-bundle', `the policy from ${location} can not be loaded`, { cause: thrown });
    const { code, message } = fault;
    const repeated = this.#failure !== undefined && this.#failure.code === code && this.#failure.message === message;
    const failure = { type: 'load-failed' as const, location, code, message, ...(revision ? { revision } : {}) };
    this.#failure = failure;
    this.loadFailures++;
    if (!repeated) {
      this.#options.log(`a policy could not be loaded (${code}): ${message}`);
      this.#tell(failure);
    }
    return fault;
  }

  /** Evaluations that broke and denied, and WASM instances that were dropped, since the process was started. */
  get counts(): { faults: number; retired: number } {
    const counts = { ...this.#past };
    for (const engine of this.#engines()) addCounts(counts, engine);
    return counts;
  }

  /** When the serving bundle was loaded, in seconds since 1970; 0 when there is none. */
  get loadedAt(): number {
    return this.#serving ? Date.parse(this.#serving.bundle.loadedAt) / 1000 : 0;
  }

  close(): void {
    this.#endShadow();
    this.#listeners.clear();
  }

  #serve(held: Held): void {
    const before = this.#serving;
    const { revision, source, location, areas } = held.bundle;
    this.#serving = held;
    if (held.engine === this.#candidate?.engine) this.#endShadow();
    if (before?.engine === held.engine) return;
    this.#drop(this.#previous, () => (this.#previous = before));
    this.#beginShadow();
    this.#options.log(`policy ${revision} from ${location} serves (${areas.join(', ')})`);
    const previous = before?.bundle.revision;
    this.#tell({ type: 'serving', revision, source, location, ...(previous ? { previous } : {}) });
  }

  /** An engine for a bundle: the one there is, or a new one, with the code that is compiled already where it is the same. */
  async #prepare(bundle: Bundle): Promise<Held> {
    if (this.#options.signedOnly && bundle.signedBy === undefined) {
      throw new Fault(
        'policy-signature',
        `the policy bundle ${bundle.location} is not signed: only signed ones may serve`,
      );
    }
    const engines = this.#engines();
    const same = engines.find(({ revision }) => revision === bundle.revision);
    if (same) return { engine: same, bundle };
    const code = engines.find((engine) => engine.bundle.wasm.equals(bundle.wasm))?.module;
    if (!code) this.compiled++;
    const onFault = (kind: FaultKind, detail: string) => this.#broke(bundle.revision, kind, detail);
    return { engine: await PolicyEngine.open(bundle, { onFault }, code), bundle };
  }

  // One line for each way of breaking: a policy that breaks does so on every request, and the counters have the number.
  #broke(revision: string, kind: FaultKind, detail: string): void {
    const line = `policy ${revision} broke and denied (${kind}): ${detail.slice(0, 500)}`;
    if (this.#seen.size >= MOST_LINES || this.#seen.has(line)) return;
    this.#seen.add(line);
    this.#options.log(line);
  }

  // Counts are about two bundles: when one of them changes, they begin anew.
  #beginShadow(): void {
    this.#shadow?.close();
    this.#shadow = this.#candidate && new Shadow(this.#candidate.engine);
  }

  #endShadow(): void {
    this.#shadow?.close();
    this.#shadow = undefined;
    this.#drop(this.#candidate, () => (this.#candidate = undefined));
  }

  /** Lets go of an engine, and keeps its numbers if nobody else holds it. */
  #drop(held: Held | undefined, letGo: () => void): void {
    letGo();
    if (held && !this.#engines().includes(held.engine)) addCounts(this.#past, held.engine);
  }

  #roles() {
    return { serving: this.#serving, previous: this.#previous, candidate: this.#candidate };
  }

  #engines(): PolicyEngine[] {
    return [...new Set(Object.values(this.#roles()).flatMap((held) => (held ? [held.engine] : [])))];
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#loading.then(work);
    this.#loading = done.catch(() => undefined);
    return done;
  }

  #tell(event: PolicyEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#options.log(`a listener to policy did not take ${event.type}: ${String(thrown)}`);
      }
    }
  }
}

function addCounts(counts: { faults: number; retired: number }, { faults, retired }: PolicyEngine): void {
  counts.faults += Object.values(faults).reduce((sum, count) => sum + count, 0);
  counts.retired += retired;
}
