import { splitSentences, type SentenceRange } from './sentences.js';

// Where a passage has more sentences, as lists and tables do, neighbours share a vector: what it costs stays bounded.
const MOST_PARTS = 8;

const sharing = (sentences: number): number => Math.max(1, Math.ceil(sentences / MOST_PARTS));

/** The parts of a passage that have a vector of their own: its sentences, or runs of as many as share one. */
export function partsOf(text: string, language: string): SentenceRange[] {
  const sentences = splitSentences(text, language);
  const size = sharing(sentences.length);
  return sentences.flatMap(({ start }, index) => {
    if (index % size !== 0) return [];
    const last = sentences[Math.min(index + size, sentences.length) - 1];
    return [{ start, end: last?.end ?? start }];
  });
}

/** The cosine of sentence `at` of `count`; null where the parts belong to a text that is cut otherwise. */
export function cosineAt(
  parts: readonly number[] | null | undefined,
  at: number,
  count: number,
): number | null {
  const size = sharing(count);
  if (!parts || parts.length !== Math.ceil(count / size)) return null;
  return parts[Math.floor(at / size)] ?? null;
}

/** Vectors one behind another, each number as one of 255 steps up to its largest: what is compared is their direction. */
export function packVectors(vectors: readonly Float32Array[]): Buffer {
  return Buffer.concat(
    vectors.map((vector) => {
      const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
      return Buffer.from(Int8Array.from(vector, (value) => Math.round((value / largest) * 127)).buffer);
    }),
  );
}

/** The cosine of a question with each of the vectors of `packed`; 0 with one of zeros. */
export function packedCosines(packed: Buffer, asked: Float32Array): number[] {
  const values = new Int8Array(packed.buffer, packed.byteOffset, packed.length);
  const length = Math.sqrt(asked.reduce((sum, value) => sum + value * value, 0));
  return Array.from({ length: Math.floor(values.length / asked.length) }, (_, index) => {
    const offset = index * asked.length;
    let [product, square] = [0, 0];
    for (let at = 0; at < asked.length; at += 1) {
      const value = values[offset + at] as number;
      product += value * (asked[at] as number);
      square += value * value;
    }
    return square > 0 && length > 0 ? product / (Math.sqrt(square) * length) : 0;
  });
}
