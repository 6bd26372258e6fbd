import type { Passage, SearchOutcome } from '@belay/retrieval';
import { type Confidence, confidenceOf, confidenceUnread, isUnsure } from './confidence.js';
import { aboutAsked } from './about/about-asked.js';
import { type Span, unnamedIn } from './about/unnamed.js';
import { readQuestion } from './question.js';
import { linearScore, rankSentences, type RankedSentence } from './rank-sentences.js';
import type { Ranker } from './rankers.js';
import { readClosely, type Reader } from './reading/read-closely.js';
import { chooseSecond } from './second-sentence.js';
import { describeSentences } from './sentence-features.js';
import { findConflicts } from './several/find-conflict.js';
import { plainText } from './plain-text.js';
import { describeEvidence } from './weigh-evidence.js';

/** A sentence of an answer; `start` and `end` are offsets into the version's text. */
export interface AnswerSentence {
  readonly documentId: string;
  readonly versionId: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly passage: Passage;
}

/** What was found: sentences, best first, or nothing that is good enough. */
export type ComposedAnswer = Confidence &
  (
    | {
        readonly outcome: 'answered';
        readonly sentences: AnswerSentence[];
        /** What other documents say otherwise, of what the first sentence says. */
        readonly conflicts: AnswerSentence[];
        /** Names in the question that nothing quoted holds, nor what stands around it. */
        readonly unnamed: readonly Span[];
      }
    | { readonly outcome: 'abstained' }
  );

/** The name of this way of answering, as it stands on every answer's record. */
export const STRATEGY = 'extractive-reading-6';

/** Of answers that name something else than the question, half held what was asked for (ADR 79). */
export const MOST_WHERE_UNNAMED = 0.5;

/** Passages that sentences are chosen from. */
export const READ_PASSAGES = 8;

/** What sentences are judged by: weights of what they have of a question, and a model that reads the best of them. */
export interface Judges {
  readonly ranker: Ranker;
  readonly reader: Reader;
}

/** Chooses the sentences that answer a question from what a search found, or abstains. */
export async function composeAnswer(
  question: string,
  outcome: SearchOutcome,
  sentences: number,
  { ranker, reader }: Judges,
): Promise<ComposedAnswer> {
  const read = readQuestion(question, outcome.queryTerms);
  const passages = outcome.passages.slice(0, READ_PASSAGES);
  const ranked = aboutAsked(
    question,
    read,
    rankSentences(describeSentences(read, passages), ranker.sentence),
  );
  // "What is this?" is held by many a sentence, and answered by none.
  if (ranked.length === 0 || !read.isTelling) {
    return { outcome: 'abstained', confidence: 0, threshold: ranker.threshold };
  }
  const evidence = linearScore(describeEvidence(read, outcome, ranked), ranker.evidence) + ranker.bias;
  const unread = confidenceUnread(evidence, ranker);
  if (isUnsure(unread)) return { outcome: 'abstained', ...unread };
  const asked = { text: question, language: read.language };
  const single = withoutRepeats(ranked);
  const closely = await readClosely(asked, single, ranker, reader);
  const all = [...closely.ranked, ...ranked.filter((sentence) => !single.includes(sentence))];
  const shown = withoutPadding(closely.ranked, ranker);
  const chosen = chooseSecond(read, shown, ranker.second).slice(0, sentences);
  const unnamed = unnamedIn(
    question,
    chosen.map(({ passage }) => passage),
  );
  const { confidence, threshold } = confidenceOf(evidence, closely.odds, ranker);
  const most = unnamed.length > 0 ? MOST_WHERE_UNNAMED : 1;
  const sure = { confidence: Math.min(confidence, most), threshold };
  if (isUnsure(sure)) return { outcome: 'abstained', ...sure };
  const conflicts = chosen.slice(0, 1).flatMap((first) => findConflicts(read, first, all));
  return {
    outcome: 'answered',
    sentences: chosen.filter((sentence) => !conflicts.includes(sentence)).map(answerSentence),
    conflicts: conflicts.map(answerSentence),
    unnamed,
    ...sure,
  };
}

// A further sentence so far behind the best hardly ever held an answer that the best did not: it would be padding.
function withoutPadding(ranked: readonly RankedSentence[], { nextSentence }: Ranker): RankedSentence[] {
  const best = ranked[0]?.score ?? 0;
  return ranked.filter(({ score }) => score >= best + nextSentence);
}

// Copies of one sentence in several documents would fill an answer with itself.
function withoutRepeats(ranked: readonly RankedSentence[]): RankedSentence[] {
  const seen = new Set<string>();
  return ranked.filter(({ text }) => {
    const key = plainText(text);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A ranked sentence as it is quoted. */
export function answerSentence({ passage, start, end, text }: RankedSentence): AnswerSentence {
  return { documentId: passage.documentId, versionId: passage.versionId, start, end, text, passage };
}
