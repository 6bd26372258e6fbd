import { loadConfig } from '@belay/config';
import { migrate, provideLogins } from '@belay/database';
import type { Context } from '../context.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';

/** Migrates a database of one's own and makes the logins of api, worker and agent, which run there without the supervisor. */
export async function migrateDatabase(context: Context): Promise<ExitCode> {
  const { databaseUrl, loginPasswords } = loadConfig(context.environment);
  if (databaseUrl === undefined) {
    throw new CliError(
      'Set BELAY_DATABASE_URL; the embedded database is migrated by: ./belay up',
      EXIT.usage,
    );
  }
  const applied = await migrate({ connectionString: databaseUrl });
  await provideLogins(databaseUrl, loginPasswords);
  context.print(applied.length > 0 ? sayMigrated(applied) : 'The database is up to date.');
  return EXIT.ok;
}

/** What was done to a database: how many migrations, and how far it is with the last of them. */
export function sayMigrated(applied: readonly string[]): string {
  const count = applied.length === 1 ? '1 migration' : `${applied.length} migrations`;
  return `Migrated the database: ${count}, the last is ${applied.at(-1) ?? 'none'}.`;
}
