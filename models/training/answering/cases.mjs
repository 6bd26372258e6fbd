/** Questions in corpora of several sizes, each with what is found, and with what is found once its answer is hidden. */
import { readQuestion } from '../../../libs/answering/dist/question.js';
import { describeSentences } from '../../../libs/answering/dist/sentence-features.js';
import { readOnce, search } from './corpus.mjs';

/** Passages that sentences are chosen from, as the product does. */
export const PASSAGES = 8;
// So that the weights do not belong to one size.
const SAMPLES = [
  { share: 1, questions: 450 },
  { share: 0.3, questions: 600 },
  { share: 0.15, questions: 550 },
  { share: 0.15, questions: 550 },
  { share: 0.06, questions: 250 },
];

let state = 20240607;
const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32);
const shuffled = (rows) => rows.map((row) => [random(), row]).sort((a, b) => a[0] - b[0]).map(([, row]) => row);

/** The title of each document, which is its article. */
export const titlesOf = ({ chunks }) => new Map(chunks.map(({ document, title }) => [document, title]));

/** The articles of a set whose titles `isIn` picks, with the questions about them. */
export function articlesOf(set, isIn) {
  const titles = titlesOf(set);
  return {
    ...set,
    chunks: set.chunks.filter(({ title }) => isIn(title)),
    questions: set.questions.filter(({ document }) => isIn(titles.get(document))),
  };
}

function sample(set, { share, questions }) {
  const documents = [...titlesOf(set).keys()];
  const kept = new Set(shuffled(documents).slice(0, Math.max(20, Math.round(share * documents.length))));
  return {
    ...set,
    chunks: set.chunks.filter((chunk) => kept.has(chunk.document)),
    questions: shuffled(set.questions.filter((question) => kept.has(question.document))).slice(0, questions),
  };
}

function describe(set, question, hides) {
  const outcome = search(set, question, PASSAGES, hides);
  const read = readQuestion(question.text, outcome.queryTerms);
  return { outcome, read, sentences: describeSentences(read, outcome.passages, readOnce) };
}

// What may not be answered: with the document hidden, and with all that there is on its subject.
const hidden = (set, question, title) => ({
  unseen: describe(set, question, (chunk) => chunk.document === question.document),
  elsewhere: describe(set, question, (chunk) => chunk.title === title),
});

/** Cases of all sizes; `hides` adds `unseen` and `elsewhere` to each. */
export function casesOf(set, { hides }) {
  const titles = titlesOf(set);
  return SAMPLES.flatMap((size) => {
    const part = sample(set, size);
    return part.questions.map((question) => {
      const title = titles.get(question.document);
      return { question, title, seen: describe(part, question), ...(hides && hidden(part, question, title)) };
    });
  });
}
