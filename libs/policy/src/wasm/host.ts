import { bytesOfText, textOfBytes } from './bytes.js';
import { parseValue, writeValue } from './notation.js';
import { Numeral } from './numeral.js';
import type { Value } from './value.js';

// The host's side of OPA's WebAssembly ABI 1.2 and 1.3 (https://www.openpolicyagent.org/docs/wasm): the memory, the functions
// the module calls, and how values get in and out. Our own, since every builtin must be ours to define and numbers exact.

/** What a builtin answers: a value, a number in JavaScript's clothes, or `undefined`, which is Rego's word for bad operands. */
export type Answer = Value | number | bigint | undefined;
/** Throwing ends the evaluation, which then denies: it is for what Rego has no word for, never for bad operands. */
export type Builtin = (...operands: Value[]) => Answer;
export type Builtins = Readonly<Record<string, Builtin>>;

/** The exports of a compiled policy that are called here. Addresses are offsets into the memory. */
interface Exports {
  opa_wasm_abi_version?: WebAssembly.Global;
  opa_wasm_abi_minor_version?: WebAssembly.Global;
  builtins(): number;
  entrypoints(): number;
  opa_malloc(bytes: number): number;
  opa_free(address: number): void;
  opa_json_parse(address: number, length: number): number;
  opa_json_dump(value: number): number;
  opa_value_parse(address: number, length: number): number;
  opa_value_dump(value: number): number;
  opa_heap_ptr_get(): number;
  opa_eval(
    reserved: 0,
    entrypoint: number,
    data: number,
    input: number,
    length: number,
    heap: number,
    format: 0,
  ): number;
}

export const PAGE_BYTES = 64 * 1024;
// Where a string in the module's memory has its length and the address of its bytes.
const STRING_LENGTH = 4;
const STRING_BYTES = 8;

/** One instantiated module and its memory. Whatever is thrown out of it leaves it broken: its own stack is not unwound. */
export class WasmHost {
  readonly entrypoints: ReadonlyMap<string, number>;
  /** Builtins the module calls, in order. */
  readonly wanted: readonly string[];
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #builtins: (Builtin | undefined)[] = [];
  #bytes: Buffer;

  constructor(module: WebAssembly.Module, pages: { initial: number; maximum: number }, builtins: Builtins) {
    this.#memory = new WebAssembly.Memory(pages);
    this.#bytes = Buffer.from(this.#memory.buffer);
    const call = (id: number, _context: number, ...operands: number[]) => this.#call(id, operands);
    const imports = {
      memory: this.#memory,
      opa_abort: (address: number) => {
        throw new Error(this.#text(address));
      },
      opa_println: () => {},
      opa_builtin0: call,
      opa_builtin1: call,
      opa_builtin2: call,
      opa_builtin3: call,
      opa_builtin4: call,
    };
    this.#exports = new WebAssembly.Instance(module, { env: imports }).exports as unknown as Exports;
    const { opa_wasm_abi_version: major, opa_wasm_abi_minor_version: minor } = this.#exports;
    if (major?.value !== 1 || !minor || minor.value < 2)
      throw new Error('the policy was compiled for another WASM ABI than 1.2 and 1.3: compile it with opa 1.x');
    this.entrypoints = new Map(Object.entries(this.#table(this.#exports.entrypoints())));
    const wanted = this.#table(this.#exports.builtins());
    for (const [name, id] of Object.entries(wanted))
      this.#builtins[id] = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
    this.wanted = Object.keys(wanted).sort();
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Where the next thing put into memory comes to lie. */
  get heap(): number {
    return this.#exports.opa_heap_ptr_get();
  }

  /** Puts JSON into memory for good and gives its address. */
  load(json: string): number {
    const address = this.#give(Buffer.from(json), (at, length) => this.#exports.opa_json_parse(at, length));
    if (address === 0) throw new Error('the data is not JSON');
    return address;
  }

  /** Evaluates with the input written at `heap`, and reuses everything behind it. The answer is JSON. */
  evaluate(entrypoint: number, data: number, inputText: string, heap: number): string {
    this.#reserve(heap + inputText.length * 3);
    const length = this.#bytes.write(inputText, heap, 'utf8');
    return this.#text(this.#exports.opa_eval(0, entrypoint, data, heap, length, heap + length, 0));
  }

  #call(id: number, operands: number[]): number {
    const builtin = this.#builtins[id];
    if (!builtin) throw new Error(`the policy calls builtin ${id}, which is not there`);
    const answer = builtin(...operands.map((address) => this.#read(address)));
    // No value at all is how the module hears of "undefined".
    if (answer === undefined) return 0;
    const value = typeof answer === 'number' || typeof answer === 'bigint' ? new Numeral(String(answer)) : answer;
    if (typeof value === 'string' && !value.isWellFormed()) return this.#writeBytes(bytesOfText(value));
    return this.#write(writeValue(value));
  }

  #read(value: number): Value {
    const address = this.#exports.opa_value_dump(value);
    this.#refresh();
    const end = this.#bytes.indexOf(0, address);
    const text = textOfBytes(this.#bytes.subarray(address, end));
    this.#exports.opa_free(address);
    return parseValue(text);
  }

  #write(text: string): number {
    return this.#give(Buffer.from(text), (address, length) => this.#exports.opa_value_parse(address, length));
  }

  // The module reads no text that is not UTF-8, yet its strings may hold any bytes: so they are put into a string of that
  // length afterwards.
  #writeBytes(bytes: Buffer): number {
    const value = this.#write(`"${'0'.repeat(bytes.length)}"`);
    this.#refresh();
    if (this.#bytes.readUInt32LE(value + STRING_LENGTH) !== bytes.length)
      throw new Error('the module keeps its strings in an unknown way');
    bytes.copy(this.#bytes, this.#bytes.readUInt32LE(value + STRING_BYTES));
    return value;
  }

  #give(bytes: Buffer, parse: (address: number, length: number) => number): number {
    const address = this.#exports.opa_malloc(bytes.length);
    this.#refresh();
    bytes.copy(this.#bytes, address);
    const value = parse(address, bytes.length);
    this.#exports.opa_free(address);
    return value;
  }

  #table(value: number): Record<string, number> {
    return JSON.parse(this.#text(this.#exports.opa_json_dump(value))) as Record<string, number>;
  }

  #reserve(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#refresh();
  }

  // Growing memory, which the module does too, detaches the old view.
  #refresh(): void {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = Buffer.from(this.#memory.buffer);
  }

  #text(address: number): string {
    this.#refresh();
    return this.#bytes.toString('utf8', address, this.#bytes.indexOf(0, address));
  }
}
