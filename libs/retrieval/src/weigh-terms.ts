import type { QueryTerm } from './analyze.js';
import { inverseFrequency } from './bm25.js';

/** A query term weighed over the caller's own chunks; `found` is false where none of them holds it. */
export interface WeightedTerm extends QueryTerm {
  readonly idf: number;
  readonly found: boolean;
}

/**
 * Weighs query terms by how many of `chunks` chunks hold their word in any of its forms: a form that a text in another
 * language, or one that was taken for it, happens to hold is no rarer than the word.
 */
export function weighTerms(
  terms: readonly QueryTerm[],
  chunks: number,
  frequencyOf: (termId: string) => number,
): WeightedTerm[] {
  const holding = new Map<number, number>();
  for (const { word, termId } of terms) holding.set(word, (holding.get(word) ?? 0) + frequencyOf(termId));
  return terms.map((term) => {
    const frequency = Math.min(chunks, holding.get(term.word) ?? 0);
    return { ...term, idf: inverseFrequency(chunks, frequency), found: frequencyOf(term.termId) > 0 };
  });
}
