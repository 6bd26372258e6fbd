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
  /** The cosine of each word of the question with its nearest word of the sentence, in the question's order. */
  readonly near: readonly number[];
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

/**
 * Compares sentences, given by their words, with one question. A word is looked up once, however many of them hold it.
 */
export function meaningsTo(question: Question): (sentence: readonly string[]) => Meaning {
  const asked = sumOf(wordsOf(question.lowered));
  const askedNorm = Math.sqrt(dot(asked, asked));
  const { words, totalIdf } = question;
  const nearnessOf = nearnessTo(words.map(({ written }) => sumOf(wordsOf(written))));
  const own = new Float32Array(asked.length);
  return (sentence) => {
    const near = new Array<number>(words.length).fill(0);
    for (const word of new Set(sentence)) {
      const nearness = nearnessOf(word);
      for (let at = 0; at < near.length; at += 1)
        near[at] = Math.max(near[at] as number, nearness[at] as number);
    }
    const aligned = words.reduce((sum, { idf }, at) => sum + idf * (near[at] ?? 0), 0);
    addUp(sentence, own);
    const like = ratio(dot(asked, own), askedNorm, Math.sqrt(dot(own, own)));
    return { like, aligned: totalIdf > 0 ? aligned / totalIdf : 0, near };
  };
}

/** The cosines of a word with each of `asked`. */
function nearnessTo(asked: readonly Float32Array[]): (word: string) => Float64Array {
  const norms = asked.map((vector) => Math.sqrt(dot(vector, vector)));
  const known = new Map<string, Float64Array>();
  return (word) => {
    const made = known.get(word);
    if (made) return made;
    const vector = vectors().word(word);
    const norm = Math.sqrt(dot(vector, vector));
    const near = Float64Array.from(dots(vector, asked), (value, at) => ratio(value, norms[at] ?? 0, norm));
    known.set(word, near);
    return near;
  };
}

const sumOf = (words: readonly string[]): Float32Array => addUp(words, new Float32Array(vectors().dimension));

function addUp(words: readonly string[], sum: Float32Array): Float32Array {
  const source = vectors();
  sum.fill(0);
  for (const word of words) {
    const row = source.word(word);
    for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + (row[at] as number);
  }
  return sum;
}

const ratio = (product: number, norm: number, other: number): number =>
  norm > 0 && other > 0 ? product / (norm * other) : 0;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

const TOGETHER = 4;

// Each sum waits for its own last addition: four sums at once take hardly longer than one, and each stays the same.
function dots(vector: Float32Array, others: readonly Float32Array[]): Float64Array {
  const sums = new Float64Array(others.length);
  const nothing = vector;
  for (let from = 0; from < others.length; from += TOGETHER) {
    const a = others[from] ?? nothing;
    const b = others[from + 1] ?? nothing;
    const c = others[from + 2] ?? nothing;
    const d = others[from + 3] ?? nothing;
    let [w, x, y, z] = [0, 0, 0, 0];
    for (let at = 0; at < vector.length; at += 1) {
      const value = vector[at] as number;
      w += value * (a[at] as number);
      x += value * (b[at] as number);
      y += value * (c[at] as number);
      z += value * (d[at] as number);
    }
    [w, x, y, z].slice(0, others.length - from).forEach((sum, index) => (sums[from + index] = sum));
  }
  return sums;
}
