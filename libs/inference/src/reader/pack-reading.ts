import type { Tokenizer } from '../tokenizers/tokenizer.js';

/** Most tokens of a question and of a sentence that are read; the rest of either is left out. */
export interface ReadingLimits {
  readonly question: number;
  readonly sentence: number;
}

/** Token ids of a question and sentences in one sequence, and where the tokens of each sentence stand in it. */
export interface PackedReading {
  readonly ids: readonly number[];
  readonly spans: readonly { readonly from: number; readonly to: number }[];
}

/** How far each of a reading's sentences answers, and how far none does: logits, which compare within one reading. */
export interface Reading {
  readonly sentences: readonly number[];
  readonly none: number;
}

const SPECIAL = 2;
// Of a text without end only so much is taken apart; words are shorter, with what stands between them.
const LONGEST_TOKEN = 50;

/** `[CLS] question [SEP] sentence [SEP] sentence [SEP] …`, by a tokenizer that puts `[CLS]` and `[SEP]` around texts. */
export function packReading(
  tokenizer: Tokenizer,
  question: string,
  sentences: readonly string[],
  limits: ReadingLimits,
): PackedReading {
  const encode = (text: string, most: number): number[] =>
    tokenizer.encode(text.slice(0, most * LONGEST_TOKEN), most + SPECIAL);
  const ids = encode(question, limits.question);
  const spans = sentences.map((sentence) => {
    const from = ids.length;
    ids.push(...encode(sentence, limits.sentence).slice(1));
    return { from, to: ids.length - 1 };
  });
  return { ids, spans };
}

/** A reading from the score of each token: of a sentence, the log of the summed odds of its tokens; of none, `[CLS]`'s. */
export function readScores(scores: Float32Array, { spans }: PackedReading): Reading {
  const sentences = spans.map(({ from, to }) => logSumExp(scores.subarray(from, to)));
  return { sentences, none: scores[0] ?? 0 };
}

// A sentence without a token has no odds at all, as far as numbers go.
const NOTHING = -100;

function logSumExp(values: Float32Array): number {
  const highest = values.reduce((most, value) => Math.max(most, value), NOTHING);
  const sum = values.reduce((total, value) => total + Math.exp(value - highest), 0);
  return values.length === 0 ? NOTHING : highest + Math.log(sum);
}
