import type { Builtins } from '../wasm/host.js';
import { isEqual, keyOf, RegoObject, RegoSet, type Value } from '../wasm/value.js';
import { listOf, membersOf, objectOf, refuse } from './operands.js';

export const OBJECT_BUILTINS: Builtins = {
  'object.subset': (whole, part) => isSubset(whole!, part!) ?? refuse(),
  'array.flatten': (given) => listOf(given).flatMap((one) => one),
  'graph.reachable_paths': (graph, start) => new RegoSet(paths(objectOf(graph), membersOf(start))),
  cast_array: (given) => membersOf(given),
  cast_set: (given) => new RegoSet(membersOf(given)),
  cast_string: (given) => (typeof given === 'string' ? given : refuse()),
  cast_boolean: (given) => (typeof given === 'boolean' ? given : refuse()),
  cast_null: (given) => (given === null ? given : refuse()),
  cast_object: (given) => objectOf(given),
};

/** Undefined where the two are of kinds that cannot be compared. */
function isSubset(whole: Value, part: Value): boolean | undefined {
  if (whole instanceof RegoObject && part instanceof RegoObject) {
    return part.entries().every(([key, value]) => {
      const held = whole.get(key);
      if (held === undefined) return false;
      const nested = Array.isArray(held) === Array.isArray(value) && isSubset(held, value);
      return isEqual(held, value) || nested === true;
    });
  }
  if (whole instanceof RegoSet && part instanceof RegoSet) return part.members().every((member) => whole.has(member));
  if (Array.isArray(whole) && part instanceof RegoSet) return holdsAll(whole, part);
  return Array.isArray(whole) && Array.isArray(part) ? isRun(whole, part) : undefined;
}

// OPA counts what it finds: a member twice in the array stands for two members, and in an empty array it finds not even
// the nothing that it looks for.
function holdsAll(whole: Value[], part: RegoSet): boolean {
  let missing = part.size;
  return whole.some((value) => {
    if (part.has(value)) missing--;
    return missing === 0;
  });
}

// An array holds another that occurs in it as a whole.
function isRun(whole: Value[], part: Value[]): boolean {
  const [keys, wanted] = [whole.map(keyOf), part.map(keyOf)];
  for (let at = 0; at + wanted.length <= keys.length; at++) {
    if (wanted.every((key, i) => keys[at + i] === key)) return true;
  }
  return false;
}

// Paths may be as many as there are routes, which is more than anybody can list in a graph that is only a little tangled.
const MOST_PATHS = 100_000;

function paths(graph: RegoObject, starts: Value[]): Value[] {
  const found: Value[] = [];
  const add = (path: Value[]) => {
    if (found.push(path) > MOST_PATHS)
      throw new Error(`graph.reachable_paths would find more than ${MOST_PATHS} paths`);
  };
  const follow = (node: Value, path: Value[], reached: ReadonlySet<string>): void => {
    const edges = neighbours(graph.get(node));
    if (!edges) return add(path);
    const longer = [...path, node];
    if (edges.length === 0) return add(longer);
    const seen = new Set(reached).add(keyOf(node));
    for (const next of edges) {
      if (seen.has(keyOf(next))) add(longer);
      else follow(next, longer, seen);
    }
  };
  for (const start of starts) {
    const edges = neighbours(graph.get(start));
    if (edges?.length === 0) add([start]);
    for (const next of edges ?? []) follow(next, [start], new Set([keyOf(start)]));
  }
  return found;
}

function neighbours(edges: Value | undefined): Value[] | undefined {
  if (edges === undefined) return undefined;
  if (edges instanceof RegoSet) return edges.members();
  return Array.isArray(edges) ? edges : [];
}
