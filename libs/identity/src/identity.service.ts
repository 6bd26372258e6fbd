import { createHash, randomBytes } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type {
  Grantee,
  Group,
  Invitation,
  Member,
  MembersChange,
  MembersQuery,
  NewPerson,
  PageQuery,
  Person,
  PersonChange,
} from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { formatPrincipal, parsePrincipal } from './principal-ref.js';
import { PrincipalRepository, type PrincipalRow } from './principal.repository.js';

const INVITATION_DAYS = 7;
const ROLES = ['member', 'developer', 'approver', 'admin'];
const FIRST_MEMBERS = 20;

/** How many entries a list has in all, and after which one the next page begins; null on the last. */
interface Page {
  readonly total: number;
  readonly next: string | null;
}

interface Actor {
  readonly tenant: number;
  readonly person: number;
}

/** People, groups and roles. Who may call what is decided at the edge; each change writes its ledger leaf. */
export class IdentityService {
  private readonly principals = new PrincipalRepository();

  constructor(private readonly database: Database) {}

  /** Makes the built-in principals: everyone and the roles. Idempotent. */
  async prepareTenant(tenant: number): Promise<void> {
    await this.database.transaction({ role: 'api', tenant }, async (tx) => {
      await this.principals.insert(tx, {
        kind: 'everyone',
        name: 'everyone',
        displayName: 'Everyone',
        email: null,
      });
      for (const name of ROLES) {
        await this.principals.insert(tx, { kind: 'role', name, displayName: name, email: null });
      }
    });
  }

  countPeople(tenant: number): Promise<number> {
    return this.database.transaction({ role: 'api', tenant }, (tx) => this.principals.count(tx, 'person'));
  }

  /** One page of people by name; `next` is where it goes on. */
  async listPeople(tenant: number, page: PageQuery): Promise<Page & { people: Person[] }> {
    return this.database.transaction({ role: 'api', tenant }, async (tx) => {
      const rows = await this.principals.list(tx, 'person', page);
      const ids = rows.map((row) => row.id);
      const roles = await this.principals.roles(tx, ids);
      const total = await this.principals.count(tx, 'person', page.search);
      return { people: rows.map((row) => person(row, roles)), total, next: nextOf(rows, page) };
    });
  }

  /** Those of the named people who may come in. */
  async activePeople(
    tenant: number,
    names: readonly string[],
  ): Promise<{ name: string; displayName: string }[]> {
    return this.database.transaction({ role: 'api', tenant }, (tx) => this.principals.active(tx, names));
  }

  /** Creates a person, active and without a password, and an invitation to set one. */
  async addPerson(actor: Actor, request: NewPerson): Promise<Invitation> {
    return this.change(actor, 'person.add', request.name, async (tx) => {
      const row = await this.principals.insert(tx, {
        kind: 'person',
        name: request.name,
        displayName: request.displayName,
        email: request.email ?? null,
      });
      if (!row) throw new DomainError('conflict', `There is already a person named "${request.name}".`);
      await this.setRoles(tx, row, request.roles);
      return invite(tx, row);
    });
  }

  async inviteAgain(actor: Actor, name: string): Promise<Invitation> {
    return this.change(actor, 'person.invite', name, async (tx) => {
      const row = await this.get(tx, `person:${name}`);
      // The link would be dead: nobody signs in who is not active. Held, so that it lives through no deactivation.
      if (!(await this.principals.hold(tx, row.id)))
        throw new DomainError('conflict', `${name} is deactivated. Activate them first, then invite them.`);
      return invite(tx, row);
    });
  }

  /** Deactivating ends every session, invitation and key for good. The last active admin stays one. */
  async changePerson(actor: Actor, name: string, request: PersonChange): Promise<Person> {
    return this.change(actor, 'person.change', name, async (tx) => {
      const row = await this.get(tx, `person:${name}`);
      await this.principals.lockRoles(tx);
      const admins = await this.principals.countHolders(tx, 'admin');
      if (request.active !== undefined) {
        if (row.id === actor.person && !request.active) {
          throw new DomainError('conflict', 'You cannot deactivate yourself. Ask another admin.');
        }
        await this.principals.setActive(tx, row.id, request.active);
        if (!request.active) await this.principals.endAccess(tx, row.id);
      }
      if (request.roles) await this.setRoles(tx, row, request.roles);
      if (admins > 0 && (await this.principals.countHolders(tx, 'admin')) === 0) {
        throw new DomainError(
          'conflict',
          'This is the last active admin. Make somebody else an admin first.',
        );
      }
      return person(
        { ...row, active: request.active ?? row.active },
        await this.principals.roles(tx, [row.id]),
      );
    });
  }

  async listGrantees(tenant: number, search: string, limit: number): Promise<Grantee[]> {
    const rows = await this.database.transaction({ role: 'api', tenant }, (tx) =>
      this.principals.listGrantees(tx, search, limit),
    );
    return rows.map((row) => ({ principal: formatPrincipal(row), displayName: row.displayName }));
  }

  /** One page of groups by name, each with its first members. */
  async listGroups(tenant: number, page: PageQuery): Promise<Page & { groups: Group[] }> {
    return this.database.transaction({ role: 'api', tenant }, async (tx) => {
      const rows = await this.principals.list(tx, 'group', page);
      const groups = await this.groupViews(tx, rows);
      return {
        groups,
        total: await this.principals.count(tx, 'group', page.search),
        next: nextOf(rows, page),
      };
    });
  }

