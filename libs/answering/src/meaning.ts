import { loadModel, StaticTable, verifyModel } from '@belay/inference';
import type { Question } from './question.js';

const TABLE = 'static-en-256';
const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** How near a sentence's meaning is to a question's, by word vectors: it needs no word in common. */
export interface Meaning {
  /** Cosine of the sums of both texts' word vectors. */
  readonly like: number;
  /** How near each word of the question comes to its nearest word of the sentence, weighted by rarity. */
  readonly aligned: number;
}

let table: StaticTable | undefined;
// The committed table, whatever model the index is made with: it is loaded once and looked up in microseconds.
const vectors = (): StaticTable => (table ??= new StaticTable(verifyModel(loadModel(TABLE, {}))));

/** The digest of the table that meanings are compared by. */
export const meaningDigest = (): string => loadModel(TABLE, {}).digest;

/** The words of a text as the table looks them up. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

interface Word {
  readonly vector: Float32Array;
  readonly norm: number;
}

/** Compares many sentences, given by their words, with one question. */
export function compareMeanings(question: Question, sentences: readonly (readonly string[])[]): Meaning[] {
  const asked = sumOf(wordsOf(question.lowered));
  const words = question.words.map(({ written, idf }) => ({ ...sumOf(wordsOf(written)), idf }));
  const weight = words.reduce((sum, { idf }) => sum + idf, 0);
  const nearness = new Map<string, number[]>();
  const nearnessOf = (word: string): number[] => {
    const known = nearness.get(word);
    if (known) return known;
    const sum = sumOf([word]);
    const made = words.map((own) => cosine(own, sum));
    nearness.set(word, made);
    return made;
  };
  return sentences.map((sentence) => {
    const near = [...new Set(sentence)].map(nearnessOf);
    const aligned = words.reduce(
      (sum, { idf }, index) => sum + idf * Math.max(0, ...near.map((row) => row[index] ?? 0)),
      0,
    );
    return { like: cosine(asked, sumOf(sentence)), aligned: weight > 0 ? aligned / weight : 0 };
  });
}

function sumOf(words: readonly string[]): Word {
  const source = vectors();
  const vector = new Float32Array(source.dimension);
  for (const word of words) {
    const row = source.word(word);
    for (let at = 0; at < row.length; at += 1) vector[at] = (vector[at] ?? 0) + (row[at] ?? 0);
  }
  return { vector, norm: Math.sqrt(dot(vector, vector)) };
}

const cosine = (a: Word, b: Word): number =>
  a.norm > 0 && b.norm > 0 ? dot(a.vector, b.vector) / (a.norm * b.norm) : 0;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
