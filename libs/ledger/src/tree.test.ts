import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EMPTY_ROOT,
  extend,
  leafHash,
  nodeHash,
  nodeKey,
  nodesOf,
  rootOf,
  spanHash,
  type Frontier,
  type NodeId,
} from './merkle.js';
import { consistencyPath, inclusionPath, verifyConsistency, verifyInclusion } from './proof.js';

const LARGEST = 200;
const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
const stored = new Map(extend({ size: 0, hashes: [] }, leaves).nodes.map((node) => [nodeKey(node), node.hash]));
const read = (node: NodeId) => stored.get(nodeKey(node))!;
const roots = Array.from({ length: LARGEST + 1 }, (_, size) => definedRoot(leaves.slice(0, size)));

// RFC 6962 section 2.1 over these bodies, worked out with another implementation in another language.
const KNOWN = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
] as const;

describe('the tree', () => {
  test('has the hashes that RFC 6962 gives', () => {
    expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe(KNOWN[0][1]);
    const bodies = KNOWN.map(([hex]) => leafHash(Buffer.from(hex, 'hex')));
    expect(KNOWN.map((_, i) => rootOf(bodies.slice(0, i + 1)).toString('hex'))).toEqual(KNOWN.map(([, root]) => root));
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('of every size has the root that the definition gives', () => {
    for (let size = 0; size <= LARGEST; size += 1) {
      expect(rootOf(leaves.slice(0, size))).toEqual(roots[size]);
      expect(spanHash({ start: 0, end: size }, read)).toEqual(roots[size]);
    }
  });

  test('is the same however its leaves are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 12 }), (batches) => {
        let frontier: Frontier = { size: 0, hashes: [] };
        let root = EMPTY_ROOT;
        for (const count of batches) {
          const end = Math.min(frontier.size + count, LARGEST);
          const grown = extend(frontier, leaves.slice(frontier.size, end));
          for (const node of grown.nodes) expect(read(node)).toEqual(node.hash);
          ({ frontier, root } = grown);
        }
        expect(root).toEqual(roots[frontier.size]);
        expect(frontier.hashes).toEqual(nodesOf({ start: 0, end: frontier.size }).map(read));
      }),
    );
  });

  test('gives each complete node once', () => {
    const { nodes } = extend({ size: 0, hashes: [] }, leaves);
    expect(new Set(nodes.map(nodeKey)).size).toBe(nodes.length);
    // 200 leaves, and 200 minus the number of ones in its binary form inner nodes.
    expect(nodes.length).toBe(200 + 200 - 3);
  });

  test('cannot grow from an edge of another size', () => {
    expect(() => extend({ size: 3, hashes: [leaves[0]!] }, leaves)).toThrow(
      'a tree of 3 has 2 nodes on its edge, not 1',
    );
  });

  test('does not take a node for a leaf', () => {
    expect(leafHash(Buffer.concat([leaves[0]!, leaves[1]!]))).not.toEqual(nodeHash(leaves[0]!, leaves[1]!));
  });

  test('is addressed exactly beyond 32 bits', () => {
    const size = 2 ** 40 + 5;
    expect(nodesOf({ start: 0, end: size })).toEqual([
      { level: 40, index: 0 },
      { level: 2, index: 2 ** 38 },
      { level: 0, index: 2 ** 40 + 4 },
    ]);
    expect(inclusionPath(2 ** 40 + 4, size)).toHaveLength(2);
  });
});

