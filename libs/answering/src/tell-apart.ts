import type { Question } from './question.js';

/** What one sentence has of each word of a question, in the question's order. */
export interface Holding {
  /** Holds the word itself. */
  readonly own: readonly boolean[];
  /** The sentence, or the one that it continues, holds it. */
  readonly withPrevious: readonly boolean[];
  /** Cosine of the nearest word of the sentence. */
  readonly near: readonly number[];
}

/** Of what tells a pool's sentences apart, what one sentence has, 0 to 1. */
export interface Telling {
  readonly own: number;
  readonly withPrevious: number;
  readonly near: number;
}

/**
 * Weighs the words of a question anew within a pool of sentences: what is rare in the corpus stands in every second
 * sentence of the passages that were found for it, and says nothing about which of them answers.
 */
export function tellApart({ words }: Question, pool: readonly Holding[]): Telling[] {
  const weights = words.map(({ idf }, at) => {
    const holders = pool.reduce((count, { own }) => count + Number(own[at]), 0);
    return idf * Math.max(0, Math.log((pool.length + 1) / (holders + 0.5)));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const share = (amounts: readonly (boolean | number)[]): number =>
    weights.reduce((sum, weight, at) => sum + weight * Number(amounts[at]), 0) / total;
  return pool.map(({ own, withPrevious, near }) => ({
    own: share(own),
    withPrevious: share(withPrevious),
    near: share(near),
  }));
}
