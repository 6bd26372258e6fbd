import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { stageQueue } from '@belay/ingestion';
import { connectRedis } from '@belay/queue';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { createServices, type Services } from './services.js';

// Whose documents are read next, where somebody uploads many.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const MANY = 60;
const SOME = 20;

describe.each(databasesInTurn())('the line of documents on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let one: SignedIn;
  let other: SignedIn;

  const accept = (person: SignedIn, path: string, text: string): Promise<{ id: string }> =>
    services.documents.accept(person, {
      collection: `of-${person.name}`,
      path,
      bytes: Buffer.from(text),
    });
  const waiting = async (person: SignedIn): Promise<number> =>
    (await services.documents.progress(person, undefined)).waiting;
  const signIn = async (name: string): Promise<SignedIn> => {
    const person = { name, displayName: name, roles: ['member' as const] };
    await services.identity.addPerson({ tenant: 1, person: 0 }, person);
    const session = await services.sessions.signInDemo(1, name);
    const actor = (await services.sessions.authenticate(1, { session })) as SignedIn;
    await services.collections.create(actor, { name: `of-${name}`, title: name });
    return actor;
  };
  /** How many jobs wait for a worker; none is running yet. */
  async function onQueue(): Promise<number> {
    const redis = connectRedis(loadConfig(stack.environment));
    try {
      return await redis.llen(`belay:1:${stageQueue('parse')}:wait`);
    } finally {
      redis.disconnect();
    }
  }
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    services = createServices(loadConfig(stack.environment));
    await services.identity.prepareTenant(1);
    one = await signIn('ada');
    other = await signIn('ben');
  }, 120_000);
  afterAll(async () => {
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('holds a few documents of each person, and all are read in the end', async () => {
    for (let n = 0; n < MANY; n += 1) await accept(one, `note-${n}.txt`, `Note ${n} on plums.`);
    expect(await onQueue()).toBe(8);
    const { id } = await accept(other, 'single.txt', 'A single note on pears.');
    expect(await onQueue()).toBe(9);
    const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info' };
    await stack.start(process.execPath, [WORKER], 'worker.ready', environment);
    await until(async () => (await services.documents.get(other, id)).stage === 'ready');
    expect(await waiting(one)).toBeGreaterThan(MANY / 2);
    await until(async () => (await waiting(one)) === 0);
    const stages = (await services.documents.list(one, { limit: 2 * MANY })).map(({ stage }) => stage);
    expect(stages).toEqual(Array.from({ length: MANY }, () => 'ready'));
  }, 120_000);

  it('goes on behind those that fail, and behind those that were deleted', async () => {
    const begun = [];
    for (let n = 0; n < SOME; n += 1)
      begun.push(await accept(one, `broken-${n}.pdf`, `%PDF-1.7 of no use ${n}`));
    for (const { id } of begun.slice(0, SOME / 2)) await services.documents.delete(one, id);
    const { id } = await accept(one, 'last.txt', 'The last note on plums.');
    await until(async () => (await services.documents.get(one, id)).stage === 'ready');
    await until(async () => (await waiting(one)) === 0);
  }, 120_000);
});