describe('an inclusion proof', () => {
  test('verifies for every leaf of every size', () => {
    for (let size = 1; size <= LARGEST; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = inclusionPath(index, size).map((span) => spanHash(span, read));
        expect(verifyInclusion({ index, hash: leaves[index]! }, { size, root: roots[size]! }, proof)).toBe(true);
      }
    }
  });

  test('does not verify after any change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LARGEST }), fc.nat(), fc.nat(), (size, a, b) => {
        const index = a % size;
        const proof = inclusionPath(index, size).map((span) => spanHash(span, read));
        const check = (leaf: number, of: number, hashes: Buffer[], hash = leaves[index]!) =>
          verifyInclusion({ index: leaf, hash }, { size: of, root: roots[size]! }, hashes);
        expect(check(index, size, [...proof, leaves[0]!])).toBe(false);
        expect(check(index, size, proof, leaves[(index + 1) % LARGEST]!)).toBe(false);
        expect(check(size, size, proof)).toBe(false);
        expect(check(-1, size, proof)).toBe(false);
        expect(check(index, size + 0.5, proof)).toBe(false);
        if (size > 1) {
          expect(check((index + 1) % size, size, proof)).toBe(false);
          expect(check(index, size, proof.slice(1))).toBe(false);
          expect(check(index, size, proof.slice(0, -1))).toBe(false);
          expect(check(index, size, flipped(proof, b))).toBe(false);
        }
      }),
    );
  });

  test('is not made for a leaf that is not there', () => {
    expect(() => inclusionPath(5, 5)).toThrow('leaf 5 is not in a tree of 5');
    expect(() => inclusionPath(0, 0)).toThrow(RangeError);
  });
});

describe('a consistency proof', () => {
  test('verifies for every pair of sizes', () => {
    for (let to = 1; to <= LARGEST; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const proof = consistencyPath(from, to).map((span) => spanHash(span, read));
        expect(verifyConsistency({ size: from, root: roots[from]! }, { size: to, root: roots[to]! }, proof)).toBe(true);
      }
    }
  });

  test('does not verify after any change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: LARGEST }), fc.nat(), fc.nat(), (to, a, b) => {
        const from = 1 + (a % (to - 1));
        const proof = consistencyPath(from, to).map((span) => spanHash(span, read));
        const check = (f: number, t: number, hashes: Buffer[], older = roots[from]!, newer = roots[to]!) =>
          verifyConsistency({ size: f, root: older }, { size: t, root: newer }, hashes);
        expect(check(from, to, [...proof, leaves[0]!])).toBe(false);
        expect(check(from, to, proof.slice(1))).toBe(false);
        expect(check(from, to, proof.slice(0, -1))).toBe(false);
        expect(check(from, to, flipped(proof, b))).toBe(false);
        expect(check(from, to, proof, leaves[0]!.map((byte) => byte ^ 1) as Buffer)).toBe(false);
        expect(check(from, to, proof, roots[from]!, leaves[0]!)).toBe(false);
        expect(check(to, from, proof)).toBe(false);
      }),
    );
  });

  test('between equal sizes is empty, and needs equal roots', () => {
    const head = { size: 7, root: roots[7]! };
    expect(verifyConsistency(head, head, [])).toBe(true);
    expect(verifyConsistency(head, { size: 7, root: roots[8]! }, [])).toBe(false);
    expect(verifyConsistency(head, head, [roots[7]!])).toBe(false);
  });

  test('says nothing about the empty tree', () => {
    expect(verifyConsistency({ size: 0, root: EMPTY_ROOT }, { size: 3, root: roots[3]! }, [])).toBe(false);
    expect(verifyConsistency({ size: 3, root: roots[3]! }, { size: 5, root: roots[5]! }, [])).toBe(false);
    expect(() => consistencyPath(0, 3)).toThrow('a tree of 0 is no prefix of a tree of 3 that can be proven');
    expect(() => consistencyPath(4, 3)).toThrow(RangeError);
  });
});

/** RFC 6962 section 2.1, word for word. */
function definedRoot(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(definedRoot(hashes.slice(0, k)), definedRoot(hashes.slice(k)));
}

function flipped(proof: readonly Buffer[], seed: number): Buffer[] {
  const at = seed % (proof.length * 256);
  return proof.map((hash, i) => {
    const copy = Buffer.from(hash);
    if (i === Math.floor(at / 256)) copy[Math.floor((at % 256) / 8)]! ^= 1 << (at % 8);
    return copy;
  });
}
