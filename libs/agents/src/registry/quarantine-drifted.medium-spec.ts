import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ToolContract } from '@belay/contracts';
import { Database, migrate, sql } from '@belay/database';
import { IdentityService } from '@belay/identity';
import { DEFINITION, hostileContract } from '@belay/testing/hostile-peer';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { digestOf } from '../contracts/canonical-json.js';
import { installArtifact } from '../peers/install-artifact.js';
import { PeerPool } from '../peers/peer-pool.js';
import { quarantineDrifted } from './quarantine-drifted.js';

jest.setTimeout(120_000);

describe.each(databases())('a server that changes while nobody calls it, on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  let home: string;
  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
    await new IdentityService(database).prepareTenant(1);
    home = mkdtempSync(join(tmpdir(), 'belay-drift-'));
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await stack?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 60_000);

  it('has its contract quarantined, with the difference, and a leaf', async () => {
    const owner = { role: 'owner', tenant: 1 } as const;
    const artifact = await installArtifact('libs/testing/hostile-peer', home, process.cwd());
    const contract = ToolContract.parse(hostileContract(artifact, '2025', 'changes-after-list', 'drift'));
    const [document, definition] = [JSON.stringify(contract), JSON.stringify(DEFINITION)];
    await database.transaction(owner, (tx) =>
      tx.run(sql`
        with people as (insert into principal (tenant_id, kind, name, display_name)
          values (1, 'person', 'one', 'One'), (1, 'person', 'two', 'Two') returning principal_id)
        insert into tool_contract (tenant_id, contract, version, digest, document, definition, state, registered_by, approved_by)
        select 1, ${contract.contract}, ${contract.version}, ${digestOf(contract)}, ${document}::jsonb,
          ${definition}::jsonb, 'approved', min(principal_id), max(principal_id) from people`),
    );
    const found: Promise<void>[] = [];
    const pool = new PeerPool(home, {
      onDrift: (drifted, changes) => void found.push(quarantineDrifted(database, 1, drifted, changes)),
    });
    const call = { holder: '1:1', contract, definition: DEFINITION, arguments: {}, key: 'k' };
    expect(await pool.call(call)).toMatchObject({ kind: 'result' });
    while (found.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(found);
    await quarantineDrifted(database, 1, contract, []);
    await pool.close();
    const rows = await database.transaction(owner, (tx) =>
      tx.many(sql`select c.state, d.changes,
          (select count(*)::int from audit_leaf l where l.header like '%tool.drift%') as leaves
        from tool_contract c join tool_drift d using (tenant_id, contract, version)`),
    );
    expect(rows).toEqual([
      {
        state: 'quarantined',
        changes: [{ at: '/description', was: 'Does it', is: 'Does something else' }],
        leaves: 1,
      },
    ]);
  });
});
