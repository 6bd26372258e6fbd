import { type KeyObject, sign } from 'node:crypto';
import { type Database, sql, type Transaction } from '@belay/database';
import { leafHash, MerkleTree } from './merkle-tree.js';

const BATCH = 500;

/**
 * The one sequencer: gives waiting leaves their order, extends the RFC 6962 tree, and writes a signed
 * checkpoint. Returns the checkpoint note when leaves were added. Safe to run twice: an advisory lock and
 * the primary key let only one batch in.
 */
export async function sequenceLeaves(
  database: Database,
  tenant: number,
  key: KeyObject,
  tree: MerkleTree,
): Promise<string | undefined> {
  return database.transaction({ role: 'worker', tenant }, async (tx) => {
    const [lock] = await tx.many<{ held: boolean }>(
      sql`select pg_try_advisory_xact_lock(7421, ${tenant}::int) as held`,
    );
    if (!lock?.held) return undefined;
    await catchUp(tx, tree);
    const waiting = await tx.many<{ leafId: string; header: string }>(sql`
      select l.leaf_id as "leafId", l.header from audit_leaf l
      where l.tenant_id = ${tenant}
        and not exists (select from audit_entry e where e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id)
      order by l.created_at, l.leaf_id limit ${BATCH}`);
    if (waiting.length === 0) return undefined;
    const first = tree.size;
    const hashes = waiting.map((row) => leafHash(Buffer.from(row.header)));
    const next = tree.copy();
    for (const hash of hashes) next.append(hash);
    await tx.run(sql`
      insert into audit_entry (tenant_id, sequence, leaf_id, leaf_hash)
      select ${tenant}, ${first} + n - 1, leaf_id::uuid, decode(hash, 'hex')
      from unnest(${waiting.map((row) => row.leafId)}::text[], ${hashes.map((hash) => hash.toString('hex'))}::text[])
        with ordinality as t (leaf_id, hash, n)`);
    const note = signNote(next, tenant, key);
    await tx.run(sql`
      insert into audit_checkpoint (tenant_id, tree_size, root_hash, note)
      values (${tenant}, ${next.size}, ${next.root()}, ${note})`);
    return note;
  });
}

// Entries of earlier runs, or of another sequencer that held the lock before us.
async function catchUp(tx: Transaction, tree: MerkleTree): Promise<void> {
  const rows = await tx.many<{ leafHash: Buffer }>(sql`
    select leaf_hash as "leafHash" from audit_entry
    where tenant_id = current_tenant() and sequence >= ${tree.size} order by sequence`);
  for (const row of rows) tree.append(row.leafHash);
}

// The C2SP checkpoint body (origin, size, root) with an Ed25519 signature line.
function signNote(tree: MerkleTree, tenant: number, key: KeyObject): string {
  const body = `belay/tenant/${tenant}\n${tree.size}\n${tree.root().toString('base64')}\n`;
  return `${body}\n— belay ${sign(null, Buffer.from(body), key).toString('base64')}\n`;
}
