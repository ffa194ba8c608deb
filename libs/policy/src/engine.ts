import type { Verdict } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import type { Bundle } from './bundle.js';
import { faultVerdict, type FaultKind } from './fault-verdict.js';
import { inputProblem } from './input-guard.js';
import { Instance } from './instance.js';
import type { BundleInfo, Policy } from './policy.js';
import { readVerdict, SchemaProblem } from './verdict-schema.js';

export interface EngineOptions {
  /** Told of every fault, with the detail that the verdict must not carry. */
  onFault?: (kind: FaultKind, detail: string) => void;
}

const WARM_UP = 300;
const REMEMBERED = 4_096;
const LONGEST_REMEMBERED = 8_192;

/** Evaluates one bundle in this process. `evaluate` never throws: whatever breaks denies, with a reason, and is counted. */
export class PolicyEngine implements Policy {
  readonly revision: string;
  readonly faults: Record<FaultKind, number> = { input: 0, throw: 0, undefined: 0, schema: 0 };
  /** WASM instances that were dropped because something was thrown. */
  retired = 0;
  readonly #bundle: Bundle;
  readonly #module: WebAssembly.Module;
  readonly #onFault: NonNullable<EngineOptions['onFault']>;
  readonly #remembered = new Map<string, Verdict>();
  #instance: Instance | undefined;

  /** Compiles, checks and warms up. Throws a Fault `policy-bundle` when the bundle can not serve. */
  constructor(bundle: Bundle, options: EngineOptions = {}) {
    this.#bundle = bundle;
    this.revision = bundle.revision;
    this.#onFault = options.onFault ?? (() => {});
    try {
      this.#module = new WebAssembly.Module(new Uint8Array(bundle.wasm));
      this.#instance = new Instance(this.#module, bundle.data);
    } catch (cause) {
      throw new Fault('policy-bundle', `the policy bundle ${bundle.location} can not be loaded: ${messageOf(cause)}`, {
        cause,
      });
    }
    const missing = this.#instance.missingBuiltins();
    if (missing.length > 0) {
      const which = missing.join(', ');
      throw new Fault(
        'policy-bundle',
        `the policy bundle ${bundle.location} calls ${which}: not available here, remove it`,
      );
    }
    this.#warmUp();
  }

  /** What is wrong with a bundle is found before it serves. */
  problem(): undefined {
    return undefined;
  }

  close(): void {}

  evaluate(inputText: string): Verdict {
    const problem = inputProblem(inputText);
    if (problem !== undefined) return this.#fault('input', problem);
    let output: string;
    try {
      this.#instance ??= new Instance(this.#module, this.#bundle.data);
      output = this.#instance.evaluate(inputText);
    } catch (thrown) {
      this.#instance = undefined;
      this.retired++;
      return this.#fault('throw', messageOf(thrown));
    }
    return this.#remembered.get(output) ?? this.#read(output);
  }

  bundles(): BundleInfo[] {
    const { revision, source, loadedAt, areas } = this.#bundle;
    return [{ revision, active: true, source, loaded_at: loadedAt, areas: [...areas] }];
  }

  /** Bytes of the serving instance's memory, which never shrinks. */
  get memoryBytes(): number {
    return this.#instance?.memoryBytes ?? 0;
  }

  // Equal output means an equal verdict: most answers were given before, and need not be parsed again.
  #read(output: string): Verdict {
    let verdict: Verdict;
    try {
      const [first] = JSON.parse(output) as { result: unknown }[];
      if (first === undefined) return this.#fault('undefined', 'the result set is empty');
      verdict = frozen(readVerdict(first.result, this.revision));
    } catch (thrown) {
      return this.#fault('schema', thrown instanceof SchemaProblem ? thrown.message : 'the output is not JSON');
    }
    if (output.length <= LONGEST_REMEMBERED) {
      const oldest = this.#remembered.size >= REMEMBERED ? this.#remembered.keys().next().value : undefined;
      if (oldest !== undefined) this.#remembered.delete(oldest);
      this.#remembered.set(output, verdict);
    }
    return verdict;
  }

  #fault(kind: FaultKind, detail: string): Verdict {
    this.faults[kind]++;
    this.#onFault(kind, detail);
    return faultVerdict(kind, this.revision);
  }

  // The first evaluations take a hundred times as long as the later ones. Whether a probe faults does not matter here: a
  // package may well expect members that a probe does not have.
  #warmUp(): void {
    const areas = this.#bundle.areas.length > 0 ? this.#bundle.areas : ['everywhere'];
    for (let i = 0; i < WARM_UP; i++) {
      try {
        this.#instance ??= new Instance(this.#module, this.#bundle.data);
        this.#instance.evaluate(probeText(`${areas[i % areas.length]}.warm_up`));
      } catch {
        this.#instance = undefined;
      }
    }
  }
}

function probeText(action: string): string {
  const agent = '"agent":{"groups":[],"id":"warm-up","owner":"warm-up"}';
  const rest =
    '"context":{},"history":{},"resource":{"id":"warm-up","type":"warm-up"},"subject":{"id":"warm-up","type":"agent"}';
  return `{"action":{"name":"${action}","properties":{}},${agent},${rest},"time":{"rfc3339":"1970-01-01T00:00:00Z","unix":0}}`;
}

// Verdicts are shared between requests.
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return 'something that is not an error was thrown';
}
