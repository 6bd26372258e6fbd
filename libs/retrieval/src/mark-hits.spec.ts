import { describe, expect, it } from '@jest/globals';
import { analyzeQuery } from './analyze.js';
import { hitMarker } from './mark-hits.js';
import { weighTerms } from './weigh-terms.js';

const CHUNKS = 10;

/** What is marked of a text, where each word of the query is in so many of ten chunks. */
function marked(query: string, text: string, frequencies: Readonly<Record<string, number>>): string[] {
  const terms = analyzeQuery(query, ['en']);
  const frequencyOf = (termId: string): number =>
    frequencies[terms.find((term) => term.termId === termId)?.term ?? ''] ?? 0;
  const spans = hitMarker(query, weighTerms(terms, CHUNKS, frequencyOf))(text, 'en');
  return spans.map(([start, end]) => text.slice(start, end));
}

describe('the words of a query in what was found', () => {
  const hotels = 'Hotels on business trips cost SEK 1800 at most.';

  it('are marked in any of their forms', () => {
    expect(marked('hotel trip', hotels, { hotel: 1, trip: 1 })).toEqual(['Hotels', 'trips']);
  });

  it('are not those that only join others', () => {
    expect(marked('hotel on trips', hotels, { hotel: 1, on: 1, trip: 1 })).toEqual(['Hotels', 'trips']);
    expect(marked('hotel on trips', 'Defibrillators hang on every floor.', { hotel: 1, on: 1 })).toEqual([]);
  });

  it('are those where there is nothing else', () => {
    expect(marked('on', hotels, { on: 1 })).toEqual(['on']);
    expect(marked('zeppelin on', hotels, { on: 1 })).toEqual([]);
  });

  it('are not those that most passages hold', () => {
    expect(marked('hotel trips', hotels, { hotel: 1, trip: 10 })).toEqual(['Hotels']);
  });
});
