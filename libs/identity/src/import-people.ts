import { recordLeaf } from '@belay/audit';
import {
  type ImportedPerson,
  Name,
  NewPerson,
  readAs,
  type PeopleImport,
  type PeopleImported,
} from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { PrincipalRepository } from './principal.repository.js';

interface Known {
  readonly id: number;
  readonly name: string;
  readonly displayName: string;
  readonly email: string | null;
}
type Row = PeopleImported['rows'][number];
interface Actor {
  readonly tenant: number;
  readonly person: number;
}

class DryRun extends Error {
  constructor(readonly result: PeopleImported) {
    super('nothing is kept of a dry run');
  }
}

/**
 * Takes in a list of people: adds who is missing, changes who differs, adds them to groups, which are made where
 * missing. Doing it twice changes nothing the second time. A dry run does all of it and takes it back.
 */
export class ImportPeople {
  private readonly principals = new PrincipalRepository();

  constructor(private readonly database: Database) {}

  async run(actor: Actor, { dryRun, people }: PeopleImport): Promise<PeopleImported> {
    try {
      return await this.database.transaction({ role: 'api', ...actor }, async (tx) => {
        const result = await this.take(tx, people);
        if (dryRun) throw new DryRun(result);
        const names = result.rows.filter((row) => row.outcome === 'added' || row.outcome === 'changed');
        const payload = {
          what: 'people.import',
          names: names.map((row) => row.name),
          groups: result.newGroups,
        };
        if (names.length > 0) {
          await recordLeaf(tx, actor.tenant, {
            type: 'identity.change',
            actor: actor.person || null,
            payload,
          });
        }
        return result;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.result;
      throw error;
    }
  }

  private async take(tx: Transaction, people: readonly ImportedPerson[]): Promise<PeopleImported> {
    const admins = await this.principals.countHolders(tx, 'admin');
    const before = await known(tx, people);
    const refused = new Map(people.flatMap((row, index) => refusal(row, people.slice(0, index), before)));
    const accepted = people.filter((row) => !refused.has(row));
    const changed = new Set([
      ...(await addPeople(tx, accepted)),
      ...(await changePeople(tx, accepted)),
      ...(await setRoles(tx, accepted)),
    ]);
    const newGroups = await addGroups(tx, accepted);
    for (const name of await joinGroups(tx, accepted)) changed.add(name);
    if (admins > 0 && (await this.principals.countHolders(tx, 'admin')) === 0) {
      throw new DomainError(
        'conflict',
        'This list would take the role admin from its last holder. Nothing changed.',
      );
    }
    const rows = people.map((row): Row => {
      const reason = refused.get(row);
      const base = { line: row.line, name: row.name };
      if (reason !== undefined) return { ...base, outcome: 'refused', reason };
      if (!before.has(row.name)) return { ...base, outcome: 'added' };
      return { ...base, outcome: changed.has(row.name) ? 'changed' : 'unchanged' };
    });
    return { rows, newGroups };
  }
}

/** Why a row cannot be taken, in words that say what to change. */
function refusal(
  row: ImportedPerson,
  earlier: readonly ImportedPerson[],
  before: ReadonlyMap<string, Known>,
): [ImportedPerson, string][] {
  const wanted = { ...row, roles: row.roles ?? ['member'] };
  const { problem } = readAs(NewPerson.partial({ displayName: true }), wanted, 'The row');
  if (problem !== undefined) return [[row, problem]];
  const bad = row.groups?.find((group) => !Name.safeParse(group).success);
  if (bad !== undefined) return [[row, `"groups" names "${bad}", which is no short name of a group.`]];
  if (!before.has(row.name) && !row.displayName)
    return [[row, '"displayName" is missing: a new person needs a full name.']];
  const same = earlier.find((other) => other.name === row.name);
  return same ? [[row, `"name" is "${row.name}", which is already in line ${same.line}.`]] : [];
}

async function known(tx: Transaction, people: readonly ImportedPerson[]): Promise<Map<string, Known>> {
  const rows = await tx.many<Known>(sql`
    select principal_id as id, name, display_name as "displayName", email from principal
    where tenant_id = current_tenant() and kind = 'person' and name = any (${people.map((row) => row.name)}::text[])`);
  return new Map(rows.map((row) => [row.name, row]));
}

const namesOf = (rows: readonly { name: string }[]): string[] => rows.map((row) => row.name);

async function addPeople(tx: Transaction, people: readonly ImportedPerson[]): Promise<string[]> {
  const named = people.filter((row) => row.displayName);
  return namesOf(
    await tx.many<{ name: string }>(sql`
      insert into principal (tenant_id, kind, name, display_name, email)
      select current_tenant(), 'person', name, display_name, email
      from unnest(${namesOf(named)}::text[], ${named.map((row) => row.displayName)}::text[],
        ${named.map((row) => row.email ?? null)}::text[]) as t (name, display_name, email)
      on conflict do nothing returning name`),
  );
}

async function changePeople(tx: Transaction, people: readonly ImportedPerson[]): Promise<string[]> {
  return namesOf(
    await tx.many<{ name: string }>(sql`
      update principal p set display_name = coalesce(t.display_name, p.display_name), email = coalesce(t.email, p.email)
      from unnest(${namesOf(people)}::text[], ${people.map((row) => row.displayName || null)}::text[],
        ${people.map((row) => row.email ?? null)}::text[]) as t (name, display_name, email)
      where p.tenant_id = current_tenant() and p.kind = 'person' and p.name = t.name
        and (p.display_name, p.email) is distinct from (coalesce(t.display_name, p.display_name), coalesce(t.email, p.email))
      returning p.name`),
  );
}

// A new person without roles of their own becomes a member, as in `people add`.
async function setRoles(tx: Transaction, people: readonly ImportedPerson[]): Promise<string[]> {
  const given = people.filter((row) => row.roles !== undefined);
  const pairs = given.flatMap((row) => (row.roles ?? []).map((role) => [row.name, role] as const));
  const removed = await tx.many<{ name: string }>(sql`
    delete from membership m using principal p, principal r
    where m.tenant_id = current_tenant() and p.tenant_id = m.tenant_id and p.principal_id = m.member_id
      and r.tenant_id = m.tenant_id and r.principal_id = m.container_id and r.kind = 'role'
      and p.kind = 'person' and p.name = any (${namesOf(given)}::text[])
      and not exists (select from unnest(${pairs.map(([name]) => name)}::text[], ${pairs.map(([, role]) => role)}::text[])
        as t (name, role) where t.name = p.name and t.role = r.name)
    returning p.name`);
  const all = people.flatMap((row) =>
    (row.roles ?? ['member']).map((role) => ({ name: row.name, group: role })),
  );
  const unchangedRoles = new Set(namesOf(people.filter((row) => row.roles === undefined)));
  const added = await join(tx, 'role', all, [...unchangedRoles]);
  return [...namesOf(removed), ...added];
}

async function addGroups(tx: Transaction, people: readonly ImportedPerson[]): Promise<string[]> {
  const groups = [...new Set(people.flatMap((row) => row.groups ?? []))].sort();
  return namesOf(
    await tx.many<{ name: string }>(sql`
      insert into principal (tenant_id, kind, name, display_name)
      select current_tenant(), 'group', name, name from unnest(${groups}::text[]) as name
      on conflict do nothing returning name`),
  );
}

function joinGroups(tx: Transaction, people: readonly ImportedPerson[]): Promise<string[]> {
  const pairs = people.flatMap((row) => (row.groups ?? []).map((group) => ({ name: row.name, group })));
  return join(tx, 'group', pairs, []);
}

/** Adds memberships; those named in `onlyNew` join only while they hold no role yet. Returns whom it changed. */
async function join(
  tx: Transaction,
  kind: 'role' | 'group',
  pairs: readonly { name: string; group: string }[],
  onlyNew: readonly string[],
): Promise<string[]> {
  const rows = await tx.many<{ name: string }>(sql`
    with joined as (
      insert into membership (tenant_id, container_id, member_id)
      select current_tenant(), c.principal_id, p.principal_id
      from unnest(${namesOf(pairs)}::text[], ${pairs.map((pair) => pair.group)}::text[]) as t (name, container)
      join principal p on p.tenant_id = current_tenant() and p.kind = 'person' and p.name = t.name
      join principal c on c.tenant_id = current_tenant() and c.kind = ${kind} and c.name = t.container
      where not (t.name = any (${onlyNew}::text[]) and exists (
        select from membership m join principal r on r.tenant_id = m.tenant_id and r.principal_id = m.container_id
          and r.kind = 'role' where m.tenant_id = current_tenant() and m.member_id = p.principal_id))
      on conflict do nothing returning member_id
    ) select distinct p.name from joined j join principal p
      on p.tenant_id = current_tenant() and p.principal_id = j.member_id`);
  return namesOf(rows);
}
