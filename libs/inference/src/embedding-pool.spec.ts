import { afterAll, describe, expect, it } from '@jest/globals';
import { EmbeddingPool } from './embedding-pool.js';
import { loadModel } from './store/model-store.js';

describe('the embedding pool', () => {
  const pool = new EmbeddingPool(loadModel('static-en-256', {}), 1);
  afterAll(() => pool.close());

  it('embeds a text once for all who ask for it at the same time', async () => {
    const [first, second] = [
      pool.embed(['the same'], 'query', 'ingest'),
      pool.embed(['the same'], 'query', 'ingest'),
    ];
    expect((await first)[0]).toBe((await second)[0]);
    const [again] = await pool.embed(['the same'], 'query', 'ingest');
    expect(again).toEqual((await first)[0]);
    expect(again).not.toBe((await first)[0]);
  });

  it('drops what nobody waits for before it begins, and goes on', async () => {
    const before = pool.embed(['one'], 'query', 'interactive');
    const late = pool.embed(['two'], 'query', 'interactive', Date.now() - 1);
    await expect(late).rejects.toMatchObject({ code: 'inference.unavailable' });
    expect(await before).toHaveLength(1);
    expect(await pool.embed(['three'], 'query', 'interactive', Date.now() + 60_000)).toHaveLength(1);
  });

  it('lets questions go before documents', async () => {
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    const documents = ['a', 'b', 'c'].map((text) => pool.embed([text], 'passage', 'ingest').then(note(text)));
    const question = pool.embed(['q'], 'query', 'interactive').then(note('q'));
    await Promise.all([...documents, question]);
    expect(order.indexOf('q')).toBeLessThan(2);
  });
});
