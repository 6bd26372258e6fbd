import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate, sql } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { createServices, type Services } from './services.js';

// A document of several index transactions, and what is left of it in places that nobody looks at.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
// Of some parts, of which each is cut, embedded and stored by itself.
const SOME_PARTS = 1200;
const inventory = (holder: string, shelves = 2500): Buffer =>
  Buffer.from(
    Array.from(
      { length: shelves },
      (_, n) => `Shelf ${n} of the ${holder} store holds ${(n * 7919) % 9973} jars of plums.`,
    ).join('\n\n'),
  );

describe.each(databasesInTurn())('a large document on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let actor: SignedIn;
  let other: SignedIn;
  let worker: ChildProcess;

  const count = async (table: string): Promise<number> => {
    const counted = { text: `select count(*) as n from ${table} where tenant_id = 1`, values: [] };
    const row = await services.database.transaction({ role: 'worker', tenant: 1 }, (tx) =>
      tx.one<{ n: number }>(counted),
    );
    return row.n;
  };
  async function upload(holder: string, shelves?: number): Promise<string> {
    const file = { collection: 'stores', path: 'inventory.txt', bytes: inventory(holder, shelves) };
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
  /** Waits until some passages of a version are indexed, which on most machines is long before all are. */
  async function underWay(): Promise<void> {
    for (let waits = true; waits;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const row = await services.database.transaction({ role: 'worker', tenant: 1 }, (tx) =>
        tx.one<{ waits: boolean }>(sql`select exists (
          select from document_version v where v.tenant_id = 1 and v.stage in ('parse', 'index') and not exists (
            select from chunk c where c.tenant_id = v.tenant_id and c.version_id = v.version_id)) as waits`),
      );
      ({ waits } = row);
    }
  }
  async function startWorker(): Promise<void> {
    const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info' };
    worker = await stack.start(process.execPath, [WORKER], 'worker.ready', environment);
  }
  const found = async (person = actor, route: 'hybrid' | 'lexical' = 'hybrid'): Promise<string[]> => {
    const request = {
      query: 'store jars of plums',
      limit: 100,
      route,
      unit: 'passage',
      copies: 'keep',
    } as const;
    return (await services.retrieval.search(person, request)).map(({ text }) => text);
  };

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    await startWorker();
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    const signIn = async (name: string): Promise<SignedIn> => {
      const person = { name, displayName: name, roles: ['member' as const] };
      await services.identity.addPerson({ tenant: 1, person: 0 }, person);
      const session = await services.sessions.signInDemo(1, name);
      return (await services.sessions.authenticate(1, { session })) as SignedIn;
    };
    actor = await signIn('ada');
    other = await signIn('ben');
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

  it('law-1: is found by nobody who lost the right while it is stored, nor what is stored of it later', async () => {
    const grant = { principal: 'person:ben', on: 'stores', effect: 'allow' } as const;
    await services.access.grant(actor, grant);
    const file = { collection: 'stores', path: 'inventory.txt', bytes: inventory('western', SOME_PARTS) };
    const { id } = await services.documents.accept(actor, file);
    await underWay();
    expect((await found(other)).length).toBeGreaterThan(0);
    await services.access.revoke(actor, grant);
    expect(await found(other)).toEqual([]);
    await ready();
    expect(await found(other)).toEqual([]);
    expect((await found()).length).toBeGreaterThan(50);
    await services.documents.delete(actor, id);
  }, 120_000);

  it('law-5: is whole, or the former one is, when its worker is killed half way; nothing of either is left over', async () => {
    const id = await upload('upper', SOME_PARTS);
    const first = await count('chunk');
    const file = { collection: 'stores', path: 'inventory.txt', bytes: inventory('lower', SOME_PARTS) };
    await services.documents.accept(actor, file);
    await underWay();
    const ended = once(worker, 'exit');
    worker.kill('SIGKILL');
    await ended;
    // Questions by meaning wait for a worker.
    const between = await found(actor, 'lexical');
    const holder = between[0]?.includes('upper') ? 'upper' : 'lower';
    expect(between).toHaveLength(Math.min(100, first));
    expect(between.filter((text) => !text.includes(holder))).toEqual([]);
    await startWorker();
    await ready();
    expect((await found()).filter((text) => text.includes('lower'))).toHaveLength(Math.min(100, first));
    expect(await count('chunk')).toBe(first);
    const orphans = await services.database.transaction({ role: 'api', ...actor }, (tx) =>
      tx.one<{ rows: Record<string, number> }>(sql`select count_orphans() as rows`),
    );
    expect(Object.values(orphans.rows).every((n) => n === 0)).toBe(true);
    await services.documents.delete(actor, id);
  }, 180_000);

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
