import { nodeHash, type Span } from './merkle.js';

// Proofs about the tree. Making one is choosing spans, which needs sizes only; the hashes are then read from the store.
// Checking one follows RFC 9162 sections 2.1.3.2 and 2.1.4.2 and trusts nothing in the proof.

/** The spans whose hashes are the audit path of a leaf, from the leaf's sibling to the root (RFC 6962 section 2.1.1). */
export function inclusionPath(index: number, size: number): Span[] {
  if (!isPlace(index, size)) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path: Span[] = [];
  for (let start = 0, end = size; end - start > 1;) {
    const middle = start + half(end - start);
    if (index < middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  return path.reverse();
}

/** The spans whose hashes prove that the tree of `from` leaves is a prefix of that of `to` (RFC 6962 section 2.1.2). */
export function consistencyPath(from: number, to: number): Span[] {
  if (!isPlace(from - 1, to))
    throw new RangeError(`a tree of ${from} is no prefix of a tree of ${to} that can be proven`);
  const path: Span[] = [];
  let start = 0;
  let end = to;
  while (end !== from) {
    const middle = start + half(end - start);
    if (from <= middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  // A prefix that is itself one complete node is known to the verifier: it is the earlier root.
  if (start > 0) path.push({ start, end });
  return path.reverse();
}

export function verifyInclusion(
  leaf: { index: number; hash: Uint8Array },
  tree: { size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (!isPlace(leaf.index, tree.size)) return false;
  let hash: Buffer = Buffer.from(leaf.hash);
  let own = leaf.index;
  let last = tree.size - 1;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (own % 2 === 1 || own === last) {
      hash = nodeHash(sibling, hash);
      while (own % 2 === 0 && own !== 0) [own, last] = [own / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [own, last] = [Math.floor(own / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash.equals(tree.root);
}

/** A tree of size zero proves nothing about any other: it is refused, whatever the proof. */
export function verifyConsistency(
  from: { size: number; root: Uint8Array },
  to: { size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (!isPlace(from.size - 1, to.size)) return false;
  if (from.size === to.size) return proof.length === 0 && Buffer.from(from.root).equals(to.root);
  const path = Number.isInteger(Math.log2(from.size)) ? [from.root, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let own = from.size - 1;
  let last = to.size - 1;
  while (own % 2 === 1) [own, last] = [Math.floor(own / 2), Math.floor(last / 2)];
  let older: Buffer = Buffer.from(first);
  let newer: Buffer = Buffer.from(first);
  for (const sibling of rest) {
    if (last === 0) return false;
    if (own % 2 === 1 || own === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (own % 2 === 0 && own !== 0) [own, last] = [own / 2, Math.floor(last / 2)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [own, last] = [Math.floor(own / 2), Math.floor(last / 2)];
  }
  return last === 0 && older.equals(from.root) && newer.equals(to.root);
}

function isPlace(index: number, size: number): boolean {
  return Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size;
}

/** The largest power of two smaller than n, for n > 1. */
function half(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}
