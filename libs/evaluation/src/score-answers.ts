import type { JudgedQuestion } from './risk-coverage.js';
import { containsAnswer, tokenF1 } from './token-overlap.js';

/** A question as it was asked and answered. No sentences: it was refused. */
export interface AskedQuestion {
  /** False where nothing that the asker may read answers it. */
  readonly answerable: boolean;
  readonly answers: readonly string[];
  readonly sentences: readonly string[];
  readonly citations: number;
  /** Citations whose quote is what stands in a document that the asker may read. */
  readonly validCitations: number;
  /** How sure the answer, or the refusal, was; null where nothing tells. */
  readonly confidence: number | null;
  /** Of the question; `und` where its dataset does not say. */
  readonly language: string;
}

/** Shares of 0 to 1 and means; null where no question of the kind was asked. */
export interface AnswerMetrics {
  /** Questions that got an answer, of all. */
  readonly answered_rate: number | null;
  /** Answerable questions whose answer shows an accepted one; a refusal does not. */
  readonly contains_gold: number | null;
  /** Words of an answer, of those that were given. */
  readonly mean_words: number | null;
  /** The best F1 with an accepted answer, of answerable questions; a refusal has 0. */
  readonly token_f1: number | null;
  /** Answerable questions that were refused. */
  readonly false_refusal: number | null;
  /** Unanswerable questions that were refused. */
  readonly true_refusal: number | null;
  /** Citations that hold, of all. */
  readonly citation_validity: number | null;
}

/** The answerable questions as the curve and the calibration need them. */
export function judgeAnswers(asked: readonly AskedQuestion[]): JudgedQuestion[] {
  return asked.flatMap((question) => {
    if (!question.answerable || question.confidence === null) return [];
    const right = containsAnswer(shown(question), question.answers);
    return [{ confidence: question.confidence, shown: !refused(question), right }];
  });
}

/** The figures of each language by itself. */
export function scoreByLanguage(asked: readonly AskedQuestion[]): Record<string, AnswerMetrics> {
  const languages = [...new Set(asked.map(({ language }) => language))].sort();
  return Object.fromEntries(
    languages.map((language) => [language, scoreAnswers(asked.filter((row) => row.language === language))]),
  );
}

/** The figures of a set of asked questions. */
export function scoreAnswers(asked: readonly AskedQuestion[]): AnswerMetrics {
  const answerable = asked.filter((question) => question.answerable);
  const unanswerable = asked.filter((question) => !question.answerable);
  const given = asked.filter((question) => !refused(question));
  const citations = sum(asked, (question) => question.citations);
  return {
    answered_rate: mean(asked, (question) => Number(!refused(question))),
    contains_gold: mean(answerable, (question) => Number(containsAnswer(shown(question), question.answers))),
    mean_words: mean(given, (question) => shown(question).split(/\s+/).filter(Boolean).length),
    token_f1: mean(answerable, bestF1),
    false_refusal: mean(answerable, (question) => Number(refused(question))),
    true_refusal: mean(unanswerable, (question) => Number(refused(question))),
    citation_validity: citations === 0 ? null : sum(asked, (question) => question.validCitations) / citations,
  };
}

const refused = (question: AskedQuestion): boolean => question.sentences.length === 0;

const shown = (question: AskedQuestion): string => question.sentences.join(' ');

function bestF1(question: AskedQuestion): number {
  if (refused(question)) return 0;
  return Math.max(0, ...question.answers.map((answer) => tokenF1(shown(question), answer)));
}

function sum(asked: readonly AskedQuestion[], measure: (question: AskedQuestion) => number): number {
  return asked.reduce((total, question) => total + measure(question), 0);
}

function mean(asked: readonly AskedQuestion[], measure: (question: AskedQuestion) => number): number | null {
  return asked.length === 0 ? null : sum(asked, measure) / asked.length;
}
