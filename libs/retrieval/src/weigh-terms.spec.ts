import { describe, expect, it } from '@jest/globals';
import { analyzeQuery } from './analyze.js';
import { inverseFrequency, theoreticalMaximum } from './bm25.js';
import { weighTerms } from './weigh-terms.js';

describe('weighing the words of a query', () => {
  // One text of a hundred was taken for German, where "running" is its own stem.
  const terms = analyzeQuery('running', ['en', 'de']);
  const held = new Map([
    ['run', 60],
    ['running', 1],
  ]);
  const frequencyOf = (id: string) => held.get(terms.find(({ termId }) => termId === id)?.term ?? '') ?? 0;

  it('gives a form that one stray text holds no more than its word', () => {
    const weighed = weighTerms(terms, 100, frequencyOf);
    expect(weighed.map(({ term }) => term)).toEqual(['run', 'running']);
    expect(weighed.map(({ idf }) => idf)).toEqual(Array(2).fill(inverseFrequency(100, 61)));
    expect(weighed.every(({ found }) => found)).toBe(true);
  });

  it('bounds a score by the words of a query, however many forms they have', () => {
    const weighed = weighTerms(terms, 100, frequencyOf);
    expect(theoreticalMaximum(weighed)).toBeCloseTo(inverseFrequency(100, 61) * 2.2);
  });

  it('tells what nothing holds', () => {
    expect(weighTerms(analyzeQuery('kites', ['en']), 10, () => 0)[0]).toMatchObject({ found: false });
  });
});
