// A compiled module brings builtins of its own, which are OPA's in C and not always what its evaluator gives: some differ on odd
// operands, some trap, and one never ends. Here the body of such a function is replaced by a call to the host, so that they
// are ours as well. The functions are found by the names that opa writes into every module.

/** A function of the module, and the builtin that is called in its place. */
export interface Graft {
  /** As the host calls it. */
  builtin: string;
  /** As the module calls it. */
  target: string;
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
const [END, CALL, LOCAL_GET, I32_CONST] = [0x0b, 0x10, 0x20, 0x41];

/** The module with the host's builtins in the place of its own. Throws an Error for what is no compiled policy. */
export function graft(wasm: Uint8Array, grafts: readonly Graft[]): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(Buffer.from(wasm));
  const types = readTypes(only(sections, Section.Type));
  const imports = readImports(only(sections, Section.Import));
  const functions = new Reader(only(sections, Section.Function)).list((reader) => reader.uint());
  const names = readNames(sections.filter(({ id }) => id === Section.Custom));
  if (names.size === 0)
    throw new Error('the names of its functions were taken out of the module: use what opa build writes');
  const bodies = new Map<number, Buffer>();
  for (const [i, { target }] of grafts.entries()) {
    const index = names.get(target);
    if (index === undefined) continue;
    const type = types[functions[index - imports.length] ?? -1];
    const dispatcher = imports.indexOf(`opa_builtin${type?.operands}`);
    if (!type?.plain || dispatcher < 0) throw new Error(`the module has another ${target} than opa gives it`);
    bodies.set(index - imports.length, callOf(dispatcher, FIRST_GRAFT + i, type.operands));
  }
  const parts = sections.map(({ id, content }) =>
    section(id, id === Section.Code ? withBodies(content, bodies) : content),
  );
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

function withBodies(content: Buffer, bodies: Map<number, Buffer>): Buffer {
  const old = new Reader(content).list((reader) => reader.bytes(reader.uint()));
  const all = old.map((body, i) => bodies.get(i) ?? body);
  return Buffer.concat([uint(all.length), ...all.flatMap((body) => [uint(body.length), body])]);
}

// No locals; then builtin(id, context, operands…).
function callOf(dispatcher: number, id: number, operands: number): Buffer {
  const pushed = Array.from({ length: operands }, (_, i) => Buffer.of(LOCAL_GET, i));
  const head = Buffer.concat([Buffer.of(0, I32_CONST), int(id), Buffer.of(I32_CONST, 0)]);
  return Buffer.concat([head, ...pushed, Buffer.of(CALL), uint(dispatcher), Buffer.of(END)]);
}

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
