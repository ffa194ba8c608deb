import type { Verdict } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import { infoOf, withData, type Bundle } from './bundle.js';
import { PolicyEngine } from './engine.js';
import { Condition, toFault } from './condition.js';
import type { FaultKind } from './fault-verdict.js';
import type { Log } from './opa.js';
import { Follower } from './origin/follower.js';
import { Following } from './origin/following.js';
import type { LastGood } from './origin/last-good.js';
import type { Origin } from './origin/origin.js';
import type { BundleInfo, Policy, PolicyEvent, PolicyListener } from './policy.js';
import { Shadow, type ShadowReport } from './shadow.js';

export interface HostOptions {
  log: Log;
  /** Whether only bundles with a verified signature may serve, besides what is shipped. */
  signedOnly?: boolean;
  /** Where what has served is kept for a start without its origin. */
  lastGood?: LastGood;
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
 * one assignment makes it answer. An answer comes from one bundle and says which. What cannot serve leaves the old one
 * where it is.
 */
export class PolicyHost implements Policy {
  readonly #options: HostOptions;
  #serving: Held | undefined;
  /** Why what serves may not answer: it may not be what should serve. */
  #withheld: string | undefined;
  #previous: Held | undefined;
  #candidate: Held | undefined;
  #shadow: Shadow | undefined;
  readonly #condition = new Condition();
  readonly #following: Following;
  #candidates: Follower | undefined;
  #candidateProblem: string | undefined;
  #loading: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<PolicyListener>();
  readonly #seen = new Set<string>();
  readonly #past = { faults: 0, retired: 0 };
  /** How often code was compiled. */
  compiled = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#following = new Following(this, options.lastGood, options.log);
  }

  get revision(): string {
    return this.#serving?.engine.revision ?? '';
  }

