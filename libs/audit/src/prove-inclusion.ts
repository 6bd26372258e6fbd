import type { InclusionProof } from '@belay/contracts';
import { type Database, sql } from '@belay/database';
import { DomainError } from '@belay/errors';
import { MerkleTree } from './merkle-tree.js';

const PAGE = 5000;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The subtrees beside the way from a leaf to the root, nearest first: RFC 6962 §2.1.1. */
export function siblingsOf(index: number, size: number): Range[] {
  const out: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const half = start + 2 ** Math.ceil(Math.log2(end - start) - 1);
    out.push(index < half ? { start: half, end } : { start, end: half });
    [start, end] = index < half ? [start, half] : [half, end];
  }
  return out.reverse();
}

/**
 * Proves that a leaf is in the tree under the newest checkpoint. It is read page by page and folded as it comes, so
 * that memory does not grow with the ledger. Throws `not-found`, and `conflict` while the leaf waits for its order.
 */
export async function proveInclusion(
  database: Database,
  tenant: number,
  leafId: string,
): Promise<InclusionProof> {
  const { leaf, checkpoint } = await database.transaction({ role: 'api', tenant }, async (tx) => ({
    leaf: await tx.maybe<{ sequence: number | null; leafHash: Buffer | null }>(sql`
      select e.sequence, e.leaf_hash as "leafHash" from audit_leaf l
      left join audit_entry e on e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id
      where l.tenant_id = ${tenant} and l.leaf_id = ${leafId}`),
    checkpoint: await tx.maybe<{ size: number; root: Buffer; note: string }>(sql`
      select tree_size as size, root_hash as root, note from audit_checkpoint
      where tenant_id = ${tenant} order by tree_size desc limit 1`),
  }));
  if (!leaf) throw new DomainError('not-found', 'There is no such leaf.');
  const { sequence, leafHash } = leaf;
  if (sequence === null || leafHash === null || !checkpoint || sequence >= checkpoint.size) {
    throw new DomainError('conflict', 'This leaf waits for its place in the tree. Try again in a moment.');
  }
  const siblings = siblingsOf(sequence, checkpoint.size).map((range) => ({
    ...range,
    tree: new MerkleTree(),
  }));
  for (let from = 0; from < checkpoint.size; from += PAGE) {
    const rows = await entries(database, tenant, from, Math.min(checkpoint.size, from + PAGE));
    for (const row of rows) {
      siblings
        .find(({ start, end }) => row.sequence >= start && row.sequence < end)
        ?.tree.append(row.leafHash);
    }
  }
  return {
    leafId,
    sequence,
    treeSize: checkpoint.size,
    leafHash: leafHash.toString('hex'),
    path: siblings.map(({ tree }) => tree.root().toString('hex')),
    root: checkpoint.root.toString('hex'),
    checkpoint: checkpoint.note,
  };
}

function entries(
  database: Database,
  tenant: number,
  from: number,
  to: number,
): Promise<{ sequence: number; leafHash: Buffer }[]> {
  return database.transaction({ role: 'api', tenant }, (tx) =>
    tx.many(sql`select sequence, leaf_hash as "leafHash" from audit_entry
      where tenant_id = ${tenant} and sequence >= ${from} and sequence < ${to} order by sequence`),
  );
}
