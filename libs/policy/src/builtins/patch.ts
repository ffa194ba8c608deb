import type { Builtins } from '../wasm/host.js';
import { Numeral, toInt64 } from '../wasm/numeral.js';
import { isEqual, RegoObject, RegoSet, type Value } from '../wasm/value.js';
import { segments } from './json-paths.js';
import { listOf, objectOf, refuse, textOf } from './operands.js';

// JSON Patch (RFC 6902) over values of Rego, so sets can be patched too, and a path may be an array of keys of any kind.

export const PATCH_BUILTINS: Builtins = {
  'json.patch': (document, operations) => {
    let patched: Value | undefined = document;
    for (const operation of listOf(operations)) patched = apply(patched, objectOf(operation));
    return patched ?? refuse();
  },
};

function apply(document: Value | undefined, operation: RegoObject): Value | undefined {
  const member = (name: string): Value => operation.get(name) ?? (operation.get(name) === null ? null : refuse());
  const path = segments(member('path'));
  switch (textOf(member('op'))) {
    case 'add':
      return insert(document, path, member('value'));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return insert(remove(document, path), path, member('value'));
    case 'move': {
      const from = segments(member('from'));
      return insert(remove(document, from), path, find(document, from));
    }
    case 'copy':
      return insert(document, path, find(document, segments(member('from'))));
    case 'test':
      return isEqual(find(document, path), member('value')) ? document : refuse();
    default:
      return refuse();
  }
}

function find(value: Value | undefined, path: Value[]): Value {
  return path.reduce<Value>((held, key) => child(held, key), value ?? (value === null ? null : refuse()));
}

function child(value: Value, key: Value): Value {
  if (value instanceof RegoObject) {
    const held = value.get(key);
    return held === undefined ? refuse() : held;
  }
  if (value instanceof RegoSet) return value.has(key) ? key : refuse();
  if (!Array.isArray(value)) return refuse();
  const held = value[indexOf(value, key)];
  return held === undefined ? refuse() : held;
}

/** Undefined is what is left when the document itself was removed. */
function insert(document: Value | undefined, path: Value[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (document === undefined) return refuse();
  if (rest.length > 0) return withChild(document, key, insert(child(document, key), rest, value));
  if (document instanceof RegoObject) return withChild(document, key, value);
  if (document instanceof RegoSet) return isEqual(key, value) ? new RegoSet([...document.members(), value]) : refuse();
  if (!Array.isArray(document)) return refuse();
  const index = indexOf(document, key);
  return index < 0 || index > document.length ? refuse() : document.toSpliced(index, 0, value);
}

function remove(document: Value | undefined, path: Value[]): Value | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return document === undefined ? refuse() : undefined;
  if (document === undefined) return refuse();
  const held = child(document, key);
  if (rest.length > 0) return withChild(document, key, remove(held, rest)!);
  if (document instanceof RegoObject) return new RegoObject(document.entries().filter(([name]) => !isEqual(name, key)));
  if (document instanceof RegoSet) return new RegoSet(document.members().filter((member) => !isEqual(member, key)));
  return (document as Value[]).toSpliced(indexOf(document as Value[], key), 1);
}

function withChild(value: Value, key: Value, held: Value): Value {
  if (value instanceof RegoObject) return new RegoObject([...value.entries(), [key, held]]);
  if (value instanceof RegoSet)
    return new RegoSet([...value.members().filter((member) => !isEqual(member, key)), held]);
  return (value as Value[]).with(indexOf(value as Value[], key), held);
}

/** "-" is behind the last; an index in text has no zeros in front. */
function indexOf(list: Value[], key: Value): number {
  if (key === '-') return list.length;
  if (typeof key === 'string' && /^0./.test(key)) return refuse();
  const numeral = typeof key === 'string' && /^[+-]?\d/.test(key) ? new Numeral(key.replace(/^\+/, '')) : key;
  if (!(numeral instanceof Numeral)) return refuse();
  return Number(toInt64(numeral) ?? refuse());
}
