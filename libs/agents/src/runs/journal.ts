import { createHash } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import { storable } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';
import { canonicalJson } from '../contracts/canonical-json.js';
import type { RunRecord } from './run-records.js';

/** What is written down; values are digests, and texts are ours. */
export interface Entry {
  readonly kind: string;
  readonly step?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** An entry as it is stored, and as its hash is computed from. */
interface Stored {
  readonly seq: number;
  readonly fence: number;
  readonly kind: string;
  readonly step: string | null;
  readonly payload: unknown;
  readonly at: string;
}

/**
 * The journal of one run while its row is locked: entries are numbered without a gap, and each one's hash covers the
 * hash before it, so that none can be changed or left out.
 */
export class Journal {
  private seq: number;
  private head: string;

  constructor(
    private readonly tx: Transaction,
    private readonly tenant: number,
    private readonly run: RunRecord,
  ) {
    this.seq = run.journalSeq;
    this.head = run.journalHead;
  }

  /** Sends entries in their order; the head is that of the last one from then on, and not when they are stored. */
  async append(...entries: readonly Entry[]): Promise<void> {
    const sent = entries.map(({ kind, step = null, payload: given = {} }) => {
      const payload = asKept(given);
      this.seq += 1;
      const at = new Date().toISOString();
      const previous = this.head;
      this.head = hashOf(previous, { seq: this.seq, fence: this.run.fence, kind, step, payload, at });
      return this.tx.run(sql`
        insert into run_journal (tenant_id, run_id, seq, fence, kind, step_id, payload, at, previous, hash)
        values (current_tenant(), ${this.run.run}, ${this.seq}, ${this.run.fence}, ${kind}, ${step},
          ${JSON.stringify(payload)}::jsonb, ${at}, ${previous}, ${this.head})`);
    });
    await Promise.all([
      ...sent,
      this.tx.run(sql`update agent_run set journal_seq = ${this.seq}, journal_head = ${this.head}
        where tenant_id = current_tenant() and run_id = ${this.run.run}`),
    ]);
  }

  /** Puts the head of the journal on the ledger, and with it all before it. */
  record(type: 'run.intent' | 'run.undo' | 'run.end', payload: Record<string, unknown>): Promise<string> {
    const digests = { journal: this.head };
    const resource = this.run.run;
    return recordLeaf(this.tx, this.tenant, { type, actor: this.run.requester, resource, digests, payload });
  }

  /** Puts on the ledger that a server describes a tool in another way than is pinned. */
  recordDrift(contract: string, changes: unknown): Promise<string> {
    const { requester: actor } = this.run;
    return recordLeaf(this.tx, this.tenant, {
      type: 'tool.drift',
      actor,
      resource: contract,
      payload: { changes },
    });
  }
}

// Reasons may name what somebody wrote.
function asKept(payload: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      typeof value === 'string' ? storable(value) : value,
    ]),
  );
}

function hashOf(previous: string, entry: Stored): string {
  return createHash('sha256')
    .update(`${previous}\n${canonicalJson(entry)}`)
    .digest('hex');
}

/** What is wrong with a journal, read in its order; nothing where it is whole. `head` is what its run says. */
export function checkJournal(
  entries: readonly (Stored & { previous: string; hash: string })[],
  head: string,
): string | undefined {
  let previous = '';
  for (const [index, { previous: said, hash, ...entry }] of entries.entries()) {
    if (entry.seq !== index + 1) return `Entry ${index + 1} is missing.`;
    if (said !== previous || hash !== hashOf(previous, entry)) return `Entry ${entry.seq} was changed.`;
    previous = hash;
  }
  return previous === head ? undefined : 'Its end is missing.';
}
