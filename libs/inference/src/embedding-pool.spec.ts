import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { EmbeddingPool } from './embedding-pool.js';
import { loadModel, modelsFolder } from './store/model-store.js';

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

  it('loses nothing while its threads are replaced, and is as right afterwards', async () => {
    const own = new EmbeddingPool(loadModel('static-en-256', {}), 2);
    try {
      const texts = Array.from({ length: 400 }, (_, index) => `passage ${index}`);
      const before = await own.embed(texts, 'passage', 'ingest');
      const work = own.embed(texts, 'passage', 'ingest');
      const [first, second] = [own.recycle(), own.recycle()];
      const asked = own.embed(['a question'], 'query', 'interactive');
      await Promise.all([first, second]);
      expect(await work).toEqual(before);
      expect((await asked)[0]).toHaveLength(256);
      expect(await own.embed(texts, 'passage', 'ingest')).toEqual(before);
    } finally {
      await own.close();
    }
  });

  it.each([
    ['load their model', 0],
    ['run', 5],
  ])('is closed while its threads %s, and what has begun is finished', async (_, texts) => {
    const own = new EmbeddingPool(loadModel('static-en-256', {}), 2);
    if (texts > 0) await own.embed(['loaded'], 'query', 'interactive');
    const work = Array.from({ length: texts }, (__, index) =>
      own.embed([`${index} ${'a long text about pumps '.repeat(200)}`], 'passage', 'ingest').then(
        ([vector]) => vector?.length,
        (error: { code?: string }) => error.code,
      ),
    );
    await own.close();
    for (const outcome of await Promise.all(work)) expect([256, 'inference.unavailable']).toContain(outcome);
  });

  it('keeps its threads where new ones cannot load the model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'belay-pool-'));
    cpSync(modelsFolder(), folder, { recursive: true });
    const own = new EmbeddingPool(loadModel('static-en-256', { models: folder }), 1);
    try {
      await own.embed(['ready'], 'query', 'interactive');
      writeFileSync(join(folder, 'static-en-256', 'model.onnx'), 'another file');
      await expect(own.recycle()).rejects.toMatchObject({ code: 'inference.unavailable' });
      expect(await own.embed(['still here'], 'query', 'interactive')).toHaveLength(1);
    } finally {
      await own.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('can be closed while its threads are replaced', async () => {
    const own = new EmbeddingPool(loadModel('static-en-256', {}), 2);
    const recycled = own.recycle().catch(() => 'ended');
    await own.close();
    await recycled;
    await expect(own.embed(['late'], 'query', 'interactive')).rejects.toMatchObject({
      code: 'inference.unavailable',
    });
  });
});
