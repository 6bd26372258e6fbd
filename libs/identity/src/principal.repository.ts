import { sql, type Transaction } from '@belay/database';

export interface PrincipalRow {
  id: number;
  kind: string;
  name: string;
  displayName: string;
  email: string | null;
  active: boolean;
}

const COLUMNS = sql`principal_id as id, kind, name, display_name as "displayName", email, active`;

/** People, groups, roles and who contains whom. One statement a method. */
export class PrincipalRepository {
  find(tx: Transaction, kind: string, name: string): Promise<PrincipalRow | undefined> {
    return tx.maybe(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and kind = ${kind} and name = ${name}`);
  }

  findById(tx: Transaction, id: number): Promise<PrincipalRow | undefined> {
    return tx.maybe(
      sql`select ${COLUMNS} from principal where tenant_id = current_tenant() and principal_id = ${id}`,
    );
  }

  list(tx: Transaction, kind: string): Promise<PrincipalRow[]> {
    return tx.many(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and kind = ${kind} order by name`);
  }

  /** All that a grant can name: active people, groups, roles, everyone. */
  listGrantees(tx: Transaction): Promise<PrincipalRow[]> {
    return tx.many(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and active and kind in ('everyone', 'group', 'person', 'role')
      order by kind, name`);
  }

  insert(
    tx: Transaction,
    row: { kind: string; name: string; displayName: string; email: string | null },
  ): Promise<PrincipalRow | undefined> {
    return tx.maybe(sql`
      insert into principal (tenant_id, kind, name, display_name, email)
      values (current_tenant(), ${row.kind}, ${row.name}, ${row.displayName}, ${row.email})
      on conflict do nothing returning ${COLUMNS}`);
  }

  setActive(tx: Transaction, id: number, active: boolean): Promise<number> {
    return tx.run(sql`update principal set active = ${active}
      where tenant_id = current_tenant() and principal_id = ${id}`);
  }

  addMember(tx: Transaction, containerId: number, memberId: number): Promise<number> {
    return tx.run(
      sql`insert into membership values (current_tenant(), ${containerId}, ${memberId}) on conflict do nothing`,
    );
  }

  removeMember(tx: Transaction, containerId: number, memberId: number): Promise<number> {
    return tx.run(sql`delete from membership
      where tenant_id = current_tenant() and container_id = ${containerId} and member_id = ${memberId}`);
  }

  members(
    tx: Transaction,
    containerIds: readonly number[],
  ): Promise<(PrincipalRow & { containerId: number })[]> {
    return tx.many(sql`select ${COLUMNS}, m.container_id as "containerId" from principal p join membership m
      on m.tenant_id = p.tenant_id and m.member_id = p.principal_id
      where p.tenant_id = current_tenant() and m.container_id = any (${containerIds}::int[]) order by kind, name`);
  }

  /** Names of the roles that each person holds directly. */
  roles(tx: Transaction): Promise<{ personId: number; role: string }[]> {
    return tx.many(sql`select m.member_id as "personId", r.name as role from membership m join principal r
      on r.tenant_id = m.tenant_id and r.principal_id = m.container_id and r.kind = 'role'
      where m.tenant_id = current_tenant() order by r.name`);
  }

  edges(tx: Transaction): Promise<{ container: number; member: number }[]> {
    return tx.many(sql`select container_id as container, member_id as member from membership
      where tenant_id = current_tenant()`);
  }

  /** Ends whatever somebody could come in with as this person: sessions, invitations and API keys. */
  async endAccess(tx: Transaction, personId: number): Promise<void> {
    await tx.run(sql`delete from session where tenant_id = current_tenant() and person_id = ${personId}`);
    await tx.run(sql`delete from invitation where tenant_id = current_tenant() and person_id = ${personId}`);
    await tx.run(sql`delete from api_key where tenant_id = current_tenant() and person_id = ${personId}`);
  }

  /** How many active people hold a role directly. */
  async countHolders(tx: Transaction, role: string): Promise<number> {
    const row = await tx.one<{ n: number }>(sql`
      select count(*) as n from membership m
      join principal r on r.tenant_id = m.tenant_id and r.principal_id = m.container_id and r.kind = 'role'
      join principal p on p.tenant_id = m.tenant_id and p.principal_id = m.member_id and p.active
      where m.tenant_id = current_tenant() and r.name = ${role}`);
    return row.n;
  }
}
