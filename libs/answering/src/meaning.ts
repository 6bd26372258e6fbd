import { loadModel, StaticTable, verifyModel } from '@belay/inference';
import type { Question } from './question.js';

const TABLE = 'static-en-256';
type Row = Float32Array;
const round = Math.fround;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const ASCII = /^\p{ASCII}*$/u;
const ASCII_WORD = /[a-z0-9]+/g;

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
  if (ASCII.test(text)) return text.toLowerCase().match(ASCII_WORD) ?? [];
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
  const columns = columnsOf(asked);
  const known = new Map<string, Float64Array>();
  return (word) => {
    const made = known.get(word);
    if (made) return made;
    const near = products(vectors().word(word), columns);
    const norm = vectors().norm(word);
    for (let at = 0; at < norms.length; at += 1)
      near[at] = ratio(near[at] as number, norms[at] as number, norm);
    known.set(word, near);
    return near;
  };
}

const sumOf = (words: readonly string[]): Float32Array => addUp(words, new Float32Array(vectors().dimension));

// Four words at a time, each sum rounded as it would be if they were added one after the other.
function addUp(words: readonly string[], sum: Float32Array): Float32Array {
  const source = vectors();
  const rows = words.map((word) => source.word(word));
  sum.fill(0);
  let next = 0;
  for (; next + 3 < rows.length; next += 4) {
    const [a, b, c, d] = rows.slice(next, next + 4) as [Row, Row, Row, Row];
    for (let at = 0; at < sum.length; at += 1) {
      const two = round(round((sum[at] as number) + (a[at] as number)) + (b[at] as number));
      sum[at] = round(two + (c[at] as number)) + (d[at] as number);
    }
  }
  for (const row of rows.slice(next))
    for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + (row[at] as number);
  return sum;
}

const ratio = (product: number, norm: number, other: number): number =>
  norm > 0 && other > 0 ? product / (norm * other) : 0;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

const TOGETHER = 8;

/** Vectors by columns, eight beside each other, those that are missing to the last eight as zeros. */
function columnsOf(rows: readonly Float32Array[]): Float64Array {
  const { dimension } = vectors();
  const columns = new Float64Array(Math.ceil(rows.length / TOGETHER) * TOGETHER * dimension);
  rows.forEach((row, index) => {
    const from = Math.floor(index / TOGETHER) * TOGETHER * dimension + (index % TOGETHER);
    row.forEach((value, at) => (columns[from + at * TOGETHER] = value));
  });
  return columns;
}

// Each sum waits for its own last addition: eight sums at once take hardly longer than one, and each stays the same.
function products(vector: Float32Array, columns: Float64Array): Float64Array {
  const sums = new Float64Array(columns.length / vector.length);
  let next = 0;
  for (let from = 0; from < sums.length; from += TOGETHER) {
    let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let at = 0; at < vector.length; at += 1) {
      const value = vector[at] as number;
      a += value * (columns[next] as number);
      b += value * (columns[next + 1] as number);
      c += value * (columns[next + 2] as number);
      d += value * (columns[next + 3] as number);
      e += value * (columns[next + 4] as number);
      f += value * (columns[next + 5] as number);
      g += value * (columns[next + 6] as number);
      h += value * (columns[next + 7] as number);
      next += TOGETHER;
    }
    sums.set([a, b, c, d, e, f, g, h], from);
  }
  return sums;
}
