import type { KeyObject } from 'node:crypto';
import { appendTombstones, readTombstones } from '@belay/audit';
import { type Database, sql } from '@belay/database';
import { removeDocument } from './remove-document.js';

const BATCH = 500;

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Copies new deletions out of the database, then marks them; one that is copied twice is no harm. */
export async function exportTombstones(
  database: Database,
  tenant: number,
  home: string,
  keys: Keys,
): Promise<number> {
  const rows = await database.transaction({ role: 'worker', tenant }, (tx) =>
    tx.many<{ document: string; deletedAt: Date }>(sql`
      select document_id as document, deleted_at as "deletedAt" from document_tombstone
      where tenant_id = current_tenant() and not exported order by deleted_at limit ${BATCH}`),
  );
  if (rows.length === 0) return 0;
  appendTombstones(
    home,
    keys,
    rows.map(({ document, deletedAt }) => ({
      tenant,
      kind: 'document',
      id: document,
      deletedAt: deletedAt.toISOString(),
    })),
  );
  await database.transaction({ role: 'worker', tenant }, (tx) =>
    tx.run(sql`update document_tombstone set exported = true where tenant_id = current_tenant()
      and document_id = any (${rows.map((row) => row.document)}::uuid[])`),
  );
  return rows.length;
}

/**
 * Deletes again what a restored backup brought back, before anybody can ask for it. Throws `audit.broken` where the
 * record of deletions cannot be trusted. Returns how many came back.
 */
export async function reapplyTombstones(
  database: Database,
  tenant: number,
  home: string,
  publicKey: KeyObject,
): Promise<number> {
  const buried = readTombstones(home, publicKey).filter(
    (entry) => entry.tenant === tenant && entry.kind === 'document',
  );
  const ids = buried.map((entry) => entry.id);
  const risen = await database.transaction({ role: 'api', tenant }, (tx) =>
    tx.many<{ id: string }>(sql`select document_id as id from document
      where tenant_id = current_tenant() and document_id = any (${ids}::uuid[])`),
  );
  for (const { id } of risen) {
    await database.transaction({ role: 'api', tenant }, (tx) =>
      removeDocument(tx, { tenant, person: null }, id, 'tombstone'),
    );
  }
  return risen.length;
}
