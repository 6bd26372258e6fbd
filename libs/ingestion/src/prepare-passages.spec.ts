import { afterAll, describe, expect, it } from '@jest/globals';
import { EmbeddingPool, loadModel } from '@belay/inference';
import { preparePassages } from './prepare-passages.js';

describe('the passages of a part', () => {
  const pool = new EmbeddingPool(loadModel('static-en-256', {}), 1);
  afterAll(() => pool.close());
  const text = Array.from(
    { length: 300 },
    (_, n) => `Shelf ${n} of the store holds ${n * 7} jars of plums.`,
  ).join('\n\n');
  const place = { start: 0, headings: [], path: [], firstPage: 0, pages: null, language: 'en' };

  it('are prepared one by one, and other work of the process goes on after each', async () => {
    let turns = 0;
    let isUnderWay = true;
    const other = (): void => {
      turns += 1;
      if (isUnderWay) setImmediate(other);
    };
    setImmediate(other);
    const passages = await preparePassages({ ...place, text, chunksBefore: 7 }, 'Inventory', pool);
    isUnderWay = false;
    expect(passages.length).toBeGreaterThan(15);
    expect(turns).toBeGreaterThanOrEqual(passages.length);
    expect(passages.map(({ ordinal }) => ordinal)).toEqual(passages.map((_, index) => index + 7));
    for (const { start, end, text: own, vectors, postings, length } of passages) {
      expect(own).toBe(text.slice(start, end));
      expect(vectors.vector).toHaveLength(256);
      expect(postings.reduce((sum, { frequency }) => sum + frequency, 0)).toBe(length);
    }
  });

  it('are not more than a document may have', async () => {
    const last = { ...place, text, chunksBefore: 59_999 };
    const failure = { code: 'documents.too-large', message: expect.stringContaining('60000') as unknown };
    await expect(preparePassages(last, 'Inventory', pool)).rejects.toMatchObject(failure);
    const only = await preparePassages({ ...last, text: 'One shelf.' }, 'Inventory', pool);
    expect(only.map(({ ordinal }) => ordinal)).toEqual([59_999]);
  });
});
