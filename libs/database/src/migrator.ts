import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DomainError } from '@belay/errors';
import pg from 'pg';
import type { Connection } from './database.js';

const ROLES = ['belay_owner', 'belay_api', 'belay_worker', 'belay_reader', 'belay_agent'];
// Sent as text: connections of the embedded server share a session, in which others replace what one has parsed.
const LOCK = 7420;

/** The folder of the migrations of this checkout. */
export function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'migrations')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'migrations');
}

/** What the migrations of a folder are known by together. */
export function digestOfMigrations(folder = migrationsFolder()): string {
  const hash = createHash('sha256');
  for (const name of filesIn(folder)) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

/**
 * Brings a database to this version: checks the server, makes the roles, runs each new `.sql` file in a
 * transaction of its own. Refuses a changed or a newer migration. Safe to run by several processes at once.
 */
export async function migrate(connection: Connection, folder = migrationsFolder()): Promise<string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await checkServer(client);
    await client.query(`select pg_advisory_lock(${LOCK})`);
    await prepare(client);
    const applied = await runNew(client, folder);
    await checkWalls(client);
    await client.query(`select pg_advisory_unlock(${LOCK})`);
    return applied;
  } finally {
    await client.end();
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; vector: string | null }>(
    `select current_setting('server_version_num')::int as version,
       (select default_version from pg_available_extensions where name = 'vector') as vector`,
  );
  const [row] = rows;
  if (!row || row.version < 150000) {
    throw new DomainError(
      'database.unsupported',
      `Belay needs PostgreSQL 15 or newer; this is ${row?.version}.`,
    );
  }
  if (!isRecentVector(row.vector)) {
    const found = row.vector === null ? 'is not installed' : `is ${row.vector}`;
    throw new DomainError('database.unsupported', `Belay needs pgvector 0.8 or newer; here it ${found}.`);
  }
}

function isRecentVector(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '0.0').split('.').map(Number);
  return major > 0 || minor >= 8;
}

async function prepare(client: pg.Client): Promise<void> {
  await client.query('create extension if not exists vector');
  for (const role of ROLES) {
    await client.query(`do $$ begin create role ${role} nologin;
      exception when duplicate_object or unique_violation then null; end $$`);
    await client.query(`do $$ begin execute format('grant ${role} to %I', current_user);
      exception when others then null; end $$`);
  }
  await client.query('grant usage, create on schema public to belay_owner');
  await client.query('grant usage on schema public to belay_api, belay_worker, belay_reader, belay_agent');
  await client.query(`create table if not exists belay_migration (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{6}_.*\.sql$/.test(name))
    .sort();
}

async function runNew(client: pg.Client, folder: string): Promise<string[]> {
  const files = filesIn(folder);
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from belay_migration',
  );
  const known = new Map(rows.map((row) => [row.name, row.sha256]));
  const unknown = [...known.keys()].filter((name) => !files.includes(name));
  if (unknown.length > 0) {
    throw new DomainError(
      'database.unsupported',
      `This data was written by a newer Belay (${unknown.join(', ')}). Start that version; nothing was changed.`,
    );
  }
  const applied: string[] = [];
  for (const name of files) {
    const text = readFileSync(join(folder, name), 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    if (known.get(name) === sha256) continue;
    if (known.has(name)) {
      throw new DomainError(
        'database.unsupported',
        `Migration ${name} was changed after it ran. Restore the file.`,
      );
    }
    await runOne(client, name, text, sha256);
    applied.push(name);
  }
  return applied;
}

async function runOne(client: pg.Client, name: string, text: string, sha256: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local role belay_owner; set local belay.tenant = '1'`);
    await client.query(text);
    await client.query('reset role');
    await client.query('insert into belay_migration (name, sha256) values ($1, $2)', [name, sha256]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

// The second wall stands only if the reader is nobody special: checked at every start, refused otherwise.
async function checkWalls(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ problem: string }>(`
    select 'role ' || rolname || ' is superuser or bypasses row security' as problem
    from pg_roles where rolname like 'belay\\_%' and (rolsuper or rolbypassrls)
    union all
    select 'role belay_reader owns ' || relname from pg_class c join pg_roles r on r.oid = c.relowner
    where r.rolname = 'belay_reader'
    union all
    select 'row security is not forced on ' || relname from pg_class
    where relname in ('document', 'document_version', 'document_original', 'document_part', 'chunk', 'posting',
      'term_scope', 'scope_language')
      and relnamespace = 'public'::regnamespace and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)`);
  if (rows.length > 0) {
    const problems = rows.map((row) => row.problem).join('; ');
    throw new DomainError('database.unsupported', `The database does not protect content: ${problems}.`);
  }
}
