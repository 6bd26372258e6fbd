import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { RunsQuery } from '@belay/contracts';
import { Database, migrate, sql, type Transaction } from '@belay/database';
import { IdentityService } from '@belay/identity';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { SEARCH_CONTRACT, SEARCH_DIGEST } from '../documents/search-contract.js';
import { RunRepository } from './run.repository.js';
import { RunVault } from './run-vault.js';
import { RunViewRepository } from './run-view.repository.js';

// What is read of tables that grow with every run: by counts of rows, not by time.
jest.setTimeout(60_000);
const MANY = 5000;

describe.each(databases())('of very many rows on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let vault: RunVault;
  let person: number;
  const asOwner = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    database.transaction({ role: 'owner', tenant: 1 }, work);
  /** How many rows of a table this connection has read lately: in its transaction, and in some before it. */
  const readOf = async (tx: Transaction, table: string): Promise<number> => {
    const { rows } = await tx.one<{ rows: number }>(sql`select (coalesce(seq_tup_read, 0)
      + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_xact_user_tables where relname = ${table}`);
    return rows;
  };

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    vault = new RunVault(loadConfig(stack.environment).home);
    await new IdentityService(database).prepareTenant(1);
    person = await asOwner(async (tx) => {
      await tx.run(
        sql`insert into principal (tenant_id, kind, name, display_name) values (1, 'person', 'ada', 'Ada')`,
      );
      const { id } = await tx.one<{ id: number }>(
        sql`select principal_id as id from principal where name = 'ada'`,
      );
      await tx.run(sql`insert into agent_run (tenant_id, run_id, requester_id, title, planner, budget, state, created_at)
        select 1, gen_random_uuid(), ${id}, 'Old', 'person', 1, 'completed', now() - n * interval '1 minute'
        from generate_series(1, ${MANY}) n`);
      await tx.run(sql`insert into kill_switch (tenant_id, scope, target, reason)
        select 1, 'run', run_id::text, 'ada stopped it.' from agent_run where tenant_id = 1`);
      return id;
    });
    for (const table of ['agent_run', 'kill_switch'])
      await asOwner((tx) => tx.run(sql`analyze ${sql.identifier(table)}`));
  }, 60_000);
  afterAll(async () => {
    await database?.close();
    await stack?.stop();
  }, 60_000);

  it('an intent reads no switch of other runs, however many one person stopped', async () => {
    const asked = { run: '00000000-0000-4000-8000-000000000000', requester: person, requesterName: 'ada' };
    await database.transaction({ role: 'agent', tenant: 1 }, async (tx) => {
      const of = { ...asked, contract: SEARCH_CONTRACT, digest: SEARCH_DIGEST };
      const before = await readOf(tx, 'kill_switch');
      expect(await new RunRepository(vault).guard(tx, of)).toMatchObject({ kill: null, isOnlyOwn: true });
      expect((await readOf(tx, 'kill_switch')) - before).toBeLessThan(10);
    });
  });

  it('a page of the runs of everybody reads little more than it shows', async () => {
    const views = new RunViewRepository(vault);
    const query = RunsQuery.parse({ limit: 20 });
    await asOwner((tx) =>
      tx.run(sql`insert into principal_closure (tenant_id, member_id, principal_id)
        select 1, ${person}, principal_id from principal where tenant_id = 1 and kind = 'role' and name = 'admin'
        on conflict do nothing`),
    );
    await database.transaction({ role: 'api', tenant: 1, person }, async (tx) => {
      const before = await readOf(tx, 'agent_run');
      const first = await views.list(tx, query, null);
      const last = first.at(-1);
      const next = await views.list(tx, { ...query, after: `${last?.at}-${last?.id}` }, null);
      expect(new Set([...first, ...next].map(({ id }) => id)).size).toBe(40);
      expect((await readOf(tx, 'agent_run')) - before).toBeLessThan(200);
    });
  });
});
