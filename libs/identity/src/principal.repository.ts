import type { MembersQuery, PageQuery } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';

export interface PrincipalRow {
  id: number;
  kind: string;
  name: string;
  displayName: string;
  email: string | null;
  active: boolean;
}

const COLUMNS = sql`principal_id as id, kind, name, display_name as "displayName", email, active`;

// A part of a name or an address, whatever its case; what the search language calls a wildcard is none here.
function naming(search: string, byAddress = sql`true`): SqlStatement {
  if (search === '') return sql`true`;
  const part = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(name ilike ${part} or display_name ilike ${part} or (${byAddress} and email ilike ${part}))`;
}

const directly = (containerId: number): SqlStatement => sql`select from membership m
  where m.tenant_id = p.tenant_id and m.container_id = ${containerId} and m.member_id = p.principal_id`;

// Whether `p` is in a container: as a member of it, or as one of a group in it as well.
const isIn = (containerId: number, of: MembersQuery['of']): SqlStatement =>
  of === 'direct'
    ? sql`exists (${directly(containerId)})`
    : sql`p.principal_id <> ${containerId} and exists (select from principal_closure c
        where c.tenant_id = p.tenant_id and c.member_id = p.principal_id and c.principal_id = ${containerId})`;

/** People, groups, roles and who contains whom. One statement a method. */
export class PrincipalRepository {
  find(tx: Transaction, kind: string, name: string): Promise<PrincipalRow | undefined> {
    return tx.maybe(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and kind = ${kind} and name = ${name}`);
  }

  /** Those of the named principals that there are. */
  findAll(tx: Transaction, named: readonly { kind: string; name: string }[]): Promise<PrincipalRow[]> {
    const [kinds, names] = [named.map(({ kind }) => kind), named.map(({ name }) => name)];
    return tx.many(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant()
        and (kind, name) in (select * from unnest(${kinds}::text[], ${names}::text[]))`);
  }

  findById(tx: Transaction, id: number): Promise<PrincipalRow | undefined> {
    return tx.maybe(
      sql`select ${COLUMNS} from principal where tenant_id = current_tenant() and principal_id = ${id}`,
    );
  }

  /** One page by name; `search` is part of either name or of the address. */
  list(tx: Transaction, kind: string, { search, after, limit }: PageQuery): Promise<PrincipalRow[]> {
    return tx.many(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and kind = ${kind} and name > ${after} and ${naming(search)}
      order by name limit ${limit}`);
  }

  active(tx: Transaction, names: readonly string[]): Promise<{ name: string; displayName: string }[]> {
    return tx.many(sql`select name, display_name as "displayName" from principal
      where tenant_id = current_tenant() and kind = 'person' and active and name = any (${names}::text[])
      order by name`);
  }

  async count(tx: Transaction, kind: string, search = ''): Promise<number> {
    const { n } = await tx.one<{ n: number }>(sql`select count(*)::int as n from principal
      where tenant_id = current_tenant() and kind = ${kind} and ${naming(search)}`);
    return n;
  }

  /**
   * What a grant can name: active people, groups, roles, everyone; first those of whose names one begins with the search.
   * It is asked by everybody who may share something, so addresses, which they are not shown, are not searched either.
   */
  listGrantees(tx: Transaction, search: string, limit: number): Promise<PrincipalRow[]> {
    const bare = search.replace(/^(person|group|role):/, '');
    return tx.many(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and active and kind in ('everyone', 'group', 'person', 'role')
        and ${naming(bare, sql`false`)} and (${bare} = ${search} or kind = split_part(${search}, ':', 1))
      order by starts_with(name, lower(${bare}))
        or strpos(' ' || lower(display_name), ' ' || lower(${bare})) > 0 desc, kind, name limit ${limit}`);
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

  /** Waits until nobody else changes who belongs to what; until the transaction ends. */
  lockRoles(tx: Transaction): Promise<number> {
    return tx.run(sql`select pg_advisory_xact_lock(7420, current_tenant())`);
  }

  /** Holds an active principal until the transaction ends; undefined where it is not, or no longer. */
  hold(tx: Transaction, id: number): Promise<PrincipalRow | undefined> {
    return tx.maybe(sql`select ${COLUMNS} from principal
      where tenant_id = current_tenant() and principal_id = ${id} and active for no key update`);
  }

  setActive(tx: Transaction, id: number, active: boolean): Promise<number> {
    return tx.run(sql`update principal set active = ${active}
      where tenant_id = current_tenant() and principal_id = ${id}`);
  }

  addMembers(tx: Transaction, containerId: number, memberIds: readonly number[]): Promise<number> {
    return tx.run(sql`insert into membership
      select current_tenant(), ${containerId}, member_id from unnest(${memberIds}::int[]) as member_id
      on conflict do nothing`);
  }

  removeMembers(tx: Transaction, containerId: number, memberIds: readonly number[]): Promise<number> {
    return tx.run(sql`delete from membership
      where tenant_id = current_tenant() and container_id = ${containerId} and member_id = any (${memberIds}::int[])`);
  }

  /** The first members of each group, with how many it has. */
  firstMembers(
    tx: Transaction,
    containerIds: readonly number[],
    most: number,
  ): Promise<(PrincipalRow & { containerId: number; memberCount: number })[]> {
    return tx.many(sql`
      select ${COLUMNS}, container_id as "containerId", members::int as "memberCount" from (
        select p.*, m.container_id, count(*) over w as members,
          row_number() over (partition by m.container_id order by p.kind, p.name) as place
        from principal p join membership m on m.tenant_id = p.tenant_id and m.member_id = p.principal_id
        where p.tenant_id = current_tenant() and m.container_id = any (${containerIds}::int[])
        window w as (partition by m.container_id)
      ) ranked where place <= ${most} order by kind, name`);
  }

  /** One page of a group's members, by kind and name, each with the member groups that it is in. */
  members(
    tx: Transaction,
    containerId: number,
    { search, of, after, limit }: Omit<MembersQuery, 'after'> & { after: { kind: string; name: string } },
  ): Promise<(PrincipalRow & { direct: boolean; through: string[] })[]> {
    return tx.many(sql`select ${COLUMNS}, exists (${directly(containerId)}) as direct,
        array(select g.name from principal_closure c
          join membership m on m.tenant_id = c.tenant_id and m.container_id = ${containerId} and m.member_id = c.principal_id
          join principal g on g.tenant_id = c.tenant_id and g.principal_id = c.principal_id
          where c.tenant_id = p.tenant_id and c.member_id = p.principal_id and c.principal_id <> p.principal_id
          order by g.name) as through
      from principal p where p.tenant_id = current_tenant() and ${isIn(containerId, of)}
        and (kind, name) > (${after.kind}, ${after.name}) and ${naming(search)}
      order by kind, name limit ${limit}`);
  }

  async countMembers(tx: Transaction, containerId: number, { search, of }: MembersQuery): Promise<number> {
    const { n } = await tx.one<{ n: number }>(sql`select count(*)::int as n from principal p
      where p.tenant_id = current_tenant() and ${isIn(containerId, of)} and ${naming(search)}`);
    return n;
  }

  /** Names of the roles that given people hold directly. */
  roles(tx: Transaction, people: readonly number[]): Promise<{ personId: number; role: string }[]> {
    return tx.many(sql`select m.member_id as "personId", r.name as role from membership m join principal r
      on r.tenant_id = m.tenant_id and r.principal_id = m.container_id and r.kind = 'role'
      where m.tenant_id = current_tenant() and m.member_id = any (${people}::int[]) order by r.name`);
  }

  edges(tx: Transaction): Promise<{ container: number; member: number }[]> {
    return tx.many(sql`select container_id as container, member_id as member from membership
      where tenant_id = current_tenant()`);
  }

  /**
   * Ends whatever somebody could come in with as this person: sessions, invitations and API keys. Whoever opens one
   * holds the person, so it is there before, or is refused after.
   */
  async endAccess(tx: Transaction, personId: number): Promise<void> {
    await tx.run(sql`select from principal
      where tenant_id = current_tenant() and principal_id = ${personId} for no key update`);
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
