import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { Database } from './database.js';
import { migrate } from './migrator.js';
import { sql } from './sql.js';

// Connections of the embedded server share a session, where no statement can be kept.
const servers = databases().flatMap((kind) => [
  { kind, prepares: false },
  ...(kind === 'native' ? [{ kind, prepares: true }] : []),
]);

describe.each(servers)('statements that are sent together on %o', ({ kind, prepares }) => {
  let stack: Stack;
  let database: Database;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database({ ...stack.connection, prepares });
  }, 120_000);
  afterAll(async () => {
    await database.close();
    await stack.stop();
  });

  const owner = { role: 'owner', tenant: 1 } as const;
  const tenants = (): Promise<{ name: string }[]> =>
    database.transaction(owner, (tx) => tx.many(sql`select name from tenant order by name`));

  it('answers statements that were sent together in their order', async () => {
    const numbers = await database.transaction(owner, (tx) =>
      Promise.all([1, 2, 3].map((n) => tx.one<{ n: number }>(sql`select ${n}::int as n`))),
    );
    expect(numbers).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('keeps nothing of statements that were sent together with one that fails, and gives its reason', async () => {
    const before = await tenants();
    const failing = database.transaction(owner, (tx) =>
      Promise.all([
        tx.run(sql`insert into tenant values (7, 'seven')`),
        tx.run(sql`select 1 / 0`),
        tx.run(sql`insert into tenant values (8, 'eight')`),
      ]),
    );
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await tenants()).toEqual(before);
  });

  it('goes on with statements of which one was not taken in', async () => {
    const fails = (): Promise<unknown> =>
      database.transaction(owner, (tx) =>
        Promise.all([
          tx.run(sql`select 1 / 0`),
          tx.many(sql`select 'new' as text, ${kind} as kind`),
          tx.many(sql`select 'new' as text, ${kind} as kind`),
        ]),
      );
    await expect(fails()).rejects.toMatchObject({ code: '22012' });
    await expect(fails()).rejects.toMatchObject({ code: '22012' });
    const found = await database.transaction(owner, (tx) =>
      tx.one(sql`select 'new' as text, ${kind} as kind`),
    );
    expect(found).toEqual({ text: 'new', kind });
  });

  it('law-2: plans a statement that it keeps for the role and identity of each transaction', async () => {
    const seen = (tenant: number, role: 'api' | 'agent'): Promise<string> =>
      database
        .transaction({ role, tenant }, (tx) =>
          tx.one<{ seen: string }>(sql`select current_user || current_tenant() as seen`),
        )
        .then((row) => row.seen);
    for (let turn = 0; turn < 8; turn += 1) {
      expect(await seen(1, 'api')).toBe('belay_api1');
      expect(await seen(2, 'agent')).toBe('belay_agent2');
    }
  });

  it('goes on where a connection lost what it kept', async () => {
    const one = new Database({ ...stack.connection, prepares, max: 1 });
    const kept = (): Promise<unknown> =>
      one.transaction(owner, (tx) => tx.one(sql`select name from tenant where tenant_id = ${1}`));
    expect(await kept()).toEqual({ name: 'default' });
    await one.transaction(owner, (tx) => tx.run(sql`deallocate all`));
    expect(await kept()).toEqual({ name: 'default' });
    await one.close();
  });

  it('gives the row that is locked with the opening, and nothing where that is refused', async () => {
    const lock = sql`select name from tenant where tenant_id = 1 for update`;
    const name = await database.transaction({ ...owner, lock }, (_, row: { name: string } | undefined) =>
      Promise.resolve(row?.name),
    );
    expect(name).toBe('default');
    const refused = database.transaction({ role: 'nobody' as 'api', tenant: 1, lock }, () =>
      Promise.reject(new Error('is not run')),
    );
    await expect(refused).rejects.toMatchObject({ code: '22023' });
  });

  it('writes nothing where nothing is to be written', async () => {
    const writing = database.transaction({ ...owner, readOnly: true }, (tx) =>
      tx.run(sql`insert into tenant values (9, 'nine')`),
    );
    await expect(writing).rejects.toMatchObject({ code: '25006' });
  });

  it('law-1: what reads is sent with its role and identity, and gives nothing where they are refused', async () => {
    const refused = database.transaction({ role: 'nobody' as 'reader', tenant: 1, person: 1 }, (tx) =>
      tx.many(sql`select name from tenant`),
    );
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^(22023|25P02)$/) });
    const silent = database.transaction(
      { role: 'nobody' as 'reader', tenant: 1, person: 1, readOnly: true },
      (tx) => tx.many(sql`select name from tenant`).catch(() => []),
    );
    await expect(silent).rejects.toMatchObject({ code: '22023' });
    // The connection is clean again.
    const own = await database.transaction({ role: 'api', tenant: 1 }, (tx) =>
      tx.one<{ role: string }>(sql`select current_user as role`),
    );
    expect(own.role).toBe('belay_api');
  });
});
