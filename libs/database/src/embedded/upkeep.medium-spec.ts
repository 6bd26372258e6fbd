import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Stack, startStack } from '@belay/testing/stack';
import { vacuumWorn } from './upkeep.js';

describe('upkeep of the embedded PostgreSQL', () => {
  let stack: Stack;
  let client: pg.Client;

  beforeAll(async () => {
    stack = await startStack('embedded');
    client = new pg.Client(stack.connection);
    await client.connect();
    await client.query(
      'create table "Worn ""one" as select n, repeat($$x$$, 500) as text from generate_series(1, 4000) n',
    );
    await client.query('create table fresh as select 1 as n');
  }, 120_000);
  afterAll(async () => {
    await client?.end();
    await stack?.stop();
  }, 60_000);

  const pages = async (): Promise<{ all: number; visible: number }> => {
    const { rows } = await client.query<{ all: number; visible: number }>(
      `select relpages as all, relallvisible as visible from pg_class where relname like 'Worn%'`,
    );
    return rows[0] as { all: number; visible: number };
  };

  it('gives the space of what was deleted back, and leaves alone what has hardly changed', async () => {
    expect(await vacuumWorn(stack.connection)).toContain('public."Worn ""one"');
    const full = await pages();
    expect(full.all).toBeGreaterThan(200);
    expect(full.visible).toBe(full.all);
    expect(await vacuumWorn(stack.connection)).toEqual([]);
    await client.query('delete from "Worn ""one" where n > 400');
    expect(await vacuumWorn(stack.connection)).toEqual(['public."Worn ""one"']);
    expect((await pages()).all).toBeLessThan(full.all / 5);
    expect(await vacuumWorn(stack.connection)).toEqual([]);
  });

  it('waits for a transaction that is open, and breaks none', async () => {
    await client.query('delete from "Worn ""one" where n > 100');
    await client.query('begin');
    await client.query('insert into fresh values (2)');
    const vacuuming = vacuumWorn(stack.connection);
    await client.query('insert into fresh values (3)');
    await client.query('commit');
    expect(await vacuuming).toEqual(['public."Worn ""one"']);
    expect((await client.query('select n from fresh order by n')).rows).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  it('says what is wrong where there is no server', async () => {
    await expect(vacuumWorn({ ...stack.connection, host: '/nowhere' })).rejects.toThrow('/nowhere');
  });
});
