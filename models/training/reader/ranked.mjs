import { describeSentences } from '../../../libs/answering/dist/sentence-features.js';
import { rankSentences } from '../../../libs/answering/dist/rank-sentences.js';
import { readQuestion } from '../../../libs/answering/dist/question.js';
import { readOnce, search } from '../answering/corpus.mjs';

const PASSAGES = 8;

/** The sentences of one question in the order of a ranker, found without the chunks that `hides` picks. */
export function rankedIn(set, question, ranker, hides) {
  const outcome = search(set, question, PASSAGES, hides);
  const read = readQuestion(question.text, outcome.queryTerms);
  const sentences = describeSentences(read, outcome.passages, readOnce);
  return { outcome, read, sentences, ranked: rankSentences(sentences, ranker.sentence) };
}
