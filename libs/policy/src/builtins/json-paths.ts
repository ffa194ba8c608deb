import type { Builtins } from '../wasm/host.js';
import { keyOf, RegoObject, RegoSet, type Value } from '../wasm/value.js';
import { listOf, membersOf, objectOf } from './operands.js';

export const PATH_BUILTINS: Builtins = {
  'json.remove': (object, paths) => {
    const marks = new Mark();
    for (const path of membersOf(paths)) marks.add(segments(path));
    return without(objectOf(object), marks);
  },
};

/** The segments of a path: text with slashes, in which ~1 stands for a slash and ~0 for a tilde, or an array. */
export function segments(path: Value): Value[] {
  if (typeof path !== 'string') return listOf(path);
  if (path === '') return [];
  const parts = path.replace(/^\/+/, '').split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What is to go, as a tree. */
class Mark {
  readonly #below = new Map<string, Mark>();
  /** Everything here is to go. */
  whole = false;

  add(path: Value[]): void {
    let node = this as Mark;
    for (const [i, segment] of path.entries()) {
      if (node.whole) return;
      const key = keyOf(segment);
      const next = node.#below.get(key) ?? new Mark();
      node.#below.set(key, next);
      node = next;
      if (i === path.length - 1) node.whole = true;
    }
  }

  below(key: Value): Mark | undefined {
    return this.#below.get(keyOf(key));
  }
}

function without(value: Value, mark: Mark | undefined): Value {
  if (!mark) return value;
  const rest = (held: Value, key: Value): Value[] => {
    const below = mark.below(key);
    return below?.whole ? [] : [without(held, below)];
  };
  if (Array.isArray(value)) return value.map((held, i) => rest(held, String(i))).flat(1);
  if (value instanceof RegoSet) return new RegoSet(value.members().flatMap((member) => rest(member, member)));
  if (!(value instanceof RegoObject)) return value;
  return new RegoObject(
    value.entries().flatMap(([key, held]) => rest(held, key).map((one): [Value, Value] => [key, one])),
  );
}
