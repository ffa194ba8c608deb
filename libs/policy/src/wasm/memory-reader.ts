import { textOfBytes } from './bytes.js';
import { Numeral } from './numeral.js';
import { RegoObject, RegoSet, type Value } from './value.js';

// Reads values straight from the module's memory: as text, the module would first have to write them, which takes longer than
// most builtins do. How they lie there is OPA's own business (wasm/src/value.h), so a host asks first whether this reads right.

const [NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT, SET, INTERNED_STRING, INTERNED_BOOLEAN] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const INTEGER = 1;
const POINTER = 4;

export function readFromMemory(memory: Buffer, at: number): Value {
  switch (memory[at]) {
    case NULL:
      return null;
    case BOOLEAN:
    case INTERNED_BOOLEAN:
      return memory[at + 1] !== 0;
    case NUMBER:
      if (memory[at + 1] === INTEGER) return new Numeral(integer(memory, at + 8));
      return new Numeral(text(memory, memory.readUInt32LE(at + 8), memory.readUInt32LE(at + 12)));
    case STRING:
    case INTERNED_STRING:
      return text(memory, memory.readUInt32LE(at + 8), memory.readUInt32LE(at + 4));
    case ARRAY: {
      // Each item is its index and its value.
      const found: Value[] = [];
      const first = memory.readUInt32LE(at + 4) + POINTER;
      const end = first + memory.readUInt32LE(at + 8) * 2 * POINTER;
      for (let item = first; item < end; item += 2 * POINTER) found.push(follow(memory, item));
      return found;
    }
    case OBJECT:
      return new RegoObject(
        members(memory, at, 2 * POINTER).map((entry) => [follow(memory, entry), follow(memory, entry + POINTER)]),
      );
    case SET:
      return new RegoSet(members(memory, at, POINTER).map((member) => follow(memory, member)));
    default:
      throw new Error(`there is no value at ${at}`);
  }
}

function follow(memory: Buffer, at: number): Value {
  return readFromMemory(memory, memory.readUInt32LE(at));
}

/** Objects and sets are tables of linked lists; `next` is where an entry has the address of the next one. */
function members(memory: Buffer, at: number, next: number): number[] {
  const [buckets, count] = [memory.readUInt32LE(at + 4), memory.readUInt32LE(at + 8)];
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    let entry = memory.readUInt32LE(buckets + i * POINTER);
    for (; entry !== 0; entry = memory.readUInt32LE(entry + next)) found.push(entry);
  }
  return found;
}

function integer(memory: Buffer, at: number): string {
  const low = memory.readInt32LE(at);
  return memory.readInt32LE(at + 4) === low >> 31 ? String(low) : String(memory.readBigInt64LE(at));
}

function text(memory: Buffer, start: number, length: number): string {
  const found = memory.toString('utf8', start, start + length);
  // Where bytes are missing, they are looked at one by one.
  return found.includes('\ufffd') ? textOfBytes(memory.subarray(start, start + length)) : found;
}
