import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Scalar, type YAMLMap } from 'yaml';
import type { Builtins } from '../wasm/host.js';
import { Numeral } from '../wasm/numeral.js';
import { RegoObject, type Value } from '../wasm/value.js';
import { BAD_OPERAND, refuse, textOf } from './operands.js';
import { resolvePlain, resolveTagged, type YamlScalar } from './yaml-scalar.js';

export const YAML_BUILTINS: Builtins = {
  'yaml.unmarshal': (text) => unmarshal(textOf(text)),
  'yaml.is_valid': (text) => {
    if (typeof text !== 'string') return false;
    try {
      unmarshal(text);
      return true;
    } catch (thrown) {
      if (thrown === BAD_OPERAND) return false;
      throw thrown;
    }
  },
};

/** The first document of the text. The others must be well-formed too. */
function unmarshal(text: string): Value {
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(documents)) return null;
  if (documents.some(({ errors }) => errors.length > 0)) return refuse();
  const [first] = documents;
  return first?.contents ? new Reader(first).read(first.contents) : null;
}

/** Nodes one document may come to. Aliases of aliases make a short text a long one. */
const MOST_NODES = 200_000;

class Reader {
  #nodes = 0;
  /** Anchors whose node is being read: one that holds itself has no end. */
  readonly #open = new Set<unknown>();

  constructor(readonly document: Document) {}

  read(node: unknown): Value {
    if (++this.#nodes > MOST_NODES) throw new Error(`a YAML text comes to more than ${MOST_NODES} values`);
    if (isAlias(node)) {
      const target = node.resolve(this.document) ?? refuse();
      if (this.#open.has(target)) return refuse();
      return this.read(target);
    }
    if (isScalar(node)) return scalarOf(node);
    this.#open.add(node);
    const value = isSeq(node) ? node.items.map((item) => this.read(item)) : isMap(node) ? this.#object(node) : null;
    this.#open.delete(node);
    return value;
  }

  // Of two keys that are the same text in JSON the last one counts; what is merged in counts less than what is there.
  #object(map: YAMLMap): RegoObject {
    const own = new Map<string, Value>();
    const merged = new Map<string, Value>();
    for (const { key, value } of map.items) {
      if (isMerge(key)) this.#merge(value, merged);
      else own.set(nameOf(isAlias(key) ? key.resolve(this.document) : key), this.read(value ?? null));
    }
    return new RegoObject([...merged, ...own]);
  }

  #merge(from: unknown, into: Map<string, Value>): void {
    const source = isAlias(from) ? from.resolve(this.document) : from;
    const maps = isSeq(source) ? source.items : [source];
    for (const map of maps) {
      const value = this.read(map);
      if (!(value instanceof RegoObject)) return refuse();
      for (const [name, held] of value.entries()) if (!into.has(name as string)) into.set(name as string, held);
    }
  }
}

const isMerge = (key: unknown): boolean => isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && !key.tag;

function scalarOf(node: Scalar): YamlScalar {
  const text = node.source ?? String(node.value ?? '');
  if (node.tag) return resolveTagged(node.tag, text);
  return node.type === 'PLAIN' || node.type === undefined ? resolvePlain(text) : text;
}

function nameOf(key: unknown): string {
  if (!isScalar(key)) return refuse();
  const value = scalarOf(key);
  if (typeof value === 'string') return value;
  return value instanceof Numeral || typeof value === 'boolean'
    ? String(value instanceof Numeral ? value.text : value)
    : refuse();
}
