import { type Database, sql } from '@belay/database';
import type { Originals } from './originals.js';

const BATCH = 50;

interface Removal {
  readonly store: 'disk' | 's3';
  readonly key: string;
}

/**
 * Removes objects whose time has come and returns how many are gone. A row leaves the queue only after its object
 * did; a failure is tried again, later each time, with its reason.
 */
export async function drainRemovals(
  database: Database,
  tenant: number,
  originals: Originals,
): Promise<number> {
  const due = await database.transaction({ role: 'worker', tenant }, (tx) =>
    tx.many<Removal>(sql`
      select r.store, r.object_key as key from original_removal r
      where r.tenant_id = current_tenant() and r.due_at <= now() and not exists (
        select from document_original o where o.tenant_id = r.tenant_id and o.object_key = r.object_key)
      order by r.due_at limit ${BATCH}`),
  );
  let gone = 0;
  for (const removal of due) gone += (await removeOne(database, tenant, originals, removal)) ? 1 : 0;
  return gone;
}

async function removeOne(
  database: Database,
  tenant: number,
  originals: Originals,
  { store, key }: Removal,
): Promise<boolean> {
  const reason = await originals.remove(store, key).then(
    () => null,
    (error: Error) => error.message,
  );
  await database.transaction({ role: 'worker', tenant }, (tx) =>
    reason === null
      ? tx.run(sql`delete from original_removal
          where tenant_id = current_tenant() and store = ${store} and object_key = ${key}`)
      : tx.run(sql`update original_removal set attempts = attempts + 1, reason = ${reason},
          due_at = now() + least(3600, 2 ^ least(attempts + 1, 11)) * interval '1 second'
          where tenant_id = current_tenant() and store = ${store} and object_key = ${key}`),
  );
  return reason === null;
}
