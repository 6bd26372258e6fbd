import { createHash } from 'node:crypto';

/** RFC 6962 §2.1: SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest();
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** An append-only RFC 6962 tree that keeps only the roots of its complete subtrees (O(log n) memory). */
export class MerkleTree {
  private readonly peaks: { height: number; hash: Buffer }[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** An independent tree of the same state. */
  copy(): MerkleTree {
    const other = new MerkleTree();
    other.peaks.push(...this.peaks);
    other.count = this.count;
    return other;
  }

  append(hash: Buffer): void {
    let node = { height: 0, hash };
    while (this.peaks.at(-1)?.height === node.height) {
      const left = this.peaks.pop() as { height: number; hash: Buffer };
      node = { height: node.height + 1, hash: nodeHash(left.hash, node.hash) };
    }
    this.peaks.push(node);
    this.count += 1;
  }

  /** The root over everything appended; SHA-256 of nothing for an empty tree. */
  root(): Buffer {
    const last = this.peaks.at(-1);
    if (!last) return createHash('sha256').digest();
    return this.peaks.slice(0, -1).reduceRight((right, peak) => nodeHash(peak.hash, right), last.hash);
  }
}
