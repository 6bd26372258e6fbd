import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate, sql } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { createServices, type Services } from './services.js';

// A document of several index transactions, and what is left of it in places that nobody looks at.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const NUMBERS = Array.from({ length: 2500 }, (_, index) => index);
const inventory = (holder: string): Buffer =>
  Buffer.from(
    NUMBERS.map((n) => `Shelf ${n} of the ${holder} store holds ${(n * 7919) % 9973} jars of plums.`).join(
      '\n\n',
    ),
  );

describe.each(databases())('a large document on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let actor: SignedIn;

  const count = async (table: string): Promise<number> => {
    const counted = { text: `select count(*) as n from ${table} where tenant_id = 1`, values: [] };
    const row = await services.database.transaction({ role: 'worker', tenant: 1 }, (tx) =>
      tx.one<{ n: number }>(counted),
    );
    return row.n;
  };
  async function upload(holder: string): Promise<string> {
    const file = { collection: 'stores', path: 'inventory.txt', bytes: inventory(holder) };
    const { id } = await services.documents.accept(actor, file);
    await ready();
    return id;
  }
  async function ready(): Promise<void> {
    for (let waiting = 1; waiting > 0;) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const progress = await services.documents.progress(actor, undefined);
      expect(progress.failed).toBe(0);
      ({ waiting } = progress);
    }
  }
  const found = async (): Promise<string[]> => {
    const request = {
      query: 'store jars of plums',
      limit: 100,
      route: 'hybrid',
      unit: 'passage',
      copies: 'keep',
    } as const;
    return (await services.retrieval.search(actor, request)).map(({ text }) => text);
  };

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info' };
    await stack.start(process.execPath, [WORKER], 'worker.ready', environment);
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    const ada = { name: 'ada', displayName: 'Ada', roles: ['member' as const] };
    await services.identity.addPerson({ tenant: 1, person: 0 }, ada);
    const session = await services.sessions.signInDemo(1, 'ada');
    actor = (await services.sessions.authenticate(1, { session })) as SignedIn;
    await services.collections.create(actor, { name: 'stores', title: 'Stores' });
  }, 120_000);
  afterAll(async () => {
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('is not overwritten by a former version that takes longer', async () => {
    const place = { collection: 'stores', path: 'notice.txt' };
    const { id } = await services.documents.accept(actor, { ...place, bytes: inventory('eastern') });
    await services.documents.accept(actor, { ...place, bytes: Buffer.from('The eastern store is closed.') });
    await ready();
    expect(await services.documents.content(actor, id, undefined)).toMatchObject({
      text: 'The eastern store is closed.',
    });
    expect(await found()).toEqual(['The eastern store is closed.']);
    expect(await count('chunk')).toBe(1);
    await services.documents.delete(actor, id);
  }, 120_000);

  it('is replaced as a whole, and its text outlives it nowhere, the statistics of the planner included', async () => {
    const id = await upload('northern');
    const first = await count('chunk');
    expect(first).toBeGreaterThan(150);
    expect((await found()).every((text) => text.includes('northern'))).toBe(true);
    expect(await upload('southern')).toBe(id);
    expect((await found()).every((text) => text.includes('southern'))).toBe(true);
    expect(await found()).toHaveLength(100);
    expect(await count('chunk')).toBe(first);
    await services.database.transaction({ role: 'worker', tenant: 1 }, (tx) =>
      tx.run(sql`select refresh_statistics()`),
    );
    await services.documents.delete(actor, id);
    for (const table of [
      'chunk',
      'posting',
      'term_scope',
      'scope_language',
      'document_version',
      'document_part',
    ]) {
      expect({ table, left: await count(table) }).toEqual({ table, left: 0 });
    }
    // As the owner, because those tables show their statistics to nobody else.
    const sampled = await services.database.transaction({ role: 'owner', tenant: 1 }, async (tx) => {
      const tables = await tx.many<{ name: string }>(sql`select distinct tablename as name from pg_stats
        where schemaname = 'public'`);
      for (const { name } of tables) {
        await tx.run({ text: `alter table ${name} disable row level security`, values: [] }).catch(() => 0);
      }
      return tx.many<{ sample: string }>(sql`
        select concat(most_common_vals::text, histogram_bounds::text) as sample from pg_stats
        where schemaname = 'public'`);
    });
    expect(sampled.filter(({ sample }) => /plums|southern|northern|inventory/.test(sample))).toEqual([]);
  }, 180_000);
});
