import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dumpSchema, SCHEMA_FILE } from '@belay/testing/dump-schema';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import pg from 'pg';
import { makeTemplates } from './embedded/template.js';
import { digestOfMigrations, migrate, migrationsFolder } from './migrator.js';

const migrations = readdirSync(migrationsFolder())
  .filter((name) => /^\d{6}_/.test(name))
  .sort();

describe.each(databases())('migrations on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let folder: string;

  beforeAll(async () => {
    stack = await startStack(kind, { isEmpty: true });
    folder = mkdtempSync(join(tmpdir(), 'belay-migrations-'));
  }, 120_000);
  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function query(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(stack.connection);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }
  const names = async (): Promise<unknown[]> =>
    (await query('select name from belay_migration order by name')).map((row) => row['name']);
  /** A folder with the migrations of this checkout, to be changed by one test. */
  function copyOfMigrations(): string {
    const copy = mkdtempSync(join(folder, 'copy-'));
    cpSync(migrationsFolder(), copy, { recursive: true });
    return copy;
  }

  it('bring an empty database to this version, and do nothing the second time', async () => {
    expect(await migrate(stack.connection)).toEqual(migrations);
    expect(await names()).toEqual(migrations);
    expect(await migrate(stack.connection)).toEqual([]);
    expect(await names()).toEqual(migrations);
  });

  it('that were changed after they ran are refused', async () => {
    const copy = copyOfMigrations();
    appendFileSync(join(copy, migrations[0] as string), '\n-- changed\n');
    await expect(migrate(stack.connection, copy)).rejects.toMatchObject({
      code: 'database.unsupported',
      message: expect.stringContaining(`Migration ${migrations[0]} was changed after it ran`),
    });
  });

  it('that fail leave nothing behind, and run once they are right', async () => {
    const copy = copyOfMigrations();
    const added = join(copy, '000999_later.sql');
    writeFileSync(added, 'create table later_thing (id int); select 1 / 0;');
    await expect(migrate(stack.connection, copy)).rejects.toThrow(/division by zero/);
    expect(await query(`select to_regclass('later_thing') as found`)).toEqual([{ found: null }]);
    expect(await names()).toEqual(migrations);
    writeFileSync(added, 'create table later_thing (id int);');
    expect(await migrate(stack.connection, copy)).toEqual(['000999_later.sql']);
  });

  it('of a newer Belay are refused, and the data stays as it is', async () => {
    const before = await names();
    expect(before).toContain('000999_later.sql');
    await expect(migrate(stack.connection)).rejects.toMatchObject({
      code: 'database.unsupported',
      message: expect.stringContaining('written by a newer Belay (000999_later.sql)'),
    });
    expect(await names()).toEqual(before);
  });
});

it('a new embedded database begins migrated, and is judged as any other', async () => {
  await makeTemplates();
  const stack = await startStack('embedded');
  const folder = mkdtempSync(join(tmpdir(), 'belay-migrations-'));
  try {
    expect(await migrate(stack.connection)).toEqual([]);
    cpSync(migrationsFolder(), folder, { recursive: true });
    appendFileSync(join(folder, migrations.at(-1) as string), '\n-- changed\n');
    await expect(migrate(stack.connection, folder)).rejects.toThrow(/was changed after it ran/);
    expect(digestOfMigrations(folder)).not.toBe(digestOfMigrations());
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

// pg_dump needs a native server; embedded PostgreSQL runs the same files.
(databases().includes('native') ? describe : describe.skip)('migrations/schema.sql', () => {
  it('is what the migrations make ("npm run schema" writes it anew)', async () => {
    const stack = await startStack('native', { isEmpty: true });
    try {
      await migrate(stack.connection);
      expect(dumpSchema(stack.connection.connectionString as string)).toBe(readFileSync(SCHEMA_FILE, 'utf8'));
    } finally {
      await stack.stop();
    }
  }, 120_000);
});
