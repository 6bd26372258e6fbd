import { describe, expect, it } from '@jest/globals';
import { sql } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { databases } from '@belay/testing/stack';
import { useWorld } from '@belay/testing/two-walls';
import { AccessService } from './access.service.js';

const ROUNDS = 15;

describe.each(databases())('permission changes at once on %s PostgreSQL', (kind) => {
  const given = useWorld(kind);

  it('law-1: no deny is lost and no revoked right kept, whatever the order', async () => {
    const { database, world } = given();
    const access = new AccessService(database);
    const names = { name: 'ann', displayName: 'Ann', roles: [], actions: null };
    const ann: SignedIn = { tenant: world.tenant, person: world.ann, ...names };
    const on = `${world.open.collection}/${world.open.collection}`;
    const derived = (): Promise<object[]> =>
      database.transaction({ role: 'owner', tenant: world.tenant }, async (tx) => {
        await tx.run(sql`alter table scope no force row level security`);
        const rows = await tx.many(sql`select scope_id, allow, deny from scope order by 1`);
        await tx.run(sql`alter table scope force row level security`);
        return rows;
      });
    await database.transaction({ role: 'api', tenant: world.tenant }, (tx) =>
      tx.run(sql`insert into principal (tenant_id, kind, name, display_name)
        values (current_tenant(), 'everyone', 'everyone', 'Everyone')`),
    );
    const change = { on } as const;
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all([
        access.grant(ann, { ...change, principal: 'person:ben', effect: 'deny' }),
        access.grant(ann, { ...change, principal: 'everyone', effect: 'allow' }),
      ]);
      const before = await derived();
      await database.transaction({ role: 'owner', tenant: world.tenant }, (tx) =>
        tx.run(sql`select derive_scope(scope_id) from access_grant`),
      );
      expect(await derived()).toEqual(before);
      await Promise.all([
        access.revoke(ann, { ...change, principal: 'person:ben', effect: 'deny' }),
        access.revoke(ann, { ...change, principal: 'everyone', effect: 'allow' }),
      ]);
    }
  }, 60_000);
});
