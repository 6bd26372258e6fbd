/** Saturation of repeated terms. */
export const K1 = 1.2;
/** How far the length of a chunk is held against it. */
export const B = 0.75;

/** A query term's id and the weight of its word over the caller's own chunks. */
export interface TermWeight {
  readonly termId: string;
  readonly word: number;
  readonly idf: number;
}

/** Inverse document frequency over `chunks` chunks, `frequency` of which hold the term. Never negative. */
export function inverseFrequency(chunks: number, frequency: number): number {
  return Math.log(1 + Math.max(0, chunks - frequency + 0.5) / (frequency + 0.5));
}

/** The score that a chunk would have if it repeated every word without end, each in the form of its own language. */
export function theoreticalMaximum(weights: readonly TermWeight[]): number {
  const words = new Map(weights.map(({ word, idf }) => [word, idf]));
  return [...words.values()].reduce((sum, idf) => sum + idf * (K1 + 1), 0);
}
