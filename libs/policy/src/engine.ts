import { setTimeout as pause } from 'node:timers/promises';
import type { Verdict } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import { infoOf, type Bundle } from './bundle.js';
import { reasonAgainst } from './capabilities.js';
import { faultVerdict, type FaultKind } from './fault-verdict.js';
import { inputProblem } from './input-guard.js';
import { Instance, runnable } from './instance.js';
import type { BundleInfo, Policy } from './policy.js';
import { probes } from './smoke.js';
import { SchemaProblem } from './schema-members.js';
import { readVerdict } from './verdict-schema.js';
import type { Builtins } from './wasm/host.js';

export interface EngineOptions {
  /** Told of every fault, with the detail that the verdict must not carry. */
  onFault?: (kind: FaultKind, detail: string) => void;
  /** The builtins of Rego that its policy may call; absent, all there are. */
  builtins?: Builtins;
}

const WARM_UP = 300;
/** For how long a warm-up may keep everybody else waiting. */
const SLICE_MS = 3;
const REMEMBERED = 4_096;
const LONGEST_REMEMBERED = 8_192;

/** Evaluates one bundle in this process. `evaluate` never throws: whatever breaks denies, with a reason, and is counted. */
export class PolicyEngine implements Policy {
  readonly revision: string;
  readonly faults: Record<FaultKind, number> = { input: 0, throw: 0, undefined: 0, schema: 0 };
  /** WASM instances that were dropped because something was thrown. */
  retired = 0;
  readonly bundle: Bundle;
  /** The compiled code, which another engine with other data may share. */
  readonly module: WebAssembly.Module;
  #onFault: NonNullable<EngineOptions['onFault']>;
  readonly #remembered = new Map<string, Verdict>();
  readonly #builtins: { builtins?: Builtins };
  #instance: Instance | undefined;

  /** Compiles, checks and warms up at once. Throws a Fault `policy-bundle` when the bundle cannot serve. */
  constructor(bundle: Bundle, options: EngineOptions = {}, prepared?: WebAssembly.Module) {
    this.bundle = bundle;
    this.revision = bundle.revision;
    this.#onFault = options.onFault ?? (() => {});
    this.#builtins = options.builtins ? { builtins: options.builtins } : {};
    try {
      this.module = prepared ?? new WebAssembly.Module(runnable(bundle.wasm));
      this.#instance = new Instance(this.module, bundle.data, this.#builtins);
    } catch (cause) {
      throw unloadable(bundle, cause);
    }
    const missing = this.#instance.missingBuiltins();
    if (missing.length > 0) {
      const why = missing.map(reasonAgainst).join('; ');
      throw new Fault('policy-bundle', `the policy bundle ${bundle.location} cannot serve: ${why}`);
    }
    const warmUp = this.#warmUp();
    while (!prepared && !warmUp.next().done) continue;
  }

  /**
   * Does what the constructor does without keeping anybody waiting for long, and tries the bundle: one that breaks on an
   * ordinary request throws a Fault `policy-bundle`. Code that is compiled already is not compiled again.
   */
  static async open(bundle: Bundle, options: EngineOptions = {}, compiled?: WebAssembly.Module): Promise<PolicyEngine> {
    const module = compiled ?? (await compileInBackground(bundle));
    const engine = new PolicyEngine(bundle, options, module);
    const warmUp = engine.#warmUp();
    for (let since = performance.now(); !warmUp.next().done;) {
      if (performance.now() - since < SLICE_MS) continue;
      // As long for everybody else: a turn of the event loop is not enough for an answer to get out.
      await pause(SLICE_MS);
      since = performance.now();
    }
    engine.#smokeTest();
    return engine;
  }

  /** What is wrong with a bundle is found before it serves. */
  problem(): undefined {
    return undefined;
  }

  warning(): undefined {
    return undefined;
  }

  on(): () => void {
    return () => {};
  }

  shadowReport(): undefined {
    return undefined;
  }

  close(): void {}

  evaluate(inputText: string): Verdict {
    const problem = inputProblem(inputText);
    if (problem !== undefined) return this.#fault('input', problem);
    let output: string;
    try {
      this.#instance ??= new Instance(this.module, this.bundle.data, this.#builtins);
      output = this.#instance.evaluate(inputText);
    } catch (thrown) {
      this.#instance = undefined;
      this.retired++;
      return this.#fault('throw', messageOf(thrown));
    }
    return this.#remembered.get(output) ?? this.#read(output);
  }

  bundles(): BundleInfo[] {
    return [infoOf(this.bundle, 'serving')];
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

  // The first evaluations take a hundred times as long as the later ones. Whether a probe faults does not matter here.
  *#warmUp(): Generator<void> {
    const inputs = [...probes(this.bundle.areas).values()];
    for (let i = 0; i < WARM_UP; i++) {
      try {
        this.#instance ??= new Instance(this.module, this.bundle.data, this.#builtins);
        this.#instance.evaluate(inputs[i % inputs.length]!);
      } catch {
        this.#instance = undefined;
      }
      yield;
    }
  }

  // Undefined is a way for a policy to say no. Throwing, or an answer nobody understands, is not.
  #smokeTest(): void {
    const told = this.#onFault;
    for (const [area, input] of probes(this.bundle.areas)) {
      let broke: string | undefined;
      this.#onFault = (kind, detail) => (broke = kind === 'undefined' ? undefined : detail);
      this.evaluate(input);
      if (broke === undefined) continue;
      const asked = area === '' ? 'an ordinary request' : `an ordinary request to ${area}`;
      throw new Fault('policy-bundle', `the policy bundle ${this.bundle.location} breaks on ${asked}: ${broke}`);
    }
    this.#onFault = told;
    this.faults.undefined = 0;
  }
}

async function compileInBackground(bundle: Bundle): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(runnable(bundle.wasm));
  } catch (cause) {
    throw unloadable(bundle, cause);
  }
}

function unloadable(bundle: Bundle, cause: unknown): Fault {
  return new Fault('policy-bundle', `the policy bundle ${bundle.location} cannot be loaded: ${messageOf(cause)}`, {
    cause,
  });
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
