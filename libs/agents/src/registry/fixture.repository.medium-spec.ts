import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Database, migrate, sql } from '@belay/database';
import { IdentityService } from '@belay/identity';
import { type Stack, startStack } from '@belay/testing/stack';
import { ForgottenValues } from '../runs/forgotten-values.repository.js';

jest.setTimeout(60_000);
let stack: Stack;
let database: Database;
beforeAll(async () => {
  stack = await startStack('embedded');
  await migrate(stack.connection);
  database = new Database(stack.connection);
  await new IdentityService(database).prepareTenant(1);
}, 60_000);
afterAll(async () => {
  await database?.close();
  await stack?.stop();
}, 60_000);

it('recorded calls are forgotten when their contract keeps them no longer', async () => {
  const owner = { role: 'owner', tenant: 1 } as const;
  const document = JSON.stringify({ retentionDays: 7 });
  await database.transaction(owner, (tx) =>
    tx.run(sql`
      with people as (insert into principal (tenant_id, kind, name, display_name)
          values (1, 'person', 'one', 'One') returning principal_id as id),
        contract as (insert into tool_contract (tenant_id, contract, version, digest, document, definition, registered_by)
          select 1, 'desk.find', '1.0.0', 'd', ${document}::jsonb, '{}', id from people returning contract)
      insert into tool_fixture (tenant_id, contract, version, name, kind, input, is_partial, output, recorded_by, recorded_at)
      select 1, c.contract, '1.0.0', f.name, 'call', '', false, '', p.id, now() - f.age
      from people p, contract c, (values ('old', interval '8 days'), ('new', interval '6 days')) as f (name, age)`),
  );
  await database.transaction({ role: 'agent', tenant: 1 }, (tx) =>
    new ForgottenValues().forgetRecordedCalls(tx),
  );
  const left = await database.transaction(owner, (tx) => tx.many(sql`select name from tool_fixture`));
  expect(left).toEqual([{ name: 'new' }]);
});
