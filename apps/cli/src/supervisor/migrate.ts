import { loadConfig } from '@belay/config';
import { migrate } from '@belay/database';
import type { Context } from '../context.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';

/** Migrates a database of one's own, where api and worker run without the supervisor. */
export async function migrateDatabase(context: Context): Promise<ExitCode> {
  const { databaseUrl } = loadConfig(context.environment);
  if (databaseUrl === undefined) {
    throw new CliError(
      'Set BELAY_DATABASE_URL; the embedded database is migrated by: ./belay up',
      EXIT.usage,
    );
  }
  const applied = await migrate({ connectionString: databaseUrl });
  context.print(applied.length > 0 ? `Migrated: ${applied.join(', ')}` : 'The database is up to date.');
  return EXIT.ok;
}
