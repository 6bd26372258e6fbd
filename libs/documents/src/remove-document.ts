import { recordLeaf } from '@belay/audit';
import type { DeletionReceipt } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** Why a document goes, as its leaf says it. */
export type RemovalReason = 'asked' | 'retention' | 'gone-from-source' | 'source-removed' | 'tombstone';

/**
 * Removes text, chunks, postings, vectors and original in the caller's transaction, with a receipt on the ledger.
 * Undefined where there is no such document. Objects of originals are queued for removal by the same transaction.
 */
export async function removeDocument(
  tx: Transaction,
  actor: { tenant: number; person: number | null },
  id: string,
  reason: RemovalReason,
): Promise<DeletionReceipt | undefined> {
  const { removed } = await tx.one<{ removed: Record<string, number> | null }>(
    sql`select delete_document(${id}) as removed`,
  );
  if (!removed) return undefined;
  const leafId = await recordLeaf(tx, actor.tenant, {
    type: 'document.delete',
    actor: actor.person,
    resource: id,
    payload: { removed, reason },
  });
  return { document: id, deletedAt: new Date().toISOString(), leafId, removed };
}
