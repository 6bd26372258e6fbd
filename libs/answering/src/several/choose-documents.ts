import { analyzeText, type Passage, type SearchOutcome } from '@belay/retrieval';
import { coverage, readQuestion, type Question } from '../question.js';
import type { Ranker } from '../rankers.js';
import { rankSentences, type RankedSentence } from '../rank-sentences.js';
import { describeSentences } from '../sentence-features.js';

/** Documents that one answer names at most. */
export const MOST_DOCUMENTS = 12;
// A document mentions a topic where its best passage, with title and headings, holds nearly all of the topic's weight.
const MENTIONS = 0.85;

/**
 * For each document of a search by document whose best passage deals with `topic`, its best sentence, in the order of
 * the search. Empty where none does.
 */
export function chooseDocuments(topic: string, outcome: SearchOutcome, ranker: Ranker): RankedSentence[] {
  const question = readQuestion(topic, outcome.queryTerms);
  return outcome.passages.flatMap((passage) => {
    if (!mentions(question, passage)) return [];
    const [best] = rankSentences(describeSentences(question, [passage]), ranker.sentence);
    return best === undefined ? [] : [best];
  });
}

function mentions(question: Question, { title, heading, text, language }: Passage): boolean {
  if (question.totalIdf === 0) return false;
  const { terms } = analyzeText([title, ...heading, text].join('\n'), language);
  return coverage(question, (term) => terms.has(term)) >= MENTIONS * question.totalIdf;
}
