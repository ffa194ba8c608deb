import { createHash, hash } from 'node:crypto';

// The RFC 6962 tree. A node (level, index) covers the leaves [index * 2^level, (index + 1) * 2^level). Only complete nodes
// are ever stored: they never change again, so that an append writes new nodes and touches no old one. Anything else is
// hashed from at most log2(n) of them. Sizes are doubles, exact to 2^53: no shifts, which stop at 2^31.

export interface NodeId {
  level: number;
  index: number;
}

export interface Node extends NodeId {
  hash: Buffer;
}

/** The leaves [start, end). As the operand of a tree hash, start is a multiple of the largest power of two in it. */
export interface Span {
  start: number;
  end: number;
}

/** The right edge of a tree: the hashes of nodesOf({ start: 0, end: size }), from the left. */
export interface Frontier {
  size: number;
  hashes: readonly Buffer[];
}

export type ReadNode = (node: NodeId) => Buffer;

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** Root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

// The two prefixes keep a leaf from passing as a node: without them one root could stand for two different trees.

export function leafHash(body: Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(body).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** Any text that names a node, to key a map. */
export function nodeKey(node: NodeId): string {
  return `${node.level}/${node.index}`;
}

/** The root over leaf hashes, straight from the definition: for checking, not for growing a tree. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  return extend({ size: 0, hashes: [] }, leaves).root;
}

/** The complete nodes that make up a span, from the left: the binary digits of its length. */
export function nodesOf(span: Span): NodeId[] {
  const nodes: NodeId[] = [];
  for (let start = span.start; start < span.end;) {
    const level = Math.floor(Math.log2(span.end - start));
    nodes.push({ level, index: start / 2 ** level });
    start += 2 ** level;
  }
  return nodes;
}

/** The tree hash of a span, from stored nodes. */
export function spanHash(span: Span, read: ReadNode): Buffer {
  return peaksRoot(nodesOf(span).map(read));
}

/**
 * Appends leaf hashes. Gives the new right edge, the new root, and every node that became complete, leaves included: what
 * a store has to insert. The work depends on the number of new leaves and the height, never on the size.
 */
export function extend(
  frontier: Frontier,
  leaves: readonly Buffer[],
): { frontier: Frontier; root: Buffer; nodes: Node[] } {
  const edge = nodesOf({ start: 0, end: frontier.size });
  if (edge.length !== frontier.hashes.length) {
    throw new RangeError(
      `a tree of ${frontier.size} has ${edge.length} nodes on its edge, not ${frontier.hashes.length}`,
    );
  }
  const stack: Node[] = frontier.hashes.map((value, i) => ({ ...edge[i]!, hash: value }));
  const nodes: Node[] = [];
  leaves.forEach((leaf, i) => {
    let node: Node = { level: 0, index: frontier.size + i, hash: leaf };
    nodes.push(node);
    while (stack.at(-1)?.level === node.level) {
      const left = stack.pop()!;
      node = { level: node.level + 1, index: left.index / 2, hash: nodeHash(left.hash, node.hash) };
      nodes.push(node);
    }
    stack.push(node);
  });
  const hashes = stack.map((node) => node.hash);
  return { frontier: { size: frontier.size + leaves.length, hashes }, root: peaksRoot(hashes), nodes };
}

/** The tree hash of a span from the hashes of its complete nodes, from the left. */
export function peaksRoot(hashes: readonly Buffer[]): Buffer {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right));
}
