import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate, sql } from '@belay/database';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { decide, type PermissionGraph } from './decide.js';
import { ReaderRepository } from './reader.repository.js';

// Law 1: what SQL lets a person read is what an evaluator written apart from it says.
const GRAPHS = 28;
const LISTED = 6;
const PEOPLE = 20;
const SCOPES = 44;
const NOW = new Date();
const readers = new ReaderRepository();
const PAST = new Date(NOW.getTime() - 86_400_000);
const FUTURE = new Date(NOW.getTime() + 86_400_000);

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface World {
  graph: PermissionGraph;
  people: number[];
  scopes: number[];
}

async function insertWorld(database: Database, tenant: number, seed: number): Promise<World> {
  const next = random(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  return database.transaction({ role: 'owner', tenant }, async (tx) => {
    await tx.run(sql`insert into tenant values (${tenant}, ${`t${tenant}`})`);
    const add = async (kind: string, name: string, active = true): Promise<number> =>
      (
        await tx.one<{ id: number }>(sql`insert into principal (tenant_id, kind, name, display_name, active)
          values (${tenant}, ${kind}, ${name}, ${name}, ${active}) returning principal_id as id`)
      ).id;
    const everyone = await add('everyone', 'everyone');
    const role = await add('role', 'member');
    const groups: number[] = [];
    for (let index = 0; index < 6; index += 1) groups.push(await add('group', `g${index}`));
    const people = new Map<number, { active: boolean }>();
    for (let index = 0; index < PEOPLE; index += 1) {
      const active = next() > 0.1;
      people.set(await add('person', `p${index}`, active), { active });
    }
    const containers = new Map<number, number[]>();
    for (const person of people.keys()) containers.set(person, [everyone]);
    const join = async (container: number, member: number): Promise<void> => {
      if (containers.get(member)?.includes(container)) return;
      await tx.run(sql`insert into membership values (${tenant}, ${container}, ${member})`);
      containers.set(member, [...(containers.get(member) ?? []), container]);
    };
    // Groups only ever join later groups, so there is no cycle.
    for (const [index, group] of groups.entries()) {
      const later = groups.slice(index + 1);
      if (later.length > 0 && next() < 0.7) await join(pick(later), group);
    }
    for (const person of people.keys()) {
      if (next() < 0.6) await join(pick(groups), person);
      if (next() < 0.3) await join(role, person);
    }
    const owner = [...people.keys()][0] as number;
    const { id: collection } = await tx.one<{
      id: string;
    }>(sql`insert into collection (tenant_id, name, title, owner_id)
      values (${tenant}, 'c', 'c', ${owner}) returning collection_id as id`);
    const scopes = new Map<number, { parent: number | null; inherits: boolean }>();
    for (let index = 0; index < SCOPES; index += 1) {
      const parent = index === 0 ? null : pick([...scopes.keys()]);
      const inherits = index === 0 || next() > 0.2;
      const kind = index === 0 ? 'collection' : index % 2 === 0 ? 'folder' : 'document';
      const { id } = await tx.one<{ id: number }>(sql`
        insert into scope (tenant_id, kind, parent_id, collection_id, path, inherits)
        values (${tenant}, ${kind}, ${parent}, ${collection}, ${index === 0 ? '' : `f${index}`}, ${inherits})
        returning scope_id as id`);
      scopes.set(id, { parent, inherits });
    }
    const grants = new Map<number, { principal: number; effect: 'allow' | 'deny'; expires: Date | null }[]>();
    const targets = [...people.keys(), ...groups, ...groups, role, everyone];
    for (const scope of scopes.keys()) {
      for (let index = 0; index < 2; index += 1) {
        if (next() < 0.55) continue;
        const effect = next() < 0.7 ? ('allow' as const) : ('deny' as const);
        const expires = pick([null, null, PAST, FUTURE]);
        const principal = pick(targets);
        const inserted = await tx.run(sql`
          insert into access_grant (tenant_id, scope_id, principal_id, effect, expires_at)
          values (${tenant}, ${scope}, ${principal}, ${effect}, ${expires}) on conflict do nothing`);
        if (inserted) grants.set(scope, [...(grants.get(scope) ?? []), { principal, effect, expires }]);
      }
    }
    return {
      graph: { people, containers, scopes, grants },
      people: [...people.keys()],
      scopes: [...scopes.keys()],
    };
  });
}

describe.each(databasesInTurn())('permission decisions on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let database: Database;

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    database = new Database(stack.connection);
  }, 120_000);

  afterAll(async () => {
    await database?.close();
    await stack?.stop();
  }, 60_000);

  it('law-1: SQL and the in-memory evaluator agree on every (graph, person, scope)', async () => {
    let cases = 0;
    for (let seed = 1; seed <= GRAPHS; seed += 1) {
      const tenant = 100 + seed;
      const { graph, people, scopes } = await insertWorld(database, tenant, seed);
      for (const person of people) {
        const readable = database.transaction({ role: 'reader', tenant, person }, (tx) =>
          tx.many<{ id: number }>(sql`select scope_id as id from readable_scopes()`),
        );
        if (!graph.people.get(person)?.active) {
          await expect(readable).rejects.toMatchObject({ code: '28000' });
          continue;
        }
        const actual = new Set((await readable).map((row) => row.id));
        const expected = scopes.filter((scope) => decide(graph, person, scope, NOW).readable);
        expect({ seed, person, ids: [...actual].sort() }).toEqual({ seed, person, ids: expected.sort() });
        cases += scopes.length;
      }
      // Who is listed as a reader is who may read.
      for (const scope of seed <= LISTED ? scopes : []) {
        const expected = people.filter((person) => decide(graph, person, scope, NOW).readable);
        const listed = await database.transaction(
          { role: 'api', tenant, person: people[0] as number },
          async (tx) => ({
            rows: await readers.list(tx, scope, { search: '', after: '', limit: 500 }),
            total: await readers.count(tx, scope, ''),
          }),
        );
        const ids = listed.rows.map((row) => row.id).sort();
        expect({ seed, scope, ids, total: listed.total }).toEqual({
          ...{ seed, scope, ids: expected.sort(), total: expected.length },
        });
      }
    }
    expect(cases).toBeGreaterThanOrEqual(20_000);
  }, 300_000);

  it('law-1: a missing identity is an error, never an empty answer', async () => {
    await expect(
      database.transaction({ role: 'reader', tenant: 101 }, () => Promise.resolve()),
    ).rejects.toMatchObject({
      code: 'auth.required',
    });
    const blank = database.transaction({ role: 'reader', tenant: 101, person: 1 }, async (tx) => {
      await tx.run(sql`select set_config('belay.person', '', true)`);
      return tx.many(sql`select * from readable_scopes()`);
    });
    await expect(blank).rejects.toThrow();
    const unknown = database.transaction({ role: 'reader', tenant: 101, person: 99_999_999 }, (tx) =>
      tx.many(sql`select * from readable_scopes()`),
    );
    await expect(unknown).rejects.toMatchObject({ code: '28000' });
  });

  it.each([
    'select title from document',
    'select path from document',
    'select body from chunk',
    'select body from document_part',
  ])('the api role may not run: %s', async (text) => {
    const run = database.transaction({ role: 'api', tenant: 101, person: 1 }, (tx) =>
      tx.many({ text, values: [] }),
    );
    await expect(run).rejects.toMatchObject({ code: '42501' });
  });

  it.each(['audit_leaf', 'audit_payload', 'audit_entry', 'audit_checkpoint'])(
    'law-4: nobody may change or delete %s',
    async (table) => {
      for (const role of ['api', 'worker'] as const) {
        for (const text of [`delete from ${table}`, `update ${table} set tenant_id = 2`]) {
          const run = database.transaction({ role, tenant: 101 }, (tx) => tx.run({ text, values: [] }));
          await expect(run).rejects.toMatchObject({ code: '42501' });
        }
      }
    },
  );

  it('refuses a cycle of groups', async () => {
    const cycle = database.transaction({ role: 'api', tenant: 101 }, async (tx) => {
      const groups = await tx.many<{ id: number }>(sql`select principal_id as id from principal
        where tenant_id = 101 and kind = 'group' order by 1`);
      const [first, second] = groups.map((row) => row.id);
      await tx.run(sql`insert into membership values (101, ${first}, ${second}) on conflict do nothing`);
      await tx.run(sql`insert into membership values (101, ${second}, ${first}) on conflict do nothing`);
    });
    await expect(cycle).rejects.toMatchObject({ code: 'BL001' });
  });
});
