import * as packaged from '@open-policy-agent/opa-wasm';
import { BUILTINS, PROVIDED_BUILTINS } from './builtins.js';

/** The one rule that is asked. */
export const ENTRYPOINT = 'countersign/decision';
const PAGE = 64 * 1024;
// An instance's memory never shrinks, so its maximum is what the largest input can cost for good: 32 MiB above the data.
const INITIAL_PAGES = 32;
const HEADROOM_PAGES = 512;

/** What the package really exports to ES modules: its typings name members it does not have there. */
const opa = (packaged as unknown as { default: { loadPolicySync: LoadPolicySync } }).default;

type LoadPolicySync = (
  module: WebAssembly.Module,
  memory: { initial: number; maximum: number },
  builtins: Record<string, (...operands: unknown[]) => unknown>,
) => LoadedPolicy;

interface LoadedPolicy {
  minorVersion: number;
  mem: WebAssembly.Memory;
  wasmInstance: WebAssembly.Instance;
  dataAddr: number;
  dataHeapPtr: number;
  entrypoints: Record<string, number>;
  setData(data: ArrayBuffer): void;
}

/** The exports of a compiled policy that we call ourselves (WASM ABI 1.2 and up). */
interface Exports {
  opa_eval(
    reserved: 0,
    entrypoint: number,
    data: number,
    input: number,
    length: number,
    heap: number,
    format: 0,
  ): number;
  builtins(): number;
  opa_json_dump(value: number): number;
}

/**
 * One WASM instance: a single-threaded evaluator with its own copy of the data. An exception that leaves it does not
 * restore its shadow stack, so after any throw it must be dropped: about a thousand of them break it for good.
 */
export class Instance {
  readonly #exports: Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #entrypoint: number;
  readonly #data: number;
  readonly #heap: number;
  #bytes: Buffer;

  constructor(module: WebAssembly.Module, data: string) {
    // Parsed data takes about ten times its text.
    const pages = INITIAL_PAGES + Math.ceil((data.length * 10) / PAGE);
    const loaded = opa.loadPolicySync(module, { initial: pages, maximum: pages + HEADROOM_PAGES }, BUILTINS);
    if (!(loaded.minorVersion >= 2))
      throw new Error('the policy was compiled for an older WASM ABI: compile it with opa 1.x');
    const id = loaded.entrypoints[ENTRYPOINT];
    if (id === undefined) throw new Error(`the policy has no entrypoint ${ENTRYPOINT}`);
    loaded.setData(new Uint8Array(Buffer.from(data)).buffer);
    this.#entrypoint = id;
    this.#data = loaded.dataAddr;
    this.#heap = loaded.dataHeapPtr;
    this.#memory = loaded.mem;
    this.#exports = loaded.wasmInstance.exports as unknown as Exports;
    this.#bytes = Buffer.from(this.#memory.buffer);
  }

  /** The result set as JSON text: `[{"result":…}]`, or `[]` for undefined. May throw anything. */
  evaluate(inputText: string): string {
    this.#reserve(inputText.length * 3);
    const length = this.#bytes.write(inputText, this.#heap, 'utf8');
    // The heap starts anew right behind the input: nothing of the call before is left.
    const address = this.#exports.opa_eval(0, this.#entrypoint, this.#data, this.#heap, length, this.#heap + length, 0);
    return this.#read(address);
  }

  /** Names of builtins the policy calls that nobody here provides. */
  missingBuiltins(): string[] {
    const wanted = Object.keys(
      JSON.parse(this.#read(this.#exports.opa_json_dump(this.#exports.builtins()))) as Record<string, number>,
    );
    return wanted.filter((name) => !(name in BUILTINS) && !PROVIDED_BUILTINS.has(name)).sort();
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  #reserve(bytes: number): void {
    const missing = this.#heap + bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    this.#refresh();
  }

  // Growing memory detaches the old view.
  #refresh(): void {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = Buffer.from(this.#memory.buffer);
  }

  #read(address: number): string {
    this.#refresh();
    const end = this.#bytes.indexOf(0, address);
    return this.#bytes.toString('utf8', address, end);
  }
}
