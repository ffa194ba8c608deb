import { GRAFTS } from './builtins/grafts.js';
import { BUILTINS } from './builtins/table.js';
import { graft } from './wasm/graft.js';
import { PAGE_BYTES, WasmHost, type Builtins } from './wasm/host.js';

/** The one rule that is asked. */
export const ENTRYPOINT = 'countersign/decision';
// An instance's memory never shrinks, so its maximum is what the largest input can cost for good: 32 MiB above the data.
const INITIAL_PAGES = 32;
const HEADROOM_PAGES = 512;

/** The code of a compiled policy as it is run here: with our builtins in the place of its own. */
export function runnable(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  return graft(wasm, GRAFTS);
}

/**
 * One WASM instance: a single-threaded evaluator with its own copy of the data. An exception that leaves it does not
 * restore its shadow stack, so after any throw it must be dropped: about a thousand of them break it for good.
 */
export class Instance {
  readonly #host: WasmHost;
  readonly #builtins: Builtins;
  readonly #data: number;
  readonly #heap: number;
  readonly #entrypoint: number;

  constructor(module: WebAssembly.Module, data: string, { builtins = BUILTINS, entrypoint = ENTRYPOINT } = {}) {
    // Parsed data takes about ten times its text.
    const pages = INITIAL_PAGES + Math.ceil((data.length * 10) / PAGE_BYTES);
    this.#host = new WasmHost(module, { initial: pages, maximum: pages + HEADROOM_PAGES }, builtins, GRAFTS);
    this.#builtins = builtins;
    this.#data = this.#host.load(data);
    this.#heap = this.#host.heap;
    this.#entrypoint = this.#idOf(entrypoint);
  }

  /**
   * The result set as JSON text: `[{"result":…}]`, or `[]` for undefined. An empty input text is no input. May throw anything.
   */
  evaluate(inputText: string, entrypoint?: string): string {
    const id = entrypoint === undefined ? this.#entrypoint : this.#idOf(entrypoint);
    // The heap starts anew right behind the data: nothing of the call before is left.
    return this.#host.evaluate(id, this.#data, inputText, this.#heap);
  }

  /** Names of builtins the policy calls that nobody here provides. */
  missingBuiltins(): string[] {
    return this.#host.wanted.filter((name) => !Object.hasOwn(this.#builtins, name));
  }

  get memoryBytes(): number {
    return this.#host.memoryBytes;
  }

  #idOf(entrypoint: string): number {
    const id = this.#host.entrypoints.get(entrypoint);
    if (id === undefined) throw new Error(`the policy has no entrypoint ${entrypoint}`);
    return id;
  }
}
