import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { Database } from './database.js';
import { migrate } from './migrator.js';
import { sql } from './sql.js';
import type { Transaction } from './transaction.js';

describe.each(databases())('transactions on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;
  const asApi = { role: 'api', tenant: 1 } as const;
  const who = sql`select current_user as role, session_user as login`;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await stack?.stop();
  }, 60_000);

  // Its connection is the pool's again, without a role, or in the transaction of somebody else.
  it('law-1: are over for whoever still holds them, whether they failed or not', async () => {
    const held: Transaction[] = [];
    let late: Promise<unknown> = Promise.resolve();
    const failing = database.transaction(asApi, async (tx) => {
      held.push(tx);
      late = new Promise((resolve) => setTimeout(resolve, 50)).then(() => tx.many(who));
      late.catch(() => undefined);
      await Promise.all([late, Promise.reject(new Error('no'))]);
    });
    await expect(failing).rejects.toThrow('no');
    await expect(late).rejects.toThrow('after the end');
    await database.transaction(asApi, async (tx) => void held.push(tx));
    for (const tx of held) await expect(tx.many(who)).rejects.toThrow('after the end');
  });

  it('law-5: fail alone where their connection breaks in the middle', async () => {
    const broken = database.transaction(asApi, async (tx) => {
      const { client } = tx as unknown as { client: PoolClient };
      const { stream } = client.connection;
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.destroy();
      await closed;
      return tx.many(who);
    });
    await expect(broken).rejects.toThrow();
    expect(await database.transaction(asApi, (tx) => tx.one(who))).toMatchObject({ role: 'belay_api' });
  });

  it('law-4: that failed are never taken for committed', async () => {
    const swallowed = database.transaction(asApi, async (tx) => {
      await tx.run(sql`select 1 / 0`).catch(() => undefined);
      return 'kept';
    });
    await expect(swallowed).rejects.toThrow('rolled back');
  });

  // On a native server it is on unless somebody turned it off, and begins where a corpus is large.
  it.each(['api', 'worker', 'agent', 'reader', 'owner'] as const)(
    'let no statement of %s be compiled before it is run',
    async (role) => {
      const jit = await database.transaction({ role, tenant: 1, person: 1 }, (tx) =>
        tx.one(sql`select current_setting('jit') as jit`),
      );
      expect(jit).toEqual({ jit: 'off' });
    },
  );

  // On the embedded server connections share a session, and nothing is kept planned.
  if (kind === 'native')
    it('succeed though all connections kept plans of what was changed since', async () => {
      const keeping = new Database({ ...stack.connection, prepares: true, max: 8 });
      const asOwner = { role: 'owner', tenant: 1 } as const;
      const read = () => keeping.transaction(asOwner, (tx) => tx.many(sql`select * from changing`));
      try {
        await keeping.transaction(asOwner, (tx) => tx.run(sql`create table changing as select 1 as n`));
        let arrived = 0;
        let release: () => void = () => undefined;
        const together = new Promise<void>((resolve) => (release = resolve));
        const held = Array.from({ length: 8 }, () =>
          keeping.transaction(asOwner, async (tx) => {
            await tx.many(sql`select * from changing`);
            arrived += 1;
            if (arrived === 8) release();
            await together;
          }),
        );
        await Promise.all(held);
        await database.transaction(asOwner, (tx) =>
          tx.run(sql`alter table changing alter column n type text`),
        );
        expect(await read()).toEqual([{ n: '1' }]);
      } finally {
        await keeping.transaction(asOwner, (tx) => tx.run(sql`drop table if exists changing`));
        await keeping.close();
      }
    });
});
