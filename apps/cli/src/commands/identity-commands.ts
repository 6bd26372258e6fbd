import { ApiKey, Group, Invitation, Member, Person, sayTime } from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { addPeopleImport } from './import-command.js';
import { type CommonFlags, connect, linkTo, overHttp, show } from './session.js';

const Next = z.string().nullable();
const People = z.object({ people: z.array(Person), next: Next });
const Groups = z.object({ groups: z.array(Group), next: Next });
const Members = z.object({ members: z.array(Member), next: Next });
const Keys = z.object({ keys: z.array(ApiKey) });

interface ListFlags extends CommonFlags {
  readonly search?: string;
}

/** Reads a list page by page to its end. */
async function all<Row>(
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
  read: (path: string) => Promise<{ rows: Row[]; next: string | null }>,
): Promise<Row[]> {
  const given = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  const found: Row[] = [];
  for (let after: string | null = ''; after !== null;) {
    const query = new URLSearchParams([...given, ['limit', '500'], ['after', after]]);
    const page: { rows: Row[]; next: string | null } = await read(`${path}?${query.toString()}`);
    found.push(...page.rows);
    after = page.next;
  }
  return found;
}

/** `people`, `groups` and `keys`. */
export function addIdentityCommands(program: Command, context: Context): void {
  addPeople(program, context);
  addGroups(program, context);
  addKeys(program, context);
}

function addPeople(program: Command, context: Context): void {
  const people = program.command('people').description('who may sign in');
  const line = (row: Person): string =>
    `${row.name}  ${row.displayName}  ${row.roles.join(', ')}${row.active ? '' : '  (inactive)'}`;
  const inWords = ({ path }: Invitation): string =>
    `Invitation, once and for seven days: ${linkTo(path, context)}`;
  overHttp(people.command('list').description('everybody, with roles'))
    .option('--search <text>', 'a part of a name or an address')
    .action(async (flags: ListFlags) => {
      const client = connect(flags, context);
      const rows = await all('people', { search: flags.search }, async (path) => {
        const page = await client.call(path, People);
        return { rows: page.people, next: page.next };
      });
      show(context, flags, { people: rows }, rows.map(line));
    });
  addPeopleImport(people, context);
  overHttp(people.command('add <name>').description('add a person; prints a link for choosing a password'))
    .requiredOption('--display-name <text>', 'full name')
    .option('--role <role...>', 'member, developer, approver, admin')
    .action(async (name: string, flags: CommonFlags & { displayName: string; role?: string[] }) => {
      const body = { name, displayName: flags.displayName, ...(flags.role ? { roles: flags.role } : {}) };
      const invitation = await connect(flags, context).call('people', Invitation, { method: 'POST', body });
      show(context, flags, invitation, [inWords(invitation)]);
    });
  overHttp(people.command('invite <name>').description('a new link for choosing a password')).action(
    async (name: string, flags: CommonFlags) => {
      const invitation = await connect(flags, context).call(
        `people/${encodeURIComponent(name)}/invitation`,
        Invitation,
        {
          method: 'POST',
        },
      );
      show(context, flags, invitation, [inWords(invitation)]);
    },
  );
  for (const [verb, active, what] of [
    ['activate', true, 'let somebody sign in again, with a new invitation'],
    ['deactivate', false, 'end the sessions, invitations and keys of somebody, for good'],
  ] as const) {
    overHttp(people.command(`${verb} <name>`).description(what)).action(
      async (name: string, flags: CommonFlags) => {
        const row = await connect(flags, context).call(`people/${encodeURIComponent(name)}`, Person, {
          method: 'PATCH',
          body: { active },
        });
        show(context, flags, row, [line(row)]);
      },
    );
  }
}

function addGroups(program: Command, context: Context): void {
  const groups = program.command('groups').description('groups of people and groups');
  const line = (row: Group): string => {
    const more = row.memberCount - row.members.length;
    return `${row.name}  ${row.title}: ${row.members.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
  addGroupLists(groups, context, line);
  overHttp(groups.command('add <name>').description('make a group without members'))
    .option('--title <text>', 'what people read')
    .action(async (name: string, flags: CommonFlags & { title?: string }) => {
      const body = { name, title: flags.title ?? name };
      const row = await connect(flags, context).call('groups', Group, { method: 'POST', body });
      show(context, flags, row, [line(row)]);
    });
  overHttp(
    groups.command('members <name>').description('put people and groups into a group, or take them out'),
  )
    .option('--add <principal...>', 'person:NAME or group:NAME')
    .option('--remove <principal...>', 'person:NAME or group:NAME')
    .action(async (name: string, flags: CommonFlags & { add?: string[]; remove?: string[] }) => {
      const body = { add: flags.add ?? [], remove: flags.remove ?? [] };
      const row = await connect(flags, context).call(`groups/${encodeURIComponent(name)}/members`, Group, {
        method: 'POST',
        body,
      });
      show(context, flags, row, [line(row)]);
    });
}

function addGroupLists(groups: Command, context: Context, line: (row: Group) => string): void {
  overHttp(groups.command('list').description('groups, with the number of members'))
    .option('--search <text>', 'a part of a name')
    .action(async (flags: ListFlags) => {
      const client = connect(flags, context);
      const rows = await all('groups', { search: flags.search }, async (path) => {
        const page = await client.call(path, Groups);
        return { rows: page.groups, next: page.next };
      });
      show(context, flags, { groups: rows }, rows.map(line));
    });
  overHttp(groups.command('show <name>').description('everybody who is in it, also through other groups'))
    .option('--search <text>', 'a part of a name')
    .action(async (name: string, flags: ListFlags) => {
      const client = connect(flags, context);
      const filter = { search: flags.search, of: 'all' };
      const rows = await all(`groups/${encodeURIComponent(name)}/members`, filter, async (path) => {
        const page = await client.call(path, Members);
        return { rows: page.members, next: page.next };
      });
      show(context, flags, { members: rows }, rows.map(memberLine));
    });
}

function memberLine({ principal, displayName, direct, through }: Member): string {
  const way = through.length > 0 ? `  (${direct ? 'also ' : ''}through ${through.join(', ')})` : '';
  return `${principal}  ${displayName}${way}`;
}

function addKeys(program: Command, context: Context): void {
  const keys = program.command('keys').description('your own API keys');
  overHttp(
    keys.command('list').description('your keys; their text is shown once only, when they are made'),
  ).action(async (flags: CommonFlags) => {
    const listed = await connect(flags, context).call('api-keys', Keys);
    show(
      context,
      flags,
      listed,
      listed.keys.map(
        (row) => `${row.id}  ${row.label}  ${row.actions.join(', ')}  until ${sayTime(row.expiresAt)}`,
      ),
    );
  });
  overHttp(keys.command('add <label>').description('make a key that acts as you'))
    .requiredOption('--action <action...>', 'ask, read, write, administer')
    .option('--days <number>', 'how long it works', '90')
    .action(async (label: string, flags: CommonFlags & { action: string[]; days: string }) => {
      const body = { label, actions: flags.action, days: Number(flags.days) };
      const made = await connect(flags, context).call('api-keys', ApiKey, { method: 'POST', body });
      show(context, flags, made, [`${made.key}`, 'Keep it: it is not shown again.']);
    });
  overHttp(keys.command('revoke <id>').description('end a key at once')).action(
    async (id: string, flags: CommonFlags) => {
      await connect(flags, context).run(`api-keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
      show(context, flags, { id }, ['Revoked.']);
    },
  );
}
