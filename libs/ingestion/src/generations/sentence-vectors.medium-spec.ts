import { expect, it, describe } from '@jest/globals';
import { sql, type Transaction } from '@belay/database';
import { databases } from '@belay/testing/stack';
import { useWorld } from '@belay/testing/two-walls';
import { GenerationRepository } from './generation.repository.js';

const NEW = Buffer.from([1, 2, 3, 4]);

describe.each(databases())('vectors of sentences on %s PostgreSQL', (kind) => {
  const repository = new GenerationRepository();
  const given = useWorld(kind);
  const as = <T>(role: 'worker' | 'owner' | 'reader', work: (tx: Transaction) => Promise<T>): Promise<T> =>
    given().database.transaction({ role, tenant: 1, person: given().world.ben }, work);
  const stored = async (generation: number): Promise<(string | undefined)[]> => {
    const table = sql.identifier(`embedding_${generation}`);
    const rows = await as('worker', (tx) =>
      tx.many<{ sentences: Buffer | null }>(
        sql`select sentences from ${table} where tenant_id = 1 order by chunk_id`,
      ),
    );
    return rows.map(({ sentences }) => sentences?.toString('hex'));
  };
  const row = (chunkId: number, sentences: string | null = NEW.toString('base64')) => ({
    chunkId,
    vector: [0, 1, 0, 0],
    sentences,
  });

  it('are added where they lack, and never replaced', async () => {
    const { open, secret, generationId } = given().world;
    const table = sql.identifier(`embedding_${generationId}`);
    await as('worker', (tx) =>
      tx.run(sql`update ${table} set sentences = null where tenant_id = 1 and chunk_id = ${open.chunkId}`),
    );
    const lacking = async (): Promise<number[]> => {
      const page = await as('worker', (tx) => repository.page(tx, generationId, 0, 10, true));
      return page.flatMap(({ chunkId, filled }) => (filled ? [] : [Number(chunkId)]));
    };
    expect(await lacking()).toEqual([Number(open.chunkId)]);
    const page = await as('worker', (tx) => repository.page(tx, generationId, 0, 10, false));
    expect(page.every(({ filled }) => filled)).toBe(true);
    const rows = [row(Number(open.chunkId)), row(Number(secret.chunkId))];
    expect(await as('worker', (tx) => repository.fill(tx, generationId, rows))).toBe(1);
    expect(await stored(generationId)).toEqual(['01020304', '7f000000']);
    expect(await lacking()).toEqual([]);
    expect(
      await as('worker', (tx) => repository.fill(tx, generationId, [row(Number(open.chunkId), null)])),
    ).toBe(0);
    expect(await stored(generationId)).toEqual(['01020304', '7f000000']);
  });

  it('are made anew by another model, and go with its generation', async () => {
    const { open, secret } = given().world;
    const { id } = await as('owner', (tx) =>
      repository.create(tx, { id: 'two', digest: 'two', dimension: 4 }),
    );
    await as('worker', (tx) =>
      repository.fill(tx, id, [row(Number(open.chunkId)), row(Number(secret.chunkId), null)]),
    );
    expect(await stored(id)).toEqual(['01020304', undefined]);
    const read = await as('reader', (tx) =>
      tx.many(sql`select chunk_id from ${sql.identifier(`embedding_${id}`)}`),
    );
    expect(read).toHaveLength(1);
    expect(await as('owner', (tx) => repository.drop(tx, id))).toBe(true);
  });

  it('law-1: are gone with their document', async () => {
    const { open, generationId } = given().world;
    await as('owner', (tx) => tx.run(sql`delete from document where document_id = ${open.documentId}`));
    expect(await stored(generationId)).toEqual(['7f000000']);
  });
});
