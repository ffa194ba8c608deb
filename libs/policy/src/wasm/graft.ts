// A compiled module brings builtins of its own, which are OPA's in C and not always what its evaluator gives: some differ on odd
// operands, some trap, and one never ends. Here the body of such a function is replaced by a call to the host, so that they
// are ours as well. The functions are found by the names that opa writes into every module.

/** A function of the module, and the builtin that is called in its place. */
export interface Graft {
  /** As the host calls it. */
  builtin: string;
  /** As the module calls it. */
  target: string;
  /** Only for such an operand; for others the module's own is right, and faster. */
  only?: { operand: number; is: 'text' | 'empty text' | 'set' };
}

/** Numbers that the host knows the grafted builtins by: beyond any that a module gives out itself. */
export const FIRST_GRAFT = 100_000;

const MAGIC = 8;
enum Section {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Code = 10,
}
const FUNCTION_NAMES = 1;
const [FUNCTION, TABLE, MEMORY] = [0, 1, 2];
const I32 = 0x7f;
const [IF, ELSE, END, CALL, LOCAL_GET, LOAD, LOAD_BYTE, I32_CONST] = [0x04, 0x05, 0x0b, 0x10, 0x20, 0x28, 0x2d, 0x41];
const [EQUALS_ZERO, EQUALS, AND, OR] = [0x45, 0x46, 0x71, 0x72];
// How the module keeps values: a byte for the kind, and of a text the length four bytes on.
const [TEXT, SET, INTERNED_TEXT] = [4, 7, 8];
const TEXT_LENGTH = 4;

/** The module with the host's builtins in the place of its own. Throws an Error for what is no compiled policy. */
export function graft(wasm: Uint8Array, grafts: readonly Graft[]): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(Buffer.from(wasm));
  const types = readTypes(only(sections, Section.Type));
  const imports = readImports(only(sections, Section.Import));
  const functions = new Reader(only(sections, Section.Function)).list((reader) => reader.uint());
  const names = readNames(sections.filter(({ id }) => id === Section.Custom));
  if (names.size === 0)
    throw new Error('the names of its functions were taken out of the module: use what opa build writes');
  const bodies = new Reader(only(sections, Section.Code)).list((reader) => reader.bytes(reader.uint()));
  for (const [i, { target, only: guard }] of grafts.entries()) {
    const index = names.get(target);
    if (index === undefined) continue;
    const own = index - imports.length;
    const type = types[functions[own] ?? -1];
    const dispatcher = imports.indexOf(`opa_builtin${type?.operands}`);
    if (!type?.plain || dispatcher < 0) throw new Error(`the module has another ${target} than opa gives it`);
    const host = call(dispatcher, [FIRST_GRAFT + i, 0], type.operands);
    if (!guard) bodies[own] = bodyOf(host);
    else {
      // The function moves to the end, so that no other changes its number.
      const original = call(imports.length + bodies.push(bodies[own]!) - 1, [], type.operands);
      functions.push(functions[own]!);
      bodies[own] = bodyOf([...holds(guard), IF, I32, ...host, ELSE, ...original, END]);
    }
  }
  const changed = new Map([
    [Section.Function, list(functions.map(uint))],
    [Section.Code, list(bodies.map((body) => Buffer.concat([uint(body.length), body])))],
  ]);
  const parts = sections.map(({ id, content }) => section(id, changed.get(id) ?? content));
  return new Uint8Array(Buffer.concat([Buffer.from(wasm.subarray(0, MAGIC)), ...parts]));
}

interface Part {
  id: number;
  content: Buffer;
}

function sectionsOf(wasm: Buffer): Part[] {
  const reader = new Reader(wasm.subarray(MAGIC));
  const parts: Part[] = [];
  while (!reader.atEnd) parts.push({ id: reader.byte(), content: reader.bytes(reader.uint()) });
  return parts;
}

function only(sections: Part[], id: Section): Buffer {
  const found = sections.find((part) => part.id === id);
  if (!found) throw new Error('the module is no compiled policy');
  return found.content;
}

/** Functions from so many numbers to one, or others. */
function readTypes(content: Buffer): { operands: number; plain: boolean }[] {
  return new Reader(content).list((reader) => {
    reader.byte();
    const [from, to] = [reader.list((each) => each.byte()), reader.list((each) => each.byte())];
    return { operands: from.length, plain: to.length === 1 && [...from, ...to].every((type) => type === I32) };
  });
}

/** The names of the imported functions, which come before the module's own. */
function readImports(content: Buffer): string[] {
  const all = new Reader(content).list((reader) => {
    reader.text();
    const name = reader.text();
    const kind = reader.byte();
    if (kind === TABLE) reader.byte();
    if (kind === FUNCTION) reader.uint();
    else if (kind === TABLE || kind === MEMORY)
      for (let limits = (reader.byte() & 1) + 1; limits > 0; limits--) reader.uint();
    else reader.bytes(2);
    return kind === FUNCTION ? name : undefined;
  });
  return all.filter((name) => name !== undefined);
}

function readNames(customs: Part[]): Map<string, number> {
  const names = new Map<string, number>();
  for (const { content } of customs) {
    const reader = new Reader(content);
    if (reader.text() !== 'name') continue;
    while (!reader.atEnd) {
      const kind = reader.byte();
      const subsection = new Reader(reader.bytes(reader.uint()));
      if (kind !== FUNCTION_NAMES) continue;
      subsection.list((each) => {
        const index = each.uint();
        names.set(each.text(), index);
      });
    }
  }
  return names;
}

// No locals.
const bodyOf = (code: number[]) => Buffer.from([0, ...code, END]);

/** A call with numbers in front of the function's own operands. */
function call(index: number, first: number[], operands: number): number[] {
  const passed = Array.from({ length: operands }, (_, i) => [LOCAL_GET, i]);
  return [...first.flatMap((value) => [I32_CONST, ...int(value)]), ...passed.flat(), CALL, ...uint(index)];
}

/** Leaves on the stack whether the operand is of the kind. */
function holds({ operand, is }: NonNullable<Graft['only']>): number[] {
  const kind = [LOCAL_GET, operand, LOAD_BYTE, 0, 0];
  if (is === 'set') return [...kind, I32_CONST, SET, EQUALS];
  const text = [...kind, I32_CONST, TEXT, EQUALS, ...kind, I32_CONST, INTERNED_TEXT, EQUALS, OR];
  if (is === 'text') return text;
  return [...text, LOCAL_GET, operand, LOAD, 2, TEXT_LENGTH, EQUALS_ZERO, AND];
}

const list = (items: Buffer[]) => Buffer.concat([uint(items.length), ...items]);

function section(id: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(id), uint(content.length), content]);
}

// Numbers are in LEB128: seven bits a byte, the lowest first.
function uint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** Of a number that is not negative: the sign is the second highest bit of the last byte. */
function int(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x3f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}

class Reader {
  #at = 0;
  constructor(readonly content: Buffer) {}

  get atEnd(): boolean {
    return this.#at >= this.content.length;
  }

  byte(): number {
    return this.content.readUInt8(this.#at++);
  }

  uint(): number {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.content.length) throw new Error('the module ends early');
    return this.content.subarray(this.#at, (this.#at += length));
  }

  text(): string {
    return this.bytes(this.uint()).toString('utf8');
  }

  list<T>(item: (reader: Reader) => T): T[] {
    return Array.from({ length: this.uint() }, () => item(this));
  }
}
