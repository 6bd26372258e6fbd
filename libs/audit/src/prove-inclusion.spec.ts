import { describe, expect, it } from '@jest/globals';
import { leafHash, MerkleTree, nodeHash } from './merkle-tree.js';
import { siblingsOf } from './prove-inclusion.js';

/** RFC 9162 §2.1.3.2, written apart from the prover. */
function rootFromPath(
  index: number,
  size: number,
  leaf: Buffer,
  path: readonly Buffer[],
): Buffer | undefined {
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else hash = nodeHash(hash, sibling);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 ? hash : undefined;
}

describe('inclusion proofs', () => {
  it('lead from every leaf to the root, for every size up to 70', () => {
    const leaves = Array.from({ length: 70 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
    const rootOf = (from: number, to: number): Buffer => {
      const tree = new MerkleTree();
      for (const leaf of leaves.slice(from, to)) tree.append(leaf);
      return tree.root();
    };
    for (let size = 1; size <= leaves.length; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const path = siblingsOf(index, size).map(({ start, end }) => rootOf(start, end));
        const root = rootFromPath(index, size, leaves[index] as Buffer, path);
        expect({ size, index, root: root?.toString('hex') }).toEqual({
          size,
          index,
          root: rootOf(0, size).toString('hex'),
        });
      }
    }
  });
});
