import { type Database, sql } from '@belay/database';
import { readAnchor, writeAnchor } from './audit-key.js';

/**
 * Keeps a checkpoint note outside the database, in place of the one before: but not where that one is of no ledger that
 * the database holds, because a tail was cut off or an earlier day was restored. What is kept then goes on saying so.
 * Returns whether it was kept.
 */
export async function keepAnchor(
  database: Database,
  tenant: number,
  home: string,
  note: string,
): Promise<boolean> {
  const before = readAnchor(home);
  if (before !== undefined && !(await isHeld(database, tenant, before))) return false;
  writeAnchor(home, note);
  return true;
}

async function isHeld(database: Database, tenant: number, note: string): Promise<boolean> {
  const { held } = await database.transaction({ role: 'worker', tenant }, (tx) =>
    tx.one<{ held: boolean }>(sql`select exists (
      select from audit_checkpoint where tenant_id = ${tenant} and note = ${note}) as held`),
  );
  return held;
}
