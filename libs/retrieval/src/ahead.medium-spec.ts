import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, sql } from '@belay/database';
import { databases } from '@belay/testing/stack';
import { useWorld } from '@belay/testing/two-walls';
import { Ahead } from './ahead.js';
import { termId } from './analyze.js';
import type { QueryVector } from './query-vectors.js';
import { RetrievalService } from './retrieval.service.js';
import { bestOf, scored, scoreWords } from './score-words.js';
import type { Searched } from './searched.js';

const MODEL = {
  ...{ id: 'test', digest: 'test', languages: ['en', 'zz'] },
  fusion: { alpha: 0.5, cosineFloor: 0, cosineCeiling: 1 },
};
const WORDS = ['word', 'kerblax', 'zorkmid', 'frobnitz'];
const REQUEST = {
  query: `the ${WORDS.join(' ')}`,
  limit: 5,
  unit: 'passage',
  route: 'hybrid',
  copies: 'keep',
} as const;

describe.each(databases())('searching while a question is embedded on %s PostgreSQL', (kind) => {
  const given = useWorld(kind);

  beforeAll(() => {
    const { database, world } = given();
    return database.transaction({ role: 'owner', tenant: world.tenant }, async (tx) => {
      const postings = WORDS.flatMap((word, index) =>
        [world.open, world.secret].map(({ scopeId, chunkId }, place) => {
          return { word, scopeId, chunkId, frequency: 1 + ((index + place) % 3), length: 5 + 7 * place };
        }),
      );
      for (const { word, scopeId, chunkId, frequency, length } of postings)
        await tx.run(sql`insert into posting (tenant_id, term_id, scope_id, chunk_id, frequency, chunk_length)
          values (${world.tenant}, ${termId(word)}, ${scopeId}, ${chunkId}, ${frequency}, ${length})`);
    });
  });

  const search = (
    database: Database,
    embed: () => Promise<Float32Array>,
    person: number,
  ): Promise<Searched> =>
    new RetrievalService(database, { model: () => MODEL, embedQuery: embed }, 'api', true).searchOutcome(
      { tenant: given().world.tenant, person },
      REQUEST,
    );

  it('law-1: finds what the person may read, as it is found otherwise', async () => {
    const { database, world } = given();
    const embed = () => Promise.resolve(Float32Array.of(1, 0.5, 0, 0));
    const plain = new RetrievalService(database, { model: () => MODEL, embedQuery: embed });
    for (const person of [world.ann, world.ben]) {
      const found = await search(database, embed, person);
      expect(found).toEqual(await plain.searchOutcome({ tenant: world.tenant, person }, REQUEST));
      expect(found.passages.every(({ bm25, cosine }) => bm25 > 0 && (cosine ?? 0) > 0)).toBe(true);
      expect(found.passages.map(({ chunkId }) => chunkId).sort()).toEqual(
        person === world.ann ? [world.open.chunkId, world.secret.chunkId] : [world.open.chunkId],
      );
    }
  });

  it('scores words as the server does, to the last bit', async () => {
    const { database, world } = given();
    const weights = WORDS.map((word, at) => ({ termId: termId(word), word: at, idf: Math.log(2 + at / 3) }));
    const query = { scopeIds: [world.open.scopeId, world.secret.scopeId], weights, averageLength: 7.3 };
    const identity = { role: 'reader', tenant: world.tenant, person: world.ann } as const;
    const [here, there] = await database.transaction(identity, async (tx) => [
      await scoreWords(tx, query),
      await tx.many<{ id: number; score: number }>(
        sql`select chunk_id::int as id, score from (${scored(query)}) s order by score desc, id`,
      ),
    ]);
    expect(here.size).toBeGreaterThan(1);
    expect(bestOf(here, 9)).toEqual(there.map(({ id, score }) => [id, score]));
    expect(bestOf(here, 1)).toEqual(bestOf(here, 9).slice(0, 1));
  });

  it('lets go of its connection where the model takes long, and searches when it is done', async () => {
    const { database, world } = given();
    let finish: (vector: Float32Array) => void = () => undefined;
    const vector = new Promise<Float32Array>((resolve) => (finish = resolve));
    let ended = (): void => undefined;
    const letGo = new Promise<void>((resolve) => (ended = resolve));
    const watched = {
      transaction: (options: Parameters<Database['transaction']>[0], work: never) =>
        database.transaction(options, work).finally(() => void (options.role === 'reader' && ended())),
    } as unknown as Database;
    const searching = search(watched, () => vector, world.ben);
    await letGo;
    finish(Float32Array.of(1, 0, 0, 0));
    expect((await searching).passages.map(({ chunkId }) => chunkId)).toEqual([world.open.chunkId]);
  });

  it('fails as the model does', async () => {
    const { database, world } = given();
    const embed = () => Promise.reject(new Error('no model'));
    await expect(search(database, embed, world.ben)).rejects.toThrow('no model');
  });
});

it('one question at a time is searched for ahead', async () => {
  const ahead = new Ahead();
  let finish: (asked: QueryVector) => void = () => undefined;
  const first = new Promise<QueryVector>((resolve) => (finish = resolve));
  expect(ahead.isAlone(first)).toBe(true);
  expect(ahead.isAlone(first)).toBe(false);
  finish({} as QueryVector);
  await first;
  expect(ahead.isAlone(first)).toBe(true);
});
