import { describe, expect, it } from '@jest/globals';
import { sql } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { databases } from '@belay/testing/stack';
import { useWorld } from '@belay/testing/two-walls';
import { AccessService } from './access.service.js';

describe.each(databases())('managing permissions on %s PostgreSQL', (kind) => {
  const given = useWorld(kind);

  it('law-1: reading a place gives no right over it', async () => {
    const { database, world } = given();
    const access = new AccessService(database);
    const person = (id: number, name: string): SignedIn => ({
      ...{ tenant: world.tenant, person: id, name, displayName: name },
      ...{ roles: [], actions: null },
    });
    const ben = person(world.ben, 'ben');
    const on = `${world.open.collection}/${world.open.collection}`;
    const grants = () =>
      database.transaction({ role: 'api', tenant: world.tenant }, (tx) =>
        tx.many(sql`select * from access_grant order by scope_id, principal_id, effect`),
      );
    const before = await grants();
    const attempts = {
      grant: () => access.grant(ben, { principal: 'person:ben', on, effect: 'allow' }),
      'grant on a document': () =>
        access.grant(ben, { principal: 'person:ben', on: world.open.documentId, effect: 'allow' }),
      revoke: () => access.revoke(ben, { principal: 'person:ann', on, effect: 'allow' }),
      inheritance: () => access.setInheritance(ben, on, false),
      'who can read': () => access.view(ben, on),
      'why another can read': () => access.explain(ben, 'ann', world.open.documentId),
    };
    for (const [attempt, run] of Object.entries(attempts)) {
      const outcome = await run().then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
      expect({ attempt, outcome }).toEqual({ attempt, outcome: 'auth.forbidden' });
    }
    expect(await grants()).toEqual(before);
    expect(await access.explain(ben, 'ben', world.open.documentId)).toMatchObject({ readable: true });
    expect(await access.explain(person(world.ann, 'ann'), 'ben', world.secret.documentId)).toMatchObject({
      readable: false,
    });
  });
});
