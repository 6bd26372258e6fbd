import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate, sql, type Transaction } from '@belay/database';
import { databases, type Stack, startStack } from '@belay/testing/stack';

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

interface Model {
  readonly kinds: Map<number, string>;
  readonly edges: Set<string>;
}

/** The closure by definition: walked from every principal, without the database. */
function closureOf({ kinds, edges }: Model): string[] {
  const above = new Map<number, number[]>();
  for (const edge of edges) {
    const [container = 0, member = 0] = edge.split('>').map(Number);
    above.set(member, [...(above.get(member) ?? []), container]);
  }
  const everyone = [...kinds].filter(([, kind]) => kind === 'everyone').map(([id]) => id);
  return [...kinds.entries()]
    .flatMap(([start, kind]) => {
      const seen = new Set(kind === 'person' ? everyone : []);
      const open = [start];
      for (let id = open.pop(); id !== undefined; id = open.pop()) {
        if (seen.has(id)) continue;
        seen.add(id);
        open.push(...(above.get(id) ?? []));
      }
      return [...seen].map((id) => `${start} in ${id}`);
    })
    .sort();
}

const stored = async (tx: Transaction): Promise<string[]> =>
  (
    await tx.many<{ m: number; p: number }>(sql`
      select member_id as m, principal_id as p from principal_closure where tenant_id = current_tenant()`)
  )
    .map(({ m, p }) => `${m} in ${p}`)
    .sort();

async function insert(tx: Transaction, kind: string, names: readonly string[]): Promise<number[]> {
  const rows = await tx.many<{ id: number }>(sql`
    insert into principal (tenant_id, kind, name, display_name)
    select current_tenant(), ${kind}, name, name from unnest(${names}::text[]) as name
    returning principal_id as id`);
  return rows.map((row) => row.id);
}

describe.each(databases())('the closure of memberships on %s PostgreSQL', (kind) => {
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

  it.each([1, 2, 3, 4])(
    'law-1: equals its definition after every change (seed %i)',
    async (seed) => {
      const next = random(seed);
      const tenant = 200 + seed;
      const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
      await database.transaction({ role: 'owner', tenant }, (tx) =>
        tx.run(sql`insert into tenant values (${tenant}, ${`c${tenant}`})`),
      );
      const model: Model = { kinds: new Map(), edges: new Set() };
      await database.transaction({ role: 'api', tenant }, async (tx) => {
        const note = (ids: number[], as: string): number[] => {
          for (const id of ids) model.kinds.set(id, as);
          return ids;
        };
        const early = note(await insert(tx, 'person', ['early1', 'early2']), 'person');
        note(await insert(tx, 'everyone', ['everyone']), 'everyone');
        const groups = note(await insert(tx, 'group', ['g0', 'g1', 'g2', 'g3', 'g4', 'g5']), 'group');
        const people = [
          ...early,
          ...note(await insert(tx, 'person', ['p0', 'p1', 'p2', 'p3', 'p4']), 'person'),
        ];
        expect(await stored(tx)).toEqual(closureOf(model));
        for (let step = 0; step < 60; step += 1) {
          await change(tx, model, { next, pick, groups, people });
          expect({ step, rows: await stored(tx) }).toEqual({ step, rows: closureOf(model) });
        }
      });
    },
    120_000,
  );

  it('joining a group costs little among 10,000 people', async () => {
    const tenant = 300;
    await database.transaction({ role: 'owner', tenant }, (tx) =>
      tx.run(sql`insert into tenant values (${tenant}, 'large')`),
    );
    const names = Array.from({ length: 10_000 }, (_, index) => `p${index}`);
    const people = await database.transaction({ role: 'api', tenant }, async (tx) => {
      await insert(tx, 'everyone', ['everyone']);
      const [role = 0] = await insert(tx, 'role', ['member']);
      const ids = await insert(tx, 'person', names);
      await tx.run(
        sql`insert into membership select current_tenant(), ${role}, id from unnest(${ids}::int[]) as id`,
      );
      return ids;
    });
    const took: number[] = [];
    for (let index = 0; index < 21; index += 1) {
      const started = performance.now();
      await database.transaction({ role: 'api', tenant }, async (tx) => {
        const [group] = await insert(tx, 'group', [`g${index}`]);
        await tx.run(sql`insert into membership values (current_tenant(), ${group}, ${people[index * 7]})`);
      });
      took.push(performance.now() - started);
    }
    const median = took.sort((a, b) => a - b)[10] as number;
    process.stderr.write(`${JSON.stringify({ kind, joinAmong10000ms: Math.round(median * 10) / 10 })}\n`);
    // Loose on purpose: it is to catch work that grows with the company, not a slow machine.
    expect(median).toBeLessThan(250);
  }, 120_000);
});

interface Choices {
  readonly next: () => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly groups: readonly number[];
  readonly people: readonly number[];
}

// Groups join only later groups, so that no change makes a cycle; several rows go in one statement.
async function change(tx: Transaction, model: Model, { next, pick, groups, people }: Choices): Promise<void> {
  if (next() < 0.35 && model.edges.size > 0) {
    const gone = [...new Set([pick([...model.edges]), pick([...model.edges])])];
    for (const edge of gone) model.edges.delete(edge);
    await tx.run(sql`delete from membership where tenant_id = current_tenant()
      and container_id || '>' || member_id = any (${gone}::text[])`);
    return;
  }
  const added = Array.from({ length: 1 + Math.floor(next() * 4) }, () => {
    const at = Math.floor(next() * (groups.length - 1));
    return next() < 0.5 ? `${pick(groups.slice(at + 1))}>${groups[at]}` : `${pick(groups)}>${pick(people)}`;
  });
  for (const edge of added) model.edges.add(edge);
  await tx.run(sql`insert into membership
    select current_tenant(), split_part(edge, '>', 1)::int, split_part(edge, '>', 2)::int
    from unnest(${added}::text[]) as edge on conflict do nothing`);
}