  evaluate(inputText: string): Verdict {
    const serving = this.#serving;
    if (!serving || this.#withheld !== undefined)
      throw new Fault('policy-unavailable', this.problem()!, { retryable: true });
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
    if (this.#withheld !== undefined) return `the policy that is active cannot be had: ${this.#withheld}`;
    return this.#serving ? undefined : this.#condition.problem;
  }

  warning(): string | undefined {
    if (!this.#serving) return undefined;
    const held = this.#following.heldBack;
    const why = held && `policy ${held.revision} was rolled back from, and waits until ${held.location} has another`;
    return this.#condition.warning ?? why;
  }

  on(listener: PolicyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Keeps up with an origin from now on, in place of those before it as soon as it has a bundle. Resolves when it was asked
   * once. Throws the Fault that says why nothing of it serves; a remote one is asked again all the same.
   */
  follow(origin: Origin): Promise<void> {
    return this.#following.follow(origin);
  }

  /**
   * Makes a bundle the serving one. Throws the Fault that says why it cannot serve; the old one serves as before then. Loads
   * take place one after another, in the order of the calls.
   */
  load(bundle: Bundle, { keptAt }: { keptAt?: string } = {}): Promise<BundleInfo> {
    return this.#inTurn(() => this.#replace(bundle.location, () => bundle, keptAt));
  }

  /** Changes the data and keeps the code. The old data serve as before when the new ones cannot be read. */
  updateData(dataJson: string): Promise<BundleInfo> {
    return this.#inTurn(async () => {
      const serving = this.#serving?.bundle;
      if (!serving) throw new Fault('policy-unavailable', 'there is no policy whose data could be changed');
      return this.#replace(serving.location, () => withData(serving, dataJson));
    });
  }

  /** Makes the one before serve again, at once. Throws a Fault `policy-no-previous` when there is none. */
  rollback(): BundleInfo {
    const [serving, previous] = [this.#serving, this.#previous];
    if (!serving || !previous) throw new Fault('policy-no-previous', 'there is no policy that served before this one');
    [this.#serving, this.#previous] = [previous, serving];
    this.#beginShadow();
    this.#following.rolledBack(serving.bundle.revision, previous.bundle);
    const { revision, source, location } = previous.bundle;
    this.#options.log(`policy ${revision} serves again, in place of ${serving.bundle.revision}`);
    this.#tell({ type: 'rolled-back', revision, previous: serving.bundle.revision, source, location });
    return infoOf(previous.bundle, 'serving');
  }

  /** Evaluates a candidate beside the serving one, or no longer. Throws the Fault that says why it cannot be evaluated. */
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

  /** Keeps the candidate up with an origin. Resolves when it was asked once; it is asked again whatever came of it. */
  async followCandidate(origin: Origin): Promise<void> {
    this.#candidates?.close();
    const failed = (thrown: unknown) => this.#candidateFailed(toFault(thrown, origin.location));
    const deliver = async (bundle: Bundle) => {
      await this.shadow(bundle).catch((thrown: unknown) => {
        throw failed(thrown);
      });
      this.#candidateProblem = undefined;
    };
    const withdrawn = async () => {
      await this.shadow(undefined);
      this.#candidateProblem = undefined;
    };
    const follower = new Follower(origin, { deliver, failed, withdrawn, reached: () => undefined });
    this.#candidates = follower;
    await follower.look().catch(() => undefined);
    follower.start();
  }

  /** What the candidate would have answered since it is one. Undefined when there is none. */
  shadowReport(): ShadowReport | undefined {
    return this.#candidate && this.#shadow?.report(infoOf(this.#candidate.bundle, 'candidate'), this.revision);
  }

  /** Takes note that a newer policy could not be had, and says so. Returns the Fault. */
  failed(thrown: unknown, location: string, revision?: string): Fault {
    const fault = toFault(thrown, location);
    const event = this.#condition.failed(fault, location, revision);
    if (event) {
      this.#options.log(`a policy could not be loaded (${fault.code}): ${fault.message}`);
      this.#tell(event);
    }
    return fault;
  }

  /** Takes note that an origin answers. */
  reached(location: string): void {
    this.#condition.reached(location);
  }

  /** Answers nobody before it is known what should serve; undefined ends that. */
  withhold(why: string | undefined): void {
    this.#withheld = why;
  }

  /** Evaluations that broke and denied, and WASM instances that were dropped, since the process was started. */
  get counts(): { faults: number; retired: number } {
    const counts = { ...this.#past };
    for (const engine of this.#engines()) addCounts(counts, engine);
    return counts;
  }

  /** Whether the serving bundle was kept from before, because its origin could not be had. */
  get kept(): boolean {
    return this.#condition.kept;
  }

  /** How often a bundle could not be had or loaded. */
  get loadFailures(): number {
    return this.#condition.failures;
  }

  /** Why no newer candidate could be had. */
  get candidateProblem(): string | undefined {
    return this.#candidateProblem;
  }

  /** When the serving bundle was loaded, in seconds since 1970; 0 when there is none. */
  get loadedAt(): number {
    return this.#serving ? Date.parse(this.#serving.bundle.loadedAt) / 1000 : 0;
  }

  close(): void {
    this.#following.close();
    this.#candidates?.close();
    this.#endShadow();
    this.#listeners.clear();
  }

  async #replace(location: string, read: () => Bundle, keptAt?: string): Promise<BundleInfo> {
    let revision: string | undefined;
    try {
      const bundle = read();
      revision = bundle.revision;
      const held = await this.#prepare(bundle);
      this.#condition.loaded(keptAt);
      this.#withheld = undefined;
      this.#following.released();
      this.#serve(held);
      return infoOf(bundle, 'serving');
    } catch (thrown) {
      throw this.failed(thrown, location, revision);
    }
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
    if (this.#options.signedOnly && bundle.signedBy === undefined && bundle.source !== 'default') {
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

  #candidateFailed(fault: Fault): Fault {
    if (this.#candidateProblem !== fault.message)
      this.#options.log(`the candidate cannot be evaluated: ${fault.message}`);
    this.#candidateProblem = fault.message;
    return fault;
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
