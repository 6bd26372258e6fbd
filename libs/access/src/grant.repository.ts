import type { GrantRequest } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** Grants as they are written on a scope, and the scopes of documents. One statement a method. */
export class GrantRepository {
  /** Writes a grant, or what is new of one that is there. */
  put(
    tx: Transaction,
    scope: number,
    { principal, effect, expires }: Pick<GrantRequest, 'effect' | 'expires'> & { principal: number },
    by: number,
  ): Promise<number> {
    return tx.run(sql`
      insert into access_grant (tenant_id, scope_id, principal_id, effect, expires_at, granted_by)
      values (${tx.tenant}, ${scope}, ${principal}, ${effect}, ${expires ? new Date(expires) : null}, ${by})
      on conflict (tenant_id, scope_id, principal_id, effect)
        do update set expires_at = excluded.expires_at, granted_by = excluded.granted_by`);
  }

  /** How many there were: none or one. */
  remove(
    tx: Transaction,
    scope: number,
    { principal, effect }: Pick<GrantRequest, 'effect'> & { principal: number },
  ): Promise<number> {
    return tx.run(sql`delete from access_grant where tenant_id = ${tx.tenant}
      and scope_id = ${scope} and principal_id = ${principal} and effect = ${effect}`);
  }

  setInherits(tx: Transaction, scope: number, inherits: boolean): Promise<number> {
    return tx.run(sql`update scope set inherits = ${inherits}
      where tenant_id = ${tx.tenant} and scope_id = ${scope}`);
  }

  /** The scope of a document alone, made where it has none; null where there is no such document. */
  async scopeOfDocument(tx: Transaction, document: string): Promise<number | null> {
    return (await tx.one<{ id: number | null }>(sql`select own_scope(${document}) as id`)).id;
  }

  /** Whether a scope is that of a document alone, and not of the folder around it. */
  async isOfDocument(tx: Transaction, scope: number): Promise<boolean> {
    const { kind } = await tx.one<{ kind: string }>(sql`select kind from scope
      where tenant_id = current_tenant() and scope_id = ${scope}`);
    return kind === 'document';
  }
}
