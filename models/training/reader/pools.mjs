/**
 * Writes what a reader is trained on: for each question the sentences that the ranker of a model puts first, once with
 * the document of the answer and once without.
 *   node pools.mjs FOLDER MODEL work/pools.jsonl        (here, after npm run build)
 */
import { writeFileSync } from 'node:fs';
import { rankerOf } from '../../../libs/answering/dist/rankers.js';
import { holds, readSet } from '../answering/corpus.mjs';
import { rankedIn } from './ranked.mjs';

const KEPT = 12;

const [folder, model, target] = process.argv.slice(2);
const set = await readSet(folder, model);
const ranker = rankerOf(model);
const titles = new Map(set.chunks.map(({ document, title }) => [document, title]));
const rows = set.questions.map((question) => {
  const pool = (hides) =>
    rankedIn(set, question, ranker, hides)
      .ranked.slice(0, KEPT)
      .map(({ text, passage }) => ({ text, right: passage.documentId === question.document && holds(text, question.answers) }));
  return {
    question: question.text,
    answers: question.answers,
    title: titles.get(question.document),
    seen: pool(),
    hidden: pool((chunk) => chunk.document === question.document),
  };
});
writeFileSync(target, rows.map((row) => JSON.stringify(row)).join('\n'));
