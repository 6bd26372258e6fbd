import { sql, type Transaction } from '@belay/database';

/** The newest leaf headers first; payloads stay where they are. `sequence` is null until it is ordered. */
export function listLeaves(
  tx: Transaction,
  tenant: number,
  limit: number,
): Promise<{ sequence: number | null; leafId: string; header: string }[]> {
  return tx.many(sql`
    select e.sequence, l.leaf_id as "leafId", l.header from audit_leaf l
    left join audit_entry e on e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id
    where l.tenant_id = ${tenant} order by l.created_at desc limit ${limit}`);
}
