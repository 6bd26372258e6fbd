import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { loadReader, modelsFolder } from '../store/model-store.js';
import { packReading, readScores } from './pack-reading.js';
import { SentenceReader } from './sentence-reader.js';

const reader = SentenceReader.bundled();
afterAll(() => reader.close());

const question = 'Who keeps the lighthouse of Vinga?';
const sentences = [
  'The lighthouse of Vinga stands on a rock west of the town.',
  'Its keeper is Ada Lund, who came there in 1988.',
  'Keepers of other lighthouses were sent home when lamps became electric.',
];
const best = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));

describe('a reader', () => {
  it('finds the sentence that answers though it shares hardly a word with the question', async () => {
    const { sentences: scores, none } = await reader.read(question, sentences);
    expect(best(scores)).toBe(1);
    expect(scores[1]).toBeGreaterThan(none);
  });

  it('finds none in sentences that do not answer', async () => {
    const { sentences: scores, none } = await reader.read('What does a ticket to Oslo cost?', sentences);
    expect(Math.max(...scores)).toBeLessThan(none);
  });

  it('scores alike whoever else asks at the same time', async () => {
    const alone = await reader.read(question, sentences);
    const together = await Promise.all(
      Array.from({ length: 6 }, (_, index) => reader.read(index % 2 ? question : 'Where is it?', sentences)),
    );
    expect(together[3]).toEqual(alone);
  });

  it('refuses what waits when it is closed, and what comes after that', async () => {
    const closing = SentenceReader.bundled();
    const refused = { code: 'inference.unavailable' };
    const waiting = [1, 2].map(() =>
      expect(closing.read(question, sentences)).rejects.toMatchObject(refused),
    );
    await closing.close();
    await Promise.all(waiting);
    await expect(closing.read(question, sentences)).rejects.toMatchObject(refused);
  });

  it('refuses what waited longer than anybody waits, and reads what comes after', async () => {
    const first = reader.read(question, sentences);
    const waiting = reader.read(question, sentences);
    await new Promise((resolve) => setImmediate(resolve));
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    try {
      await expect(waiting).rejects.toMatchObject({ code: 'inference.unavailable' });
    } finally {
      clock.mockRestore();
    }
    expect(await reader.read(question, sentences)).toEqual(await first);
  });

  it('reads on in another thread where one died, and says so to whom it read for', async () => {
    const threads: Worker[] = [];
    const post = Reflect.get(Worker.prototype, 'postMessage') as Worker['postMessage'];
    const seen = jest.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (
      this: Worker,
      value,
    ) {
      threads.push(this);
      post.call(this, value);
    });
    try {
      const before = await reader.read(question, sentences);
      const dying = reader.read(question, sentences);
      await new Promise((resolve) => setImmediate(resolve));
      threads[0]?.emit('error', new Error('out of memory'));
      await expect(dying).rejects.toMatchObject({ code: 'inference.unavailable' });
      expect(await reader.read(question, sentences)).toEqual(before);
      expect(new Set(threads).size).toBe(2);
    } finally {
      seen.mockRestore();
      await threads[0]?.terminate();
    }
  });

  it('reads texts of any length and kind, and none at all', async () => {
    const odd = ['', '\u0000', '🦊'.repeat(2000), 'word '.repeat(20_000), '[SEP] [CLS] ## \ud800'];
    const { sentences: scores } = await reader.read('?'.repeat(2000), odd);
    expect(scores).toHaveLength(odd.length);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect((await reader.read('', [])).sentences).toEqual([]);
  });

  it('refuses files that are not those of its digests', () => {
    const models = mkdtempSync(join(tmpdir(), 'belay-reader-'));
    try {
      cpSync(modelsFolder(), models, {
        recursive: true,
        filter: (path) => !/training/.test(path),
      });
      const path = join(models, loadReader({ models }).files[0]?.path ?? '');
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      writeFileSync(path, bytes);
      expect(() => SentenceReader.bundled(1, { models })).toThrow(/digest/);
    } finally {
      rmSync(models, { recursive: true, force: true });
    }
  });
});

describe('a packed reading', () => {
  const tokenizer = { encode: (text: string) => [101, ...Array.from(text, (c) => c.charCodeAt(0)), 102] };

  it('knows where each sentence stands', () => {
    const { ids, spans } = packReading(tokenizer, 'q', ['ab', 'c'], { question: 8, sentence: 8 });
    expect(ids).toEqual([101, 113, 102, 97, 98, 102, 99, 102]);
    expect(spans.map(({ from, to }) => ids.slice(from, to))).toEqual([[97, 98], [99]]);
  });

  it('takes the log of summed odds for a sentence', () => {
    const packed = { ids: [0, 0, 0, 0], spans: [{ from: 1, to: 3 }] };
    const { sentences: found, none } = readScores(
      Float32Array.from([2, Math.log(3), Math.log(4), 9]),
      packed,
    );
    expect(found[0]).toBeCloseTo(Math.log(7), 5);
    expect(none).toBe(2);
  });
});
