import { describe, expect, it } from '@jest/globals';
import { sentencesOf, type VerifiedQuote } from './verify-sentences.js';

const QUESTION = 'What does a lunch cost?';
const TODAY = new Date('2026-11-27T12:00:00Z');

function quote(role: 'answer' | 'conflicting', date: string, dateStated = true): VerifiedQuote {
  const place = { documentId: date, versionId: date, start: 0, end: 1, sha256: '' };
  const named = { title: date, collection: '', collectionId: '', page: null };
  const citation = { ...place, ...named, quote: date, date, dateStated, superseded: false };
  return { ...place, role, side: null, citation };
}
const order = (...quotes: VerifiedQuote[]): string[][] =>
  sentencesOf(QUESTION, 'any', quotes, TODAY).map(({ text, role }) => [text, role]);

describe('of quotes that disagree', () => {
  it('the one of the newer document answers', () => {
    expect(order(quote('answer', '2024-03'), quote('conflicting', '2026-11-27'))).toEqual([
      ['2026-11-27', 'answer'],
      ['2024-03', 'conflicting'],
    ]);
    expect(order(quote('answer', '2026'), quote('conflicting', '2024'))[0]).toEqual(['2026', 'answer']);
  });

  it('the one that is valid already answers, whatever says that it is from a day to come', () => {
    for (const toCome of ['2026-11-28', '2026-12', '2027']) {
      expect(order(quote('answer', '2024'), quote('conflicting', toCome))[0]).toEqual(['2024', 'answer']);
      expect(order(quote('answer', toCome), quote('conflicting', '2024'))).toEqual([
        ['2024', 'answer'],
        [toCome, 'conflicting'],
      ]);
    }
    expect(order(quote('answer', '2028'), quote('conflicting', '2027'))[0]).toEqual(['2028', 'answer']);
    const undated = quote('conflicting', '2026-01-01', false);
    expect(order(quote('answer', '2027'), undated)[0]).toEqual(['2026-01-01', 'answer']);
  });

  it('the better one answers where one of them does not say how old it is', () => {
    expect(order(quote('answer', '2024'), quote('conflicting', '2026-11-27', false))[0]?.[0]).toBe('2024');
  });

  it('the newest of many that is valid already answers, and all others are shown behind what else answers', () => {
    const others = ['2025', '2027', '2026'].map((date) => quote('conflicting', date));
    expect(order(quote('answer', '2024'), quote('answer', 'also'), ...others)).toEqual([
      ['2026', 'answer'],
      ['also', 'answer'],
      ['2024', 'conflicting'],
      ['2025', 'conflicting'],
      ['2027', 'conflicting'],
    ]);
  });
});
