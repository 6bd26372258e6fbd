import type { Reading } from '@belay/inference';
import type { RankedSentence } from '../rank-sentences.js';
import type { Ranker } from '../rankers.js';

/** What reads a question with sentences, all at once: of each how far it answers, as a logit. */
export interface Reader {
  /** Languages of questions and sentences that it was trained on. */
  readonly languages: readonly string[];
  read(question: string, sentences: readonly string[]): Promise<Reading>;
}

/** A question as a reader needs it. */
export interface AskedQuestion {
  readonly text: string;
  readonly language: string | null;
}

/** Sentences in the order of both scores, and how far the first of them answers. */
export interface CloselyRead {
  readonly ranked: readonly RankedSentence[];
  /** The reader's log-odds of the first sentence against none of those that it read; undefined where it read nothing. */
  readonly odds: number | undefined;
}

/**
 * Reads the best few sentences again with the question and puts them in the order of both scores, those that were not
 * read behind them. Sentences stay as they are where a ranker has no weight for reading, or where the reader does not
 * know the language.
 */
export async function readClosely(
  { text, language }: AskedQuestion,
  ranked: readonly RankedSentence[],
  { reading }: Pick<Ranker, 'reading'>,
  reader: Reader,
): Promise<CloselyRead> {
  const best = ranked[0];
  if (reading === undefined || best === undefined) return { ranked, odds: undefined };
  const isRead = (name: string | null): boolean => name === null || reader.languages.includes(name);
  const near = ranked
    .filter(({ score, passage }) => score >= best.score - reading.reach && isRead(passage.language))
    .slice(0, reading.sentences);
  if (near[0] !== best || !isRead(language)) return { ranked, odds: undefined };
  const { sentences: logits, none } = await reader.read(
    text,
    near.map((sentence) => sentence.text),
  );
  const highest = Math.max(...logits);
  const read = near.map((sentence, index) => {
    const logit = logits[index] ?? highest;
    return { logit, sentence: { ...sentence, score: sentence.score + reading.weight * (logit - highest) } };
  });
  read.sort((a, b) => b.sentence.score - a.sentence.score);
  const lowest = read.at(-1)?.sentence.score ?? best.score;
  const others = ranked
    .filter((sentence) => !near.includes(sentence))
    .map((sentence) => ({ ...sentence, score: Math.min(sentence.score, lowest) }));
  return {
    ranked: [...read.map(({ sentence }) => sentence), ...others],
    odds: (read[0]?.logit ?? none) - none,
  };
}
