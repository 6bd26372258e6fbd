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
  erased: boolean;
}
interface Checkpoint {
  size: number;
  root: Buffer;
  note: string;
}
type Finding = NonNullable<AuditReport['problem']>;

/** What is trusted besides the database: the key of this installation and the newest checkpoint note kept. */
export interface LedgerTrust {
  readonly key: KeyObject;
  readonly anchor: string | undefined;
}

const PAGE = 2000;

/**
 * Recomputes every leaf, commitment, sequence number, root and signature, and compares them with the stored
 * tree and with `anchor`, the newest checkpoint kept outside the database. Names the first bad leaf.
 * Reads in short transactions, up to the newest checkpoint of the time when it began.
 */
export async function verifyLedger(
  database: Database,
  tenant: number,
  trust: LedgerTrust,
): Promise<AuditReport> {
  const reading = new LedgerReading(database, tenant);
  const checkpoints = await reading.checkpoints();
  const check = new LedgerCheck(checkpoints, trust);
  const size = checkpoints.at(-1)?.size ?? 0;
  while (check.problem === null && check.tree.size < size) {
    const rows = await reading.entries(check.tree.size, Math.min(size, check.tree.size + PAGE));
    check.addPage(rows);
  }
  const end = await reading.end();
  check.finish(end.isSigned);
  return {
    ok: check.problem === null,
    leaves: check.tree.size,
    unsequenced: end.waiting,
    root: check.tree.root().toString('hex'),
    problem: check.problem,
    checkpoint: checkpoints.at(-1)?.note ?? null,
  };
}

class LedgerReading {
  constructor(
    private readonly database: Database,
    private readonly tenant: number,
  ) {}

  checkpoints(): Promise<Checkpoint[]> {
    return this.database.transaction({ role: 'api', tenant: this.tenant }, (tx) =>
      tx.many<Checkpoint>(sql`
        select tree_size as size, root_hash as root, note from audit_checkpoint
        where tenant_id = ${this.tenant} order by tree_size`),
    );
  }

  entries(from: number, to: number): Promise<Row[]> {
    return this.database.transaction({ role: 'api', tenant: this.tenant }, (tx) =>
      tx.many<Row>(sql`
        select e.sequence, e.leaf_id as "leafId", e.leaf_hash as "entryHash", l.header, p.salt, p.payload,
          exists (select from audit_erasure x where x.tenant_id = e.tenant_id and x.leaf_id = e.leaf_id) as erased
        from audit_entry e
        left join audit_leaf l on l.tenant_id = e.tenant_id and l.leaf_id = e.leaf_id
        left join audit_payload p on p.tenant_id = e.tenant_id and p.leaf_id = e.leaf_id
        where e.tenant_id = ${this.tenant} and e.sequence >= ${from} and e.sequence < ${to}
        order by e.sequence`),
    );
  }

  /** Whether the newest entry is under a checkpoint, and how many leaves wait for their order. */
  end(): Promise<{ isSigned: boolean; waiting: number }> {
    return this.database.transaction({ role: 'api', tenant: this.tenant }, (tx) =>
      tx.one(sql`
        select coalesce((select max(sequence) + 1 from audit_entry where tenant_id = ${this.tenant}), 0)
            = coalesce((select max(tree_size) from audit_checkpoint where tenant_id = ${this.tenant}), 0)
            as "isSigned",
          (select count(*) from audit_leaf l where l.tenant_id = ${this.tenant} and not exists (
            select from audit_entry e where e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id)) as waiting`),
    );
  }
}

/** Rebuilds the tree entry by entry and keeps the first thing that is wrong. */
class LedgerCheck {
  readonly tree = new MerkleTree();
  problem: Finding | null;
  private readonly due: Map<number, Checkpoint>;
  private readonly anchor: { size: number; root: string } | undefined;

  constructor(
    checkpoints: readonly Checkpoint[],
    private readonly trust: LedgerTrust,
  ) {
    this.due = new Map(checkpoints.map((row) => [row.size, row]));
    const [, size = '', root = ''] = (trust.anchor ?? '').split('\n');
    if (trust.anchor !== undefined) this.anchor = { size: Number(size), root };
    const isReadable = !this.anchor || (Number.isSafeInteger(this.anchor.size) && root !== '');
    this.problem = isReadable
      ? null
      : finding(null, null, 'the checkpoint kept outside the database cannot be read');
  }

  addPage(rows: readonly Row[]): void {
    if (rows.length === 0) this.problem = missing(this.tree.size);
    for (const row of rows) {
      if (this.problem === null) this.add(row);
    }
  }

  /** After the last entry: whole tails can be cut off inside the database; only the copy outside shows that. */
  finish(isSigned: boolean): void {
    if (this.problem) return;
    const { size } = this.tree;
    if (this.anchor && this.anchor.size > size) {
      this.problem = finding(size, null, `entries from ${size} on were removed`);
    } else if (!isSigned) {
      this.problem = finding(size, null, 'the newest checkpoint is missing');
    }
  }

  private add(row: Row): void {
    this.problem = checkRow(row, this.tree.size);
    if (this.problem) return;
    this.tree.append(row.entryHash);
    this.problem = this.checkCheckpoint() ?? this.checkAnchor();
  }

  private checkCheckpoint(): Finding | null {
    const checkpoint = this.due.get(this.tree.size);
    if (!checkpoint) return null;
    const last = this.tree.size - 1;
    if (!this.tree.root().equals(checkpoint.root))
      return finding(last, null, 'the tree does not match its checkpoint');
    const [body = '', signature = ''] = checkpoint.note.split('\n\n');
    const bytes = Buffer.from(signature.trim().split(' ').at(-1) ?? '', 'base64');
    const [, size, root] = body.split('\n');
    const matches = Number(size) === this.tree.size && root === this.tree.root().toString('base64');
    if (!matches || !verify(null, Buffer.from(`${body}\n`), this.trust.key, bytes)) {
      return finding(last, null, 'the checkpoint is not signed by this installation');
    }
    return null;
  }

  private checkAnchor(): Finding | null {
    if (this.anchor?.size !== this.tree.size) return null;
    if (this.anchor.root === this.tree.root().toString('base64')) return null;
    return finding(
      this.tree.size - 1,
      null,
      'the tree does not match the checkpoint kept outside the database',
    );
  }
}

function finding(sequence: number | null, leafId: string | null, detail: string): Finding {
  return { sequence, leafId, detail };
}

function missing(sequence: number): Finding {
  return finding(sequence, null, `entry ${sequence} is missing`);
}

function checkRow(row: Row, expected: number): Finding | null {
  if (row.sequence !== expected) return missing(expected);
  if (row.header === null) return finding(row.sequence, row.leafId, 'the leaf is missing');
  if (!leafHash(Buffer.from(row.header)).equals(row.entryHash)) {
    return finding(row.sequence, row.leafId, 'the leaf was altered');
  }
  if (row.salt === null || row.payload === null) {
    if (row.erased) return null;
    return finding(row.sequence, row.leafId, 'the payload is missing');
  }
  const { commitment } = JSON.parse(row.header) as { commitment: string };
  const actual = createHash('sha256').update(row.salt).update(row.payload).digest('hex');
  return actual === commitment ? null : finding(row.sequence, row.leafId, 'the payload was altered');
}
