import type { PageQuery } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

interface ReaderRow {
  readonly id: number;
  readonly name: string;
  readonly displayName: string;
}

/** Active people whom the grants on a scope let in, as `readable_scopes()` decides for one of them. */
function readersOf(scopeId: number, search: string) {
  const part = `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql`
    with granted as materialized (
      select s.allow || array(select t.principal_id from timed_grant t where t.tenant_id = s.tenant_id
          and t.scope_id = s.scope_id and t.effect = 'allow' and t.expires_at > now()) as allow,
        s.deny || array(select t.principal_id from timed_grant t where t.tenant_id = s.tenant_id
          and t.scope_id = s.scope_id and t.effect = 'deny' and t.expires_at > now()) as deny
      from scope s where s.tenant_id = current_tenant() and s.scope_id = ${scopeId}),
    reader as (
      select p.principal_id as id, p.name, p.display_name as "displayName" from principal p, granted g
      where p.tenant_id = current_tenant() and p.kind = 'person' and p.active
        and (p.name ilike ${part} or p.display_name ilike ${part})
        and exists (select from principal_closure c where c.tenant_id = p.tenant_id
          and c.member_id = p.principal_id and c.principal_id = any (g.allow))
        and not exists (select from principal_closure c where c.tenant_id = p.tenant_id
          and c.member_id = p.principal_id and c.principal_id = any (g.deny)))`;
}

/** Who may read what stands on a scope. One statement a method. */
export class ReaderRepository {
  /** One page by short name. */
  list(tx: Transaction, scopeId: number, { search, after, limit }: PageQuery): Promise<ReaderRow[]> {
    return tx.many(sql`${readersOf(scopeId, search)}
      select * from reader where name > ${after} order by name limit ${limit}`);
  }

  async count(tx: Transaction, scopeId: number, search: string): Promise<number> {
    const { n } = await tx.one<{ n: number }>(sql`${readersOf(scopeId, search)}
      select count(*)::int as n from reader`);
    return n;
  }
}
