import { describe, expect, it } from '@jest/globals';
import { rootFromPath } from './inclusion.js';
import { leafHash, MerkleTree } from './merkle-tree.js';
import { siblingsOf } from './prove-inclusion.js';

describe('inclusion proofs', () => {
  it('lead from every leaf of every tree up to 40 leaves to its root, and from no other leaf', () => {
    for (let size = 1; size <= 40; size += 1) {
      const hashes = Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
      const rootOf = (start: number, end: number): Buffer => {
        const tree = new MerkleTree();
        for (const hash of hashes.slice(start, end)) tree.append(hash);
        return tree.root();
      };
      hashes.forEach((hash, index) => {
        const path = siblingsOf(index, size).map(({ start, end }) => rootOf(start, end));
        expect(rootFromPath(hash, index, size, path)).toEqual(rootOf(0, size));
        expect(rootFromPath(leafHash(Buffer.from('other')), index, size, path)).not.toEqual(rootOf(0, size));
      });
    }
  });
});
