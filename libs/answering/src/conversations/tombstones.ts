import type { KeyObject } from 'node:crypto';
import { appendTombstones, readTombstones, recordLeaf } from '@belay/audit';
import { type Database, sql } from '@belay/database';

const BATCH = 500;

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Copies what people erased of their own out of the database, then marks it; one that is copied twice is no harm. */
export async function exportErasures(
  database: Database,
  tenant: number,
  home: string,
  keys: Keys,
): Promise<number> {
  const rows = await database.transaction({ role: 'worker', tenant }, (tx) =>
    tx.many<{ id: string; deletedAt: Date }>(sql`
      select erased_id as id, deleted_at as "deletedAt" from answer_tombstone
      where tenant_id = current_tenant() and not exported order by deleted_at limit ${BATCH}`),
  );
  if (rows.length === 0) return 0;
  appendTombstones(
    home,
    keys,
    rows.map(({ id, deletedAt }) => ({ tenant, kind: 'answer', id, deletedAt: deletedAt.toISOString() })),
  );
  await database.transaction({ role: 'worker', tenant }, (tx) =>
    tx.run(sql`update answer_tombstone set exported = true where tenant_id = current_tenant()
      and erased_id = any (${rows.map((row) => row.id)}::uuid[])`),
  );
  return rows.length;
}

/**
 * Erases again what a restored backup brought back of answers, questions and conversations, before anybody can ask.
 * Throws `audit.broken` where the record of deletions cannot be trusted. Returns how many came back.
 */
export async function reapplyErasures(
  database: Database,
  tenant: number,
  home: string,
  publicKey: KeyObject,
): Promise<number> {
  const buried = readTombstones(home, publicKey).filter(
    (entry) => entry.tenant === tenant && entry.kind === 'answer',
  );
  const ids = buried.map((entry) => entry.id);
  if (ids.length === 0) return 0;
  return database.transaction({ role: 'api', tenant }, async (tx) => {
    const risen = await tx.many<{ id: string }>(sql`select erase_again(${ids}::uuid[]) as id`);
    for (const { id } of risen) {
      const draft = { actor: null, resource: id, payload: { reason: 'tombstone' } };
      await recordLeaf(tx, tenant, { type: 'answer.delete', ...draft });
    }
    return risen.length;
  });
}
