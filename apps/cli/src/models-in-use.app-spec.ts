import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate, sql } from '@belay/database';
import { loadModel } from '@belay/inference';
import { databases, type Stack, startStack } from '@belay/testing/stack';
import { EXIT } from './failure.js';
import { main } from './main.js';

const SECOND = '0'.repeat(64);

describe.each(databases())('models remove (%s)', (kind) => {
  let stack: Stack;
  let database: Database;

  beforeAll(async () => {
    stack = await startStack(kind);
    database = new Database(stack.connection);
    for (const id of ['one', 'two', 'three', 'unused']) install(id);
  }, 120_000);
  afterAll(async () => {
    await database.close();
    await stack.stop();
  });

  const folderOf = (id: string): string => join(stack.home, 'models', id);

  function install(id: string): void {
    mkdirSync(folderOf(id), { recursive: true });
    writeFileSync(
      join(folderOf(id), 'model.json'),
      JSON.stringify({ ...loadModel('static-en-256', {}), id }),
    );
  }

  async function remove(id: string, environment: NodeJS.ProcessEnv = {}) {
    const notes: string[] = [];
    const context = { print: () => undefined, note: (line: string) => void notes.push(line) };
    const own = { ...stack.environment, ...environment };
    const code = await main(['models', 'remove', id], own, { ...context, environment: own });
    return { code, said: notes.join('\n'), there: existsSync(folderOf(id)) };
  }

  const work = (statement: ReturnType<typeof sql>, role: 'worker' | 'api' = 'worker'): Promise<unknown> =>
    database.transaction({ role, tenant: 1 }, (tx) => tx.many(statement));

  it('removes before there is an index', async () => {
    install('early');
    expect(await remove('early')).toMatchObject({ code: EXIT.ok, there: false });
  });

  it('refuses what a generation is made with, whatever the generation is, and removes the rest', async () => {
    await migrate(stack.connection);
    await work(sql`select create_embedding_generation('one', ${SECOND}, 32)`);
    await work(sql`select create_embedding_generation('two', ${SECOND}, 32)`);
    expect(await remove('one')).toMatchObject({ code: EXIT.failure, there: true });
    expect((await remove('one')).said).toContain('is searched with it');
    expect(await remove('two')).toMatchObject({ code: EXIT.failure, there: true });
    expect((await remove('two')).said).toContain('is being built with it');
    await work(sql`select activate_embedding_generation(2)`);
    expect((await remove('one')).said).toContain('stands by');
    expect(await remove('one')).toMatchObject({ code: EXIT.failure, there: true });
    await work(sql`select drop_embedding_generation(1)`, 'api');
    expect(await remove('one')).toMatchObject({ code: EXIT.ok, there: false });
    expect(await remove('three')).toMatchObject({ code: EXIT.ok, there: false });
  });

  it('says what is not there and what cannot be removed', async () => {
    expect((await remove('one')).said).toContain('No model "one" is installed');
    expect((await remove('../one')).said).toContain('is installed');
    expect((await remove('static-en-256')).said).toContain('comes with Belay');
  });

  it('removes nothing while the database does not run', async () => {
    const gone = { BELAY_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    expect(await remove('unused', gone)).toMatchObject({ code: EXIT.unreachable, there: true });
    expect((await remove('unused', gone)).said).toContain('Nothing was removed');
  });
});
