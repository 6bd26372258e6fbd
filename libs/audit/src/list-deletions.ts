import { sql, type Transaction } from '@belay/database';

/** A leaf that says that something was deleted. `removed` counts rows by what they held. */
export interface Deletion {
  readonly leafId: string;
  readonly type: 'document.delete' | 'answer.delete';
  /** The id of what was deleted. */
  readonly resource: string;
  readonly deletedAt: string;
  readonly removed: Record<string, number>;
}

/** One page of what the person of this transaction deleted, newest first. `next` goes on after the last of it. */
export async function listDeletions(
  tx: Transaction,
  { after, limit }: { after: string; limit: number },
): Promise<{ deletions: Deletion[]; next: string | null }> {
  const [time = '', id = ''] = after.split('_');
  const later =
    after === '' ? sql`true` : sql`(l.created_at, l.leaf_id) < (${time}::timestamptz, ${id}::uuid)`;
  const rows = await tx.many<Deletion & { at: string }>(sql`
    select l.leaf_id as "leafId", l.header::jsonb ->> 'type' as type, l.header::jsonb ->> 'resource' as resource,
      l.header::jsonb ->> 'time' as "deletedAt", coalesce(p.payload::jsonb -> 'removed', '{}') as removed,
      to_char(l.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
    from audit_leaf l
    left join audit_payload p on p.tenant_id = l.tenant_id and p.leaf_id = l.leaf_id
    where l.tenant_id = current_tenant() and l.header::jsonb ->> 'actor' = current_person()::text
      and l.header::jsonb ->> 'type' in ('document.delete', 'answer.delete') and ${later}
    order by l.created_at desc, l.leaf_id desc limit ${limit}`);
  const last = rows.length < limit ? undefined : rows.at(-1);
  const deletions = rows.map(({ leafId, type, resource, deletedAt, removed }) => {
    return { leafId, type, resource, deletedAt, removed };
  });
  return { deletions, next: last ? `${last.at}_${last.leafId}` : null };
}
