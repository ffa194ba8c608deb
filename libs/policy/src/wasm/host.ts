import { bytesOfText, textOfBytes } from './bytes.js';
import { FIRST_GRAFT, type Graft } from './graft.js';
import { readFromMemory } from './memory-reader.js';
import { parseValue, writeValue } from './notation.js';
import { Numeral } from './numeral.js';
import { keyOf, type Value } from './value.js';

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
// A string in memory: its kind, its length, the address of its bytes; and here the bytes right behind.
const STRING = 4;
const STRING_LENGTH = 4;
const STRING_BYTES = 8;
const STRING_HEAD = 12;
/** One value of every kind: whether memory is read right is seen by it. */
const SAMPLE = '[null, true, false, 12, -1.50, "", "ü", [], {}, {"a": {"b": set()}, 5: {1, "x", [2]}}]';

/** One instantiated module and its memory. Whatever is thrown out of it leaves it broken: its own stack is not unwound. */
export class WasmHost {
  readonly entrypoints: ReadonlyMap<string, number>;
  /** Builtins the module calls, in order. */
  readonly wanted: readonly string[];
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #builtins = new Map<number, Builtin>();
  readonly #constants: { true: number; false: number };
  readonly #readsMemory: boolean;
  #bytes: Buffer;

  constructor(
    module: WebAssembly.Module,
    pages: { initial: number; maximum: number },
    builtins: Builtins,
    grafts: readonly Graft[],
  ) {
    this.#memory = new WebAssembly.Memory(pages);
    this.#bytes = Buffer.from(this.#memory.buffer);
    const imports = {
      memory: this.#memory,
      opa_abort: (address: number) => {
        throw new Error(this.#text(address));
      },
      opa_println: () => {},
      opa_builtin0: (id: number) => this.#give(this.#builtin(id)()),
      opa_builtin1: (id: number, _: number, a: number) => this.#give(this.#builtin(id)(this.#read(a))),
      opa_builtin2: (id: number, _: number, a: number, b: number) =>
        this.#give(this.#builtin(id)(this.#read(a), this.#read(b))),
      opa_builtin3: (id: number, _: number, a: number, b: number, c: number) =>
        this.#give(this.#builtin(id)(this.#read(a), this.#read(b), this.#read(c))),
      opa_builtin4: (id: number, _: number, a: number, b: number, c: number, d: number) =>
        this.#give(this.#builtin(id)(this.#read(a), this.#read(b), this.#read(c), this.#read(d))),
    };
    this.#exports = new WebAssembly.Instance(module, { env: imports }).exports as unknown as Exports;
    const { opa_wasm_abi_version: major, opa_wasm_abi_minor_version: minor } = this.#exports;
    if (major?.value !== 1 || !minor || minor.value < 2)
      throw new Error('the policy was compiled for another WASM ABI than 1.2 and 1.3: compile it with opa 1.x');
    this.entrypoints = new Map(Object.entries(this.#table(this.#exports.entrypoints())));
    const wanted = this.#table(this.#exports.builtins());
    for (const [name, id] of Object.entries(wanted)) this.#provide(id, name, builtins);
    grafts.forEach(({ builtin }, i) => this.#provide(FIRST_GRAFT + i, builtin, builtins));
    this.wanted = Object.keys(wanted).sort();
    this.#constants = { true: this.#write('true'), false: this.#write('false') };
    this.#readsMemory = this.#checkMemory();
  }

  #provide(id: number, name: string, builtins: Builtins): void {
    const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
    if (builtin) this.#builtins.set(id, builtin);
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
    const address = this.#put(Buffer.from(json), (at, length) => this.#exports.opa_json_parse(at, length));
    if (address === 0) throw new Error('the data is not JSON');
    return address;
  }

  /** Evaluates with the input written at `heap`, and reuses everything behind it. The answer is JSON. */
  evaluate(entrypoint: number, data: number, inputText: string, heap: number): string {
    this.#reserve(heap + inputText.length * 3);
    const length = this.#bytes.write(inputText, heap, 'utf8');
    return this.#text(this.#exports.opa_eval(0, entrypoint, data, heap, length, heap + length, 0));
  }

  #builtin(id: number): Builtin {
    const builtin = this.#builtins.get(id);
    if (!builtin) throw new Error(`the policy calls builtin ${id}, which is not there`);
    return builtin;
  }

  #give(answer: Answer): number {
    // No value at all is how the module hears of "undefined".
    if (answer === undefined) return 0;
    if (typeof answer === 'boolean') return this.#constants[`${answer}`];
    if (typeof answer === 'string' && this.#readsMemory) return this.#writeString(answer);
    const value = typeof answer === 'number' || typeof answer === 'bigint' ? new Numeral(String(answer)) : answer;
    return this.#write(writeValue(value));
  }

  #read(value: number): Value {
    if (!this.#readsMemory) return this.#readText(value);
    this.#refresh();
    return readFromMemory(this.#bytes, value);
  }

  #checkMemory(): boolean {
    const sample = this.#write(SAMPLE);
    const expected = keyOf(this.#readText(sample));
    try {
      return keyOf(readFromMemory(this.#bytes, sample)) === expected;
    } catch {
      return false;
    }
  }

  #readText(value: number): Value {
    const address = this.#exports.opa_value_dump(value);
    this.#refresh();
    const end = this.#bytes.indexOf(0, address);
    const text = textOfBytes(this.#bytes.subarray(address, end));
    this.#exports.opa_free(address);
    return parseValue(text);
  }

  #write(text: string): number {
    return this.#put(Buffer.from(text), (address, length) => this.#exports.opa_value_parse(address, length));
  }

  // Put together here: as text, the module would have to read it first, and would take no bytes that are not UTF-8.
  #writeString(text: string): number {
    const bytes = text.isWellFormed() ? undefined : bytesOfText(text);
    const length = bytes?.length ?? Buffer.byteLength(text);
    const address = this.#exports.opa_malloc(STRING_HEAD + length);
    this.#refresh();
    this.#bytes.writeUInt32LE(STRING, address);
    this.#bytes.writeUInt32LE(length, address + STRING_LENGTH);
    this.#bytes.writeUInt32LE(address + STRING_HEAD, address + STRING_BYTES);
    if (bytes) bytes.copy(this.#bytes, address + STRING_HEAD);
    else this.#bytes.write(text, address + STRING_HEAD, 'utf8');
    return address;
  }

  #put(bytes: Buffer, parse: (address: number, length: number) => number): number {
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
