/**
 * Figures of sentence choice and refusal on a question set that was not fitted on.
 *   node models/training/answering/measure.mjs FOLDER
 */
import { pathToFileURL } from 'node:url';
import { composeAnswer } from '../../../libs/answering/dist/compose-answer.js';
import { describeSentences } from '../../../libs/answering/dist/sentence-features.js';
import { linearScore, rankSentences } from '../../../libs/answering/dist/rank-sentences.js';
import { readQuestion } from '../../../libs/answering/dist/question.js';
import {
  ANSWER_THRESHOLD,
  EVIDENCE_BIAS,
  EVIDENCE_WEIGHTS,
  SENTENCE_WEIGHTS,
} from '../../../libs/answering/dist/ranker-weights.js';
import { describeEvidence } from '../../../libs/answering/dist/weigh-evidence.js';
import { holds, readOnce, readSet, search } from './corpus.mjs';

/** Shares of questions; `refusedRight` has the document with the answer hidden from the caller. */
export function measure(set, { sentenceWeights, evidence }, limit) {
  const judge = (question, hides) => {
    const outcome = search(set, question, limit, hides);
    const read = readQuestion(question.text, outcome.queryTerms);
    const ranked = rankSentences(describeSentences(read, outcome.passages, readOnce), sentenceWeights);
    const logit = linearScore(describeEvidence(read, outcome, ranked), evidence.weights) + evidence.bias;
    return { outcome, ranked, confidence: 1 / (1 + Math.exp(-logit)) };
  };
  const rows = set.questions.map((question) => {
    const seen = judge(question);
    const right = seen.ranked.slice(0, 3).map(({ text }) => holds(text, question.answers));
    return {
      pool: seen.outcome.passages.some((passage) => passage.documentId === question.document),
      one: right[0],
      two: right[0] || right[1],
      three: right.some(Boolean),
      confidence: seen.confidence,
      hidden: judge(question, (chunk) => chunk.document === question.document).confidence,
    };
  });
  const share = (test) => Number((rows.filter(test).length / rows.length).toFixed(4));
  return {
    questions: rows.length,
    goldInPool: share((row) => row.pool),
    containsOne: share((row) => row.one),
    containsTwo: share((row) => row.two),
    containsThree: share((row) => row.three),
    trueRefusal: share((row) => row.hidden < evidence.threshold),
    falseRefusal: share((row) => row.confidence < evidence.threshold),
    shownTwo: share((row) => row.two && row.confidence >= evidence.threshold),
    ...area(rows),
  };
}

function area(rows) {
  let wins = 0;
  for (const { confidence } of rows) for (const { hidden } of rows) wins += confidence > hidden ? 1 : confidence === hidden ? 0.5 : 0;
  return { auc: Number((wins / rows.length ** 2).toFixed(4)) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const set = await readSet(process.argv[2], 'static-en-256');
  const evidence = { weights: EVIDENCE_WEIGHTS, bias: EVIDENCE_BIAS, threshold: ANSWER_THRESHOLD };
  console.log(measure(set, { sentenceWeights: SENTENCE_WEIGHTS, evidence }, 8));
  for (const question of set.questions.slice(0, 100)) {
    const outcome = search(set, question, 8);
    const before = performance.now();
    composeAnswer(question.text, outcome, 2);
    question.took = performance.now() - before;
  }
  const took = set.questions.slice(0, 100).map((row) => row.took).sort((a, b) => a - b);
  console.log(`composing: p50 ${took[50].toFixed(1)} ms, p95 ${took[95].toFixed(1)} ms`);
}
