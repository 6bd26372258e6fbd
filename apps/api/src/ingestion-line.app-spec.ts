import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@belay/config';
import { migrate, sql } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { IngestionLine, IngestionService, stageQueue } from '@belay/ingestion';
import { connectRedis, JobQueues, type Redis } from '@belay/queue';
import { createLogger } from '@belay/telemetry';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { createServices, type Services } from './services.js';

// Whose documents are read next, where somebody uploads many.
const WORKER = fileURLToPath(new URL('../../worker/dist/main.js', import.meta.url));
const MANY = 60;
const SOME = 20;
// Of some parts.
const inventory = (store: number): string =>
  Array.from(
    { length: 900 },
    (_, n) => `Shelf ${n} of store ${store} holds ${(n * 7919) % 9973} jars of plums.`,
  ).join('\n\n');

describe.each(databasesInTurn())('the line of documents on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let services: Services;
  let one: SignedIn;
  let other: SignedIn;
  let redis: Redis;

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
  /** The versions that wait for a stage on its queue, as often as they do. */
  const onQueue = async (stage: 'parse' | 'index'): Promise<string[]> => {
    const jobs = await redis.lrange(`belay:1:${stageQueue(stage)}:wait`, 0, -1);
    return jobs.map((id) => id.slice(0, 36));
  };
  /** The first test needs none at its beginning, the others may run alone. */
  let isWorking = false;
  async function startWorker(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    const environment = { ...process.env, ...stack.environment, BELAY_LOG: 'info' };
    await stack.start(process.execPath, [WORKER], 'worker.ready', environment);
  }
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    services = createServices(loadConfig(stack.environment));
    redis = connectRedis(services.config);
    await services.identity.prepareTenant(1);
    one = await signIn('ada');
    other = await signIn('ben');
  }, 120_000);
  afterAll(async () => {
    redis?.disconnect();
    await services?.close();
    await stack?.stop();
  }, 60_000);

  it('holds a few documents of each person, and all are read in the end', async () => {
    for (let n = 0; n < MANY; n += 1) await accept(one, `note-${n}.txt`, `Note ${n} on plums.`);
    expect(await onQueue('parse')).toHaveLength(8);
    const { id } = await accept(other, 'single.txt', 'A single note on pears.');
    expect(await onQueue('parse')).toHaveLength(9);
    await startWorker();
    await until(async () => (await services.documents.get(other, id)).stage === 'ready');
    expect(await waiting(one)).toBeGreaterThan(MANY / 2);
    await until(async () => (await waiting(one)) === 0);
    const stages = (await services.documents.list(one, { limit: 2 * MANY })).map(({ stage }) => stage);
    expect(stages).toEqual(Array.from({ length: MANY }, () => 'ready'));
  }, 120_000);

  it('holds as few of those that are indexed while they are read, each once, and lets others pass', async () => {
    await startWorker();
    for (let n = 0; n < SOME; n += 1) await accept(one, `stores-${n}.txt`, inventory(n));
    const { id } = await accept(other, 'second.txt', 'Another note on pears.');
    const held: string[][] = [];
    let before = 0;
    await until(async () => {
      held.push(await onQueue('index'));
      const isReady = (await services.documents.get(other, id)).stage === 'ready';
      if (isReady && before === 0) before = await waiting(one);
      return (await waiting(one)) === 0;
    });
    expect(before).toBeGreaterThan(SOME / 4);
    expect(Math.max(...held.map((jobs) => new Set(jobs).size))).toBeLessThanOrEqual(9);
    expect(Math.max(...held.map((jobs) => jobs.length - new Set(jobs).size))).toBe(0);
  }, 180_000);

  it('goes on behind those that fail, and behind those that were deleted', async () => {
    await startWorker();
    const begun = [];
    for (let n = 0; n < SOME; n += 1)
      begun.push(await accept(one, `broken-${n}.pdf`, `%PDF-1.7 of no use ${n}`));
    for (const { id } of begun.slice(0, SOME / 2)) await services.documents.delete(one, id);
    const { id } = await accept(one, 'last.txt', 'The last note on plums.');
    await until(async () => (await services.documents.get(one, id)).stage === 'ready');
    await until(async () => (await waiting(one)) === 0);
  }, 120_000);

  it('law-5: leaves what is ready as it is, whoever takes it for failed', async () => {
    await startWorker();
    const { id } = await accept(one, 'kept.txt', 'A note on cherries is kept.');
    await until(async () => (await services.documents.get(one, id)).stage === 'ready');
    const as = { role: 'worker', tenant: 1 } as const;
    const version = await services.database.transaction(as, (tx) =>
      tx.one<object>(sql`select version_id as "versionId", document_id as "documentId", 'index' as stage
        from document_version where document_id = ${id}`),
    );
    const queues = new JobQueues(redis);
    const line = new IngestionLine(services.database, queues, as);
    const [log, originals] = [createLogger('test', 'error'), Reflect.get(services.documents, 'originals')];
    const ingestion = new IngestionService(
      services.database,
      queues,
      line,
      {} as never,
      log,
      originals as never,
    );
    const fail = Reflect.get(ingestion, 'fail') as (...failed: unknown[]) => Promise<void>;
    await fail.call(ingestion, version, 'internal', 'It was finished, and nobody heard of it.');
    const request = {
      query: 'cherries',
      limit: 1,
      route: 'lexical',
      unit: 'passage',
      copies: 'keep',
    } as const;
    expect(await services.retrieval.search(one, request)).toMatchObject([{ documentId: id }]);
    await queues.close();
  }, 60_000);
});
