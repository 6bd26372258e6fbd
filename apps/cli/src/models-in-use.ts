import { existsSync } from 'node:fs';
import type { Config } from '@belay/config';
import { Database, embeddedConnection, sql } from '@belay/database';
import { CliError, EXIT } from './failure.js';
import { homeFiles } from './supervisor/plan.js';

const TENANT = 1;
const MISSING_TABLE = '42P01';
const MISSING_ROLE = '22023';

/** A model that a generation of the index is made with, and what that generation is. */
export interface ModelInUse {
  readonly model: string;
  readonly state: 'building' | 'active' | 'standby';
}

/** The models of all generations in a database. */
export async function modelsInUse(
  connection: ConstructorParameters<typeof Database>[0],
): Promise<ModelInUse[]> {
  const database = new Database(connection);
  try {
    return await database.transaction({ role: 'worker', tenant: TENANT }, (tx) =>
      tx.many<ModelInUse>(sql`
        select model_id as model, state from embedding_generation where tenant_id = current_tenant()
        order by generation_id`),
    );
  } finally {
    await database.close();
  }
}

const WHAT_TO_DO = {
  active: 'the index is searched with it. Change to another model first: ./belay models use MODEL',
  building:
    'an index is being built with it. Wait until it is searched, or end it: ./belay models drop GENERATION',
  standby: 'the former index, made with it, stands by. Delete that first: ./belay models drop GENERATION',
} as const;

/**
 * Throws while a generation is made with this model. A database that exists but does not answer is no reason to
 * believe that none is.
 */
export async function refuseInUse(id: string, config: Config): Promise<void> {
  const { databaseUrl, home, sockets } = config;
  if (databaseUrl === undefined && !existsSync(homeFiles(home).postgres)) return;
  const connection = databaseUrl ? { connectionString: databaseUrl } : embeddedConnection(sockets);
  const found = await modelsInUse(connection).catch((error: unknown) => {
    const { code } = error as { code?: string };
    if (code === MISSING_TABLE || code === MISSING_ROLE) return [];
    throw new CliError(
      `Whether the index is made with ${id} cannot be seen while the database does not run. Nothing was removed. ` +
        'Start Belay (npm start, or ./belay up), then remove the model.',
      EXIT.unreachable,
    );
  });
  const use = found.find(({ model }) => model === id);
  if (use) throw new CliError(`${id} is in use: ${WHAT_TO_DO[use.state]}`);
}
