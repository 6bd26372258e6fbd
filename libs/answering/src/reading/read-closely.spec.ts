import { describe, expect, it } from '@jest/globals';
import type { Passage } from '@belay/retrieval';
import type { RankedSentence } from '../rank-sentences.js';
import { readClosely, type Reader } from './read-closely.js';

const sentence = (text: string, score: number, language = 'en') =>
  ({ text, score, passage: { language } as Passage }) as RankedSentence;

const NONE = 1.5;

/** Scores a sentence by its digits, and remembers what it was given. */
function digitReader() {
  const given: string[][] = [];
  const reader: Reader = {
    languages: ['en'],
    read: (_, sentences) => {
      given.push([...sentences]);
      return Promise.resolve({
        sentences: sentences.map((text) => text.replace(/\D/g, '').length),
        none: NONE,
      });
    },
  };
  return { reader, given };
}

const question = { text: 'How many?', language: 'en' };
const calibration = { slope: 1, reader: 1, offset: 0 };
const reading = { sentences: 3, reach: 2, weight: 0.5, calibration, gate: 0.3, threshold: 0.5 };
const ranked = [sentence('none', 3), sentence('1234', 2), sentence('12', 1.5), sentence('123456', 1.2)];

describe('readClosely', () => {
  it('orders the best few by both scores and leaves the rest behind them', async () => {
    const { reader, given } = digitReader();
    const { ranked: order, odds } = await readClosely(question, ranked, { reading }, reader);
    expect(given).toEqual([['none', '1234', '12']]);
    expect(order.map(({ text }) => text)).toEqual(['1234', 'none', '12', '123456']);
    const scores = order.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(odds).toBe(4 - NONE);
  });

  it('reads nothing that is further behind the best than the reach', async () => {
    const { reader, given } = digitReader();
    await readClosely(question, ranked, { reading: { ...reading, reach: 1 } }, reader);
    await readClosely(question, ranked, { reading: { ...reading, reach: 0.5 } }, reader);
    expect(given).toEqual([['none', '1234'], ['none']]);
  });

  it.each([
    ['the question is in another language', { ...question, language: 'de' }, ranked, reading],
    ['the best sentence is in another language', question, [sentence('8', 3, 'de'), ...ranked], reading],
    ['nothing was found', question, [], reading],
    ['the ranker has no weight for it', question, ranked, undefined],
  ])('leaves everything as it is where %s', async (_, asked, sentences, weights) => {
    const { reader, given } = digitReader();
    const read = await readClosely(asked, sentences, { reading: weights }, reader);
    expect(read).toEqual({ ranked: sentences, odds: undefined });
    expect(given).toEqual([]);
  });

  it('reads where the language of the question cannot be told', async () => {
    const { reader, given } = digitReader();
    await readClosely({ ...question, language: null }, ranked, { reading }, reader);
    expect(given).toHaveLength(1);
  });
});
