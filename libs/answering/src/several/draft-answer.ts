import type { AskRequest, SearchRequest } from '@belay/contracts';
import { analyzeQuery, analyzeText, type Passage, type Searched, type SearchOutcome } from '@belay/retrieval';
import {
  answerSentence,
  type AnswerSentence,
  composeAnswer,
  type Judges,
  STRATEGY,
} from '../compose-answer.js';
import type { Span } from '../about/unnamed.js';
import type { Confidence } from '../confidence.js';
import { coverage, readQuestion } from '../question.js';
import { chooseDocuments, MOST_DOCUMENTS } from './choose-documents.js';
import { readAim, type Side } from './read-aim.js';

/** A search, and what it ran on. */
export type FoundOutcome = SearchOutcome & Pick<Searched, 'basis' | 'models'>;
/** Runs one search of an answer. */
export type Search = (request: Pick<SearchRequest, 'query' | 'limit' | 'unit'>) => Promise<FoundOutcome>;

/** A sentence with what it is for; `side` is 0 or 1 where two things are compared. */
export interface DraftSentence extends AnswerSentence {
  readonly role: 'answer' | 'conflicting';
  readonly side: 0 | 1 | null;
}

/** An answer before its quotes are verified: no sentence where it abstains. */
export interface Draft extends Confidence {
  readonly strategy: string;
  readonly sentences: readonly DraftSentence[];
  readonly outcome: FoundOutcome;
  /** Names in the question that nothing quoted holds; only where it was asked as a whole. */
  readonly unnamed?: readonly Span[];
}

/** Passages that sentences are chosen from. */
const PASSAGES = 8;
// Of the weight of a side's name, what the passage that speaks for it must hold.
const IS_ABOUT = 0.6;
const TRIED = 3;

export const DOCUMENTS_STRATEGY = 'extractive-documents-1';
export const COMPARISON_STRATEGY = 'extractive-comparison-1';

/**
 * Answers as the question wants it: sentences, a list of documents, or one thing held against another. A
 * comparison that finds neither side, or one quote for both, is asked as an ordinary question; a list that finds no document abstains.
 */
export async function draftAnswer(search: Search, request: AskRequest, judges: Judges): Promise<Draft> {
  const aim = readAim(request.question);
  if (aim.kind === 'documents') return draftDocuments(search, aim.topic, judges);
  if (aim.kind === 'comparison') {
    const draft = await draftComparison(search, aim.sides, judges);
    if (draft.sentences.length > 0) return draft;
  }
  return draftQuotes(search, request.question, request.sentences, judges);
}

async function draftQuotes(
  search: Search,
  question: string,
  sentences: number,
  judges: Judges,
): Promise<Draft> {
  const outcome = await search({ query: question, limit: PASSAGES, unit: 'passage' });
  const composed = await composeAnswer(question, outcome, sentences, judges);
  const { confidence, threshold } = composed;
  const draft = { strategy: STRATEGY, confidence, threshold, outcome };
  if (composed.outcome === 'abstained') return { ...draft, sentences: [] };
  const chosen = composed.sentences.map((sentence) => ({ ...sentence, role: 'answer', side: null }) as const);
  const conflicts = composed.conflicts.map(
    (sentence) => ({ ...sentence, role: 'conflicting', side: null }) as const,
  );
  return { ...draft, sentences: [...chosen, ...conflicts], unnamed: composed.unnamed };
}

async function draftDocuments(search: Search, topic: string, { ranker }: Judges): Promise<Draft> {
  const outcome = await search({ query: topic, limit: MOST_DOCUMENTS + 1, unit: 'document' });
  const sentences = chooseDocuments(topic, outcome, ranker).map(
    (sentence) => ({ ...answerSentence(sentence), role: 'answer', side: null }) as const,
  );
  const { threshold } = ranker;
  const confidence = Number(sentences.length > 0);
  return { strategy: DOCUMENTS_STRATEGY, sentences, confidence, threshold, outcome };
}

async function draftComparison(search: Search, sides: readonly [Side, Side], judges: Judges): Promise<Draft> {
  const [first, second] = [
    await draftSide(search, sides[0], 0, judges),
    await draftSide(search, sides[1], 1, judges),
  ];
  // One quote that speaks of both is shown once, as that of an ordinary question.
  const sentences = quotesTheSame(first, second) ? [] : [...first.sentences, ...second.sentences];
  const [{ confidence, threshold } = first] = [first, second]
    .filter((draft) => draft.sentences.length > 0)
    .sort((a, b) => b.confidence - a.confidence);
  return { strategy: COMPARISON_STRATEGY, sentences, confidence, threshold, outcome: first.outcome };
}

function quotesTheSame({ sentences: [one] }: Draft, { sentences: [other] }: Draft): boolean {
  return one !== undefined && one.passage.versionId === other?.passage.versionId && one.start === other.start;
}

// The best sentence on a side may speak of something else, so it is the first whose passage is about this.
async function draftSide(search: Search, side: Side, index: 0 | 1, judges: Judges): Promise<Draft> {
  const draft = await draftQuotes(search, side.question, TRIED, judges);
  const own = draft.sentences.find(
    ({ role, passage }) => role === 'answer' && isAbout(side, draft.outcome, passage),
  );
  return { ...draft, sentences: own === undefined ? [] : [{ ...own, side: index }] };
}

// What it is called, and what both sides are asked for, each on its own.
function isAbout({ subject, question }: Side, outcome: SearchOutcome, passage: Passage): boolean {
  const naming = new Set(analyzeQuery(subject, []).map(({ term }) => term));
  const read = readQuestion(question, outcome.queryTerms);
  const { title, heading, text, language } = passage;
  const { terms } = analyzeText([title, ...heading, text].join('\n'), language);
  const holds = (words: typeof read.words): boolean => {
    const weight = words.reduce((sum, { idf }) => sum + idf, 0);
    return coverage({ ...read, words }, (term) => terms.has(term)) >= IS_ABOUT * weight;
  };
  const named = read.words.filter(({ written }) => naming.has(written));
  return named.length > 0 && holds(named) && holds(read.words.filter((word) => !named.includes(word)));
}
