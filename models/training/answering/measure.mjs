/**
 * Figures of sentence choice and refusal on a question set that was not fitted on.
 *   node models/training/answering/measure.mjs FOLDER [MODEL]
 */
import { pathToFileURL } from 'node:url';
import { SentenceReader } from '../../../libs/inference/dist/index.js';
import { composeAnswer } from '../../../libs/answering/dist/compose-answer.js';
import { confidenceOf } from '../../../libs/answering/dist/confidence.js';
import { describeSentences } from '../../../libs/answering/dist/sentence-features.js';
import { linearScore, rankSentences } from '../../../libs/answering/dist/rank-sentences.js';
import { rankerOf } from '../../../libs/answering/dist/rankers.js';
import { aboutAsked } from '../../../libs/answering/dist/about/about-asked.js';
import { readQuestion } from '../../../libs/answering/dist/question.js';
import { readClosely } from '../../../libs/answering/dist/reading/read-closely.js';
import { chooseSecond } from '../../../libs/answering/dist/second-sentence.js';
import { describeEvidence } from '../../../libs/answering/dist/weigh-evidence.js';
import { holds, readOnce, readSet, search } from './corpus.mjs';

/** Shares of questions; `trueRefusal` has the document with the answer hidden from the caller. */
export async function measure(set, ranker, limit, reader) {
  const judge = async (question, hides) => {
    const outcome = search(set, question, limit, hides);
    const read = readQuestion(question.text, outcome.queryTerms);
    const described = describeSentences(read, outcome.passages, readOnce);
    const ranked = aboutAsked(question.text, read, rankSentences(described, ranker.sentence));
    if (ranked.length === 0) return { outcome, ranked, confidence: 0, isRefused: true };
    const evidence = linearScore(describeEvidence(read, outcome, ranked), ranker.evidence) + ranker.bias;
    const closely = await readClosely({ text: question.text, language: read.language }, ranked, ranker, reader);
    const { confidence, threshold } = confidenceOf(evidence, closely.odds, ranker);
    return { outcome, ranked: chooseSecond(read, closely.ranked, ranker.second), confidence, isRefused: confidence < threshold };
  };
  const rows = [];
  for (const question of set.questions) {
    const seen = await judge(question);
    const right = seen.ranked.slice(0, 3).map(({ text }) => holds(text, question.answers));
    const gap = (seen.ranked[1]?.score ?? -Infinity) - (seen.ranked[0]?.score ?? 0);
    const isPadding = gap < ranker.nextSentence;
    const hidden = await judge(question, (chunk) => chunk.document === question.document);
    rows.push({
      pool: seen.outcome.passages.some((passage) => passage.documentId === question.document),
      one: right[0],
      two: right[0] || right[1],
      three: right.some(Boolean),
      shown: right[0] || (right[1] && !isPadding),
      isPadding,
      confidence: seen.confidence,
      isRefused: seen.isRefused,
      hidden: hidden.confidence,
      isHiddenRefused: hidden.isRefused,
    });
  }
  const share = (test) => Number((rows.filter(test).length / rows.length).toFixed(4));
  return {
    questions: rows.length,
    goldInPool: share((row) => row.pool),
    containsOne: share((row) => row.one),
    containsTwo: share((row) => row.two),
    containsThree: share((row) => row.three),
    trueRefusal: share((row) => row.isHiddenRefused),
    falseRefusal: share((row) => row.isRefused),
    shownOne: share((row) => row.one && !row.isRefused),
    shownTwo: share((row) => row.shown && !row.isRefused),
    padding: share((row) => row.isPadding),
    calibrationError: calibrationError(rows),
    ...area(rows),
  };
}

/** Expected calibration error of the confidence in quotes shown, in ten bins. */
function calibrationError(rows) {
  const bins = Array.from({ length: 10 }, () => []);
  for (const row of rows) bins[Math.min(9, Math.floor(row.confidence * 10))].push(row);
  const mean = (bin, value) => bin.reduce((sum, row) => sum + Number(value(row)), 0) / Math.max(1, bin.length);
  const errors = bins.map((bin) => (bin.length / rows.length) * Math.abs(mean(bin, (row) => row.confidence) - mean(bin, (row) => row.two)));
  return Number(errors.reduce((sum, error) => sum + error, 0).toFixed(4));
}

function area(rows) {
  let wins = 0;
  for (const { confidence } of rows) for (const { hidden } of rows) wins += confidence > hidden ? 1 : confidence === hidden ? 0.5 : 0;
  return { auc: Number((wins / rows.length ** 2).toFixed(4)) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, model = 'static-en-256'] = process.argv.slice(2);
  const set = await readSet(folder, model);
  const ranker = rankerOf(model);
  const reader = SentenceReader.bundled(2);
  console.log(await measure(set, ranker, 8, reader));
  for (const question of set.questions.slice(0, 100)) {
    const outcome = search(set, question, 8);
    const before = performance.now();
    await composeAnswer(question.text, outcome, 2, { ranker, reader });
    question.took = performance.now() - before;
  }
  const took = set.questions.slice(0, 100).map((row) => row.took).sort((a, b) => a - b);
  console.log(`composing: p50 ${took[50].toFixed(1)} ms, p95 ${took[95].toFixed(1)} ms`);
  await reader.close();
}
