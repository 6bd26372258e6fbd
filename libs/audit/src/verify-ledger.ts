import { createHash, type KeyObject, verify } from 'node:crypto';
import type { AuditReport } from '@belay/contracts';
import { type Database, sql } from '@belay/database';
import { leafHash, MerkleTree } from './merkle-tree.js';

interface Row {
  sequence: number;
  leafId: string;
  entryHash: Buffer;
  header: string | null;
  salt: Buffer | null;
  payload: string | null;
}
type Finding = NonNullable<AuditReport['problem']>;

const PAGE = 2000;

/**
 * Recomputes every leaf, commitment, sequence number, root and signature, and compares them with the stored
 * tree and with `anchor`, the newest checkpoint kept outside the database. Names the first bad leaf.
 */
export async function verifyLedger(
  database: Database,
  tenant: number,
  trust: { key: KeyObject; anchor: string | undefined },
): Promise<AuditReport> {
  return database.transaction({ role: 'api', tenant, person: 0 }, async (tx) => {
    const checkpoints = await tx.many<{ size: number; root: Buffer; note: string }>(sql`
      select tree_size as size, root_hash as root, note from audit_checkpoint
      where tenant_id = ${tenant} order by tree_size`);
    const due = new Map(checkpoints.map((row) => [row.size, row]));
    const tree = new MerkleTree();
    let problem: Finding | null = null;
    while (!problem) {
      const rows = await tx.many<Row>(sql`
        select e.sequence, e.leaf_id as "leafId", e.leaf_hash as "entryHash", l.header, p.salt, p.payload
        from audit_entry e
        left join audit_leaf l on l.tenant_id = e.tenant_id and l.leaf_id = e.leaf_id
        left join audit_payload p on p.tenant_id = e.tenant_id and p.leaf_id = e.leaf_id
        where e.tenant_id = ${tenant} and e.sequence >= ${tree.size} order by e.sequence limit ${PAGE}`);
      for (const row of rows) {
        problem ??= checkRow(row, tree.size);
        if (problem) break;
        tree.append(row.entryHash);
        problem = checkCheckpoint(due.get(tree.size), tree, trust.key);
      }
      if (rows.length === 0) break;
    }
    problem ??= checkEnd(tree, [...due.keys()].at(-1) ?? 0, trust.anchor);
    const waiting = await tx.one<{ n: number }>(sql`
      select count(*) as n from audit_leaf l where l.tenant_id = ${tenant} and not exists (
        select from audit_entry e where e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id)`);
    return {
      ok: problem === null,
      leaves: tree.size,
      unsequenced: waiting.n,
      root: tree.root().toString('hex'),
      problem,
    };
  });
}

function finding(sequence: number | null, leafId: string | null, detail: string): Finding {
  return { sequence, leafId, detail };
}

function checkRow(row: Row, expected: number): Finding | null {
  if (row.sequence !== expected) return finding(expected, null, `entry ${expected} is missing`);
  if (row.header === null) return finding(row.sequence, row.leafId, 'the leaf is missing');
  if (!leafHash(Buffer.from(row.header)).equals(row.entryHash)) {
    return finding(row.sequence, row.leafId, 'the leaf was altered');
  }
  if (row.salt === null || row.payload === null)
    return finding(row.sequence, row.leafId, 'the payload is missing');
  const { commitment } = JSON.parse(row.header) as { commitment: string };
  const actual = createHash('sha256').update(row.salt).update(row.payload).digest('hex');
  return actual === commitment ? null : finding(row.sequence, row.leafId, 'the payload was altered');
}

function checkCheckpoint(
  checkpoint: { root: Buffer; note: string } | undefined,
  tree: MerkleTree,
  key: KeyObject,
): Finding | null {
  if (!checkpoint) return null;
  const last = tree.size - 1;
  if (!tree.root().equals(checkpoint.root))
    return finding(last, null, 'the tree does not match its checkpoint');
  const [body = '', signature = ''] = checkpoint.note.split('\n\n');
  const bytes = Buffer.from(signature.trim().split(' ').at(-1) ?? '', 'base64');
  const signed = `${body}\n`;
  const [, size, root] = body.split('\n');
  const matches = Number(size) === tree.size && root === tree.root().toString('base64');
  if (!matches || !verify(null, Buffer.from(signed), key, bytes)) {
    return finding(last, null, 'the checkpoint is not signed by this installation');
  }
  return null;
}

// Whole tails can be cut off inside the database; only the copy outside it shows that.
function checkEnd(tree: MerkleTree, lastCheckpoint: number, anchor: string | undefined): Finding | null {
  if (tree.size > lastCheckpoint) return finding(tree.size - 1, null, 'the newest checkpoint is missing');
  const [, size, root] = (anchor ?? '').split('\n');
  if (anchor === undefined || size === undefined) return null;
  if (Number(size) > tree.size) return finding(tree.size, null, `entries from ${tree.size} on were removed`);
  if (Number(size) === tree.size && root !== tree.root().toString('base64')) {
    return finding(null, null, 'the tree does not match the checkpoint kept outside the database');
  }
  return null;
}