  /** One page of the members of a group. */
  async listMembers(tenant: number, name: string, page: MembersQuery): Promise<Page & { members: Member[] }> {
    return this.database.transaction({ role: 'api', tenant }, async (tx) => {
      const group = await this.get(tx, `group:${name}`);
      const after = page.after === '' ? { kind: '', name: '' } : parsePrincipal(page.after);
      const rows = await this.principals.members(tx, group.id, { ...page, after });
      const members = rows.map(({ displayName, direct, through, ...row }) => ({
        principal: formatPrincipal(row),
        displayName,
        direct,
        through: through.map((group) => formatPrincipal({ kind: 'group', name: group })),
      }));
      const last = members.length < page.limit ? null : (members.at(-1)?.principal ?? null);
      return { members, total: await this.principals.countMembers(tx, group.id, page), next: last };
    });
  }

  async addGroup(actor: Actor, request: { name: string; title: string }): Promise<Group> {
    return this.change(actor, 'group.add', request.name, async (tx) => {
      const row = { kind: 'group', name: request.name, displayName: request.title, email: null };
      const group = await this.principals.insert(tx, row);
      if (!group) throw new DomainError('conflict', `There is already a group named "${request.name}".`);
      return view(group, [], 0);
    });
  }

  /** Adds and removes members. A cycle of groups is refused and changes nothing. */
  async changeMembers(actor: Actor, name: string, request: MembersChange): Promise<Group> {
    return this.change(actor, 'group.members', name, async (tx) => {
      const group = await this.get(tx, `group:${name}`);
      try {
        const idsOf = (rows: readonly PrincipalRow[]): number[] => rows.map(({ id }) => id);
        await this.principals.removeMembers(tx, group.id, idsOf(await this.getAll(tx, request.remove)));
        const added = await this.getAll(tx, request.add);
        if (added.some(({ kind }) => kind !== 'person' && kind !== 'group'))
          throw new DomainError('request.invalid', 'Members of a group are people and groups.');
        await this.principals.addMembers(tx, group.id, idsOf(added));
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'BL001' || code === '23514') {
          throw new DomainError(
            'conflict',
            'A group cannot contain itself, directly or through other groups.',
          );
        }
        throw error;
      }
      const [changed] = await this.groupViews(tx, [group]);
      return changed as Group;
    });
  }

  private async groupViews(tx: Transaction, groups: readonly PrincipalRow[]): Promise<Group[]> {
    const ids = groups.map((group) => group.id);
    const members = await this.principals.firstMembers(tx, ids, FIRST_MEMBERS);
    return groups.map((group) => {
      const own = members.filter((member) => member.containerId === group.id);
      return view(group, own, own[0]?.memberCount ?? 0);
    });
  }

  /** The principal behind a reference. Throws `not-found`. */
  async get(tx: Transaction, reference: string): Promise<PrincipalRow> {
    const { kind, name } = parsePrincipal(reference);
    const row = await this.principals.find(tx, kind, name);
    if (!row) throw new DomainError('not-found', `There is no ${reference}.`);
    return row;
  }

  /** Those behind references, each once. Throws `not-found` for the first that there is not. */
  private async getAll(tx: Transaction, references: readonly string[]): Promise<PrincipalRow[]> {
    const rows = await this.principals.findAll(tx, references.map(parsePrincipal));
    const there = new Set(rows.map(formatPrincipal));
    const missing = references.find((reference) => !there.has(reference));
    if (missing !== undefined) throw new DomainError('not-found', `There is no ${missing}.`);
    return rows;
  }

  private async setRoles(tx: Transaction, row: PrincipalRow, roles: readonly string[]): Promise<void> {
    for (const name of ROLES) {
      const role = await this.get(tx, `role:${name}`);
      if (roles.includes(name)) await this.principals.addMembers(tx, role.id, [row.id]);
      else await this.principals.removeMembers(tx, role.id, [row.id]);
    }
  }

  private change<T>(
    actor: Actor,
    what: string,
    name: string,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction({ role: 'api', ...actor }, async (tx) => {
      const result = await work(tx);
      const payload = { what, name };
      await recordLeaf(tx, actor.tenant, { type: 'identity.change', actor: actor.person || null, payload });
      return result;
    });
  }
}

function view(group: PrincipalRow, members: readonly PrincipalRow[], memberCount: number): Group {
  return { name: group.name, title: group.displayName, members: members.map(formatPrincipal), memberCount };
}

const nextOf = (rows: readonly PrincipalRow[], { limit }: PageQuery): string | null =>
  rows.length < limit ? null : (rows.at(-1)?.name ?? null);

function person(row: PrincipalRow, roles: { personId: number; role: string }[]): Person {
  const own = roles.filter((entry) => entry.personId === row.id).map((entry) => entry.role);
  return { name: row.name, displayName: row.displayName, email: row.email, active: row.active, roles: own };
}

async function invite(tx: Transaction, row: PrincipalRow): Promise<Invitation> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(Date.now() + INVITATION_DAYS * 86_400_000);
  await tx.run(sql`delete from invitation where tenant_id = current_tenant() and person_id = ${row.id}`);
  await tx.run(sql`insert into invitation (tenant_id, token_hash, person_id, expires_at)
    values (current_tenant(), ${createHash('sha256').update(token).digest()}, ${row.id}, ${expiresAt})`);
  return { name: row.name, token, path: `/invite?token=${token}`, expiresAt: expiresAt.toISOString() };
}
