import { describe, expect, it } from '@jest/globals';
import { inclusionPath, rootFromPath } from './inclusion.js';
import { leafHash, MerkleTree } from './merkle-tree.js';

describe('inclusion proofs', () => {
  it('lead from every leaf of every tree up to 40 leaves to its root, and from no other leaf', () => {
    for (let size = 1; size <= 40; size += 1) {
      const hashes = Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
      const tree = new MerkleTree();
      for (const hash of hashes) tree.append(hash);
      hashes.forEach((hash, index) => {
        const path = inclusionPath(hashes, index);
        expect(rootFromPath(hash, index, size, path)).toEqual(tree.root());
        expect(rootFromPath(leafHash(Buffer.from('other')), index, size, path)).not.toEqual(tree.root());
      });
    }
  });
});
