import { sql, type Transaction } from '@belay/database';

interface SealedSecret {
  readonly name: string;
  readonly boundTo: string;
  readonly sealed: Buffer;
}

export interface SecretRow {
  readonly name: string;
  readonly peer: string;
  readonly setBy: string;
  readonly setAt: Date;
}

/** Sealed secrets; which role may read what of them is the database's to say. */
export class SecretRepository {
  list(tx: Transaction): Promise<SecretRow[]> {
    return tx.many(sql`
      select s.name, s.peer, p.name as "setBy", s.set_at as "setAt"
      from tool_secret s join principal p on p.tenant_id = s.tenant_id and p.principal_id = s.set_by
      where s.tenant_id = current_tenant() order by s.name`);
  }

  /** Who set one, if it is there. */
  setter(tx: Transaction, name: string): Promise<{ person: number; setBy: string } | undefined> {
    return tx.maybe(sql`
      select s.set_by as person, p.name as "setBy"
      from tool_secret s join principal p on p.tenant_id = s.tenant_id and p.principal_id = s.set_by
      where s.tenant_id = current_tenant() and s.name = ${name}`);
  }

  /** 0 where there is one of this name. */
  insert(
    tx: Transaction,
    { name, boundTo, sealed }: SealedSecret,
    peer: string,
    person: number,
  ): Promise<number> {
    return tx.run(sql`
      insert into tool_secret (tenant_id, name, peer, bound_to, sealed, set_by)
      values (current_tenant(), ${name}, ${peer}, ${boundTo}, ${sealed}, ${person}) on conflict do nothing`);
  }

  /** 0 where there is none. */
  remove(tx: Transaction, name: string): Promise<number> {
    return tx.run(sql`delete from tool_secret where tenant_id = current_tenant() and name = ${name}`);
  }

  /** For the agent service: those of the names that are for these settings. */
  sealed(tx: Transaction, names: readonly string[], boundTo: string): Promise<SealedSecret[]> {
    return tx.many(sql`select name, bound_to as "boundTo", sealed from tool_secret
      where tenant_id = current_tenant() and name = any (${names}::text[]) and bound_to = ${boundTo}`);
  }
}
