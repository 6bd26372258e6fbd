import { type KeyObject, verify } from 'node:crypto';
import { type Database, sql } from '@belay/database';
import { leafHash, nodeHash } from './merkle-tree.js';

/** A leaf with its place in the tree that the newest checkpoint signs; `sequence` is null until it is ordered. */
export interface ProvenLeaf {
  readonly header: string;
  readonly sequence: number | null;
  readonly size: number;
  readonly root: string;
  readonly path: readonly string[];
  readonly included: boolean;
}

/** RFC 6962 §2.1.1: the hashes that lead from a leaf to the root. */
export function inclusionPath(hashes: readonly Buffer[], index: number): Buffer[] {
  if (hashes.length <= 1) return [];
  const split = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split
    ? [...inclusionPath(left, index), rootOf(right)]
    : [...inclusionPath(right, index - split), rootOf(left)];
}

/** RFC 9162 §2.1.3.2: the root that a leaf and its path lead to. */
export function rootFromPath(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer {
  let [hash, at, last] = [leaf, index, size - 1];
  for (const other of path) {
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(other, hash);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, other);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return hash;
}

function rootOf(hashes: readonly Buffer[]): Buffer {
  const [first] = hashes;
  if (!first) throw new Error('an empty tree has no root here');
  if (hashes.length === 1) return first;
  const split = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

/** Looks a leaf up and proves that the newest signed checkpoint covers it. Undefined where there is none. */
export async function proveLeaf(
  database: Database,
  tenant: number,
  leafId: string,
  key: KeyObject,
): Promise<ProvenLeaf | undefined> {
  const found = await database.transaction({ role: 'api', tenant }, async (tx) => {
    const leaf = await tx.maybe<{ header: string; sequence: number | null }>(sql`
      select l.header, e.sequence from audit_leaf l
      left join audit_entry e on e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id
      where l.tenant_id = ${tenant} and l.leaf_id = ${leafId}`);
    const checkpoint = await tx.maybe<{ size: number; note: string }>(sql`
      select tree_size as size, note from audit_checkpoint where tenant_id = ${tenant}
      order by tree_size desc limit 1`);
    const entries = await tx.many<{ hash: Buffer }>(sql`
      select leaf_hash as hash from audit_entry
      where tenant_id = ${tenant} and sequence < ${checkpoint?.size ?? 0} order by sequence`);
    return leaf && { leaf, checkpoint, hashes: entries.map((entry) => entry.hash) };
  });
  if (!found) return undefined;
  return prove(found.leaf, found.checkpoint ?? { size: 0, note: '' }, found.hashes, key);
}

function prove(
  leaf: { header: string; sequence: number | null },
  { size, note }: { size: number; note: string },
  hashes: readonly Buffer[],
  key: KeyObject,
): ProvenLeaf {
  const at = leaf.sequence;
  if (at === null || at >= size || hashes.length !== size)
    return { ...leaf, size, root: '', path: [], included: false };
  const path = inclusionPath(hashes, at);
  const root = rootFromPath(leafHash(Buffer.from(leaf.header)), at, size, path);
  return {
    ...leaf,
    size,
    root: root.toString('hex'),
    path: path.map((hash) => hash.toString('hex')),
    included: isSigned(note, size, root, key),
  };
}

function isSigned(note: string, size: number, root: Buffer, key: KeyObject): boolean {
  const [body = '', signature = ''] = note.split('\n\n');
  const [, signedSize, signedRoot] = body.split('\n');
  const bytes = Buffer.from(signature.trim().split(' ').at(-1) ?? '', 'base64');
  const isSame = Number(signedSize) === size && signedRoot === root.toString('base64');
  return isSame && verify(null, Buffer.from(`${body}\n`), key, bytes);
}
