/**
 * Fits the weights of sentence choice and of refusal for a model, and writes `models/rankers/MODEL.json`.
 *   npm run build && node models/training/answering/fit.mjs FOLDER MODEL [--validate|--second|--evidence]
 * FOLDER is a question set in the BEIR layout with `answers.jsonl`; it is split by article (title). `--validate`
 * fits on three quarters of the articles, prints figures on the rest and writes nothing. `--second`
 * fits what chooses a second sentence, and how far behind it may be, to the committed weights and leaves these, with
 * the refusal, as they are. `--evidence` fits the refusal to the committed weights and leaves the choice as it is.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SentenceReader } from '../../../libs/inference/dist/index.js';
import { rankSentences } from '../../../libs/answering/dist/rank-sentences.js';
import { chooseSecond, describeSecond } from '../../../libs/answering/dist/second-sentence.js';
import { articlesOf, casesOf, PASSAGES, titlesOf } from './cases.mjs';
import { holds, readSet } from './corpus.mjs';
import { fitLogistic, fitPairs, namesOf, scale, standardise, unstandardised } from './logistic.mjs';
import { measure } from './measure.mjs';
import { FALSE_REFUSAL, fitEvidence, isCounted, oddsOf, quantile, refuseBelow, TRUE_REFUSAL } from './refusal.mjs';

const SCRIPTS = ['cases.mjs', 'corpus.mjs', 'fit.mjs', 'logistic.mjs', 'measure.mjs', 'refusal.mjs'];
// Of the answers that a second sentence would show, the share that may be lost for showing fewer that say nothing.
const LOST_TO_BREVITY = 0.002;
const LIMITS = { trueRefusal: TRUE_REFUSAL, falseRefusal: FALSE_REFUSAL, lostToBrevity: LOST_TO_BREVITY };
const FOLDS = 4;
// The training set is prose: it hardly holds a question, which never answers one, or a list item, which may.
const FIXED = { question: -3, heading: -1.5 };

function fitRanker(cases) {
  const names = namesOf(cases.flatMap(({ seen }) => seen.sentences.map((row) => row.features)));
  const vector = (sentence) => names.map((name) => sentence.features[name] ?? 0);
  const scaling = standardise(cases.flatMap(({ seen }) => seen.sentences.map(vector)));
  const groups = cases.flatMap(({ question, seen }) => {
    const isRight = ({ text }) => holds(text, question.answers);
    const gold = seen.sentences.filter((row) => isRight(row) && row.passage.documentId === question.document);
    const wrong = seen.sentences.filter((row) => !isRight(row));
    if (gold.length === 0 || wrong.length === 0) return [];
    return [{ right: gold.map((row) => scale(vector(row), scaling)), wrong: wrong.map((row) => scale(vector(row), scaling)) }];
  });
  const weights = fitPairs(groups, { steps: 150, rate: 0.06, ridge: 0.0005 });
  return { ...unstandardised(names, weights, scaling), ...FIXED };
}

/** What speaks for a second sentence is learnt where the first does not answer: the only place where it counts. */
function fitSecond(cases, sentenceWeights) {
  const groups = cases.flatMap(({ question, seen }) => {
    const [best, ...others] = rankSentences(seen.sentences, sentenceWeights);
    if (best === undefined || holds(best.text, question.answers)) return [];
    const isRight = ({ text }) => holds(text, question.answers);
    const gold = others.filter((row) => isRight(row) && row.passage.documentId === question.document);
    const wrong = others.filter((row) => !isRight(row));
    if (gold.length === 0 || wrong.length === 0) return [];
    const describe = (row) => describeSecond(seen.read, best, row);
    return [{ right: gold.map(describe), wrong: wrong.map(describe) }];
  });
  const rows = groups.flatMap(({ right, wrong }) => [...right, ...wrong]);
  const names = Object.keys(rows[0]);
  const vector = (features) => names.map((name) => features[name]);
  const scaling = standardise(rows.map(vector));
  const scaled = (list) => list.map((features) => scale(vector(features), scaling));
  const pairs = groups.map(({ right, wrong }) => ({ right: scaled(right), wrong: scaled(wrong) }));
  return unstandardised(names, fitPairs(pairs, { steps: 150, rate: 0.06, ridge: 0.0005 }), scaling);
}

function fit(cases) {
  const sentence = fitRanker(cases);
  return { sentence, second: fitSecond(cases, sentence), ...fitEvidence(cases, sentence, all.sentences) };
}

/** Every case judged by weights that were fitted without its article. */
function crossJudged(cases, fitOn = fit) {
  return Array.from({ length: FOLDS }, (_, fold) => {
    const isOut = ({ title }) => titles.indexOf(title) % FOLDS === fold;
    const fitted = fitOn(cases.filter((row) => !isOut(row)));
    return cases.filter(isOut).map(({ question, seen, unseen, elsewhere }) => {
      const ranked = chooseSecond(seen.read, rankSentences(seen.sentences, fitted.sentence), fitted.second);
      const [one, two] = ranked.map(({ text }) => holds(text, question.answers));
      return {
        first: one,
        either: one || two,
        gap: (ranked[1]?.score ?? -Infinity) - (ranked[0]?.score ?? 0),
        odds: oddsOf(seen, fitted),
        others: [oddsOf(unseen, fitted), oddsOf(elsewhere, fitted)],
      };
    });
  }).flat();
}

/** Platt scaling: how often two sentences shown at such odds held the answer. */
function calibrate(judged) {
  const pairs = judged.flatMap(({ odds, either, others }, index) => [
    [odds, Number(Boolean(either))],
    ...others.filter((_, other) => isCounted(index, other)).map((wrong) => [wrong, 0]),
  ]);
  const [slope, offset] = fitLogistic(
    pairs.map(([odds]) => [odds, 1]),
    pairs.map(([, label]) => label),
    { steps: 2000, rate: 0.05, ridge: 0 },
  );
  return { slope: Number(slope.toPrecision(4)), offset: Number(offset.toPrecision(4)) };
}

function fitWhole(cases, fitOn = fit) {
  const weights = fitOn(cases);
  const judged = crossJudged(cases, fitOn);
  const calibration = calibrate(judged);
  const probability = (odds) => 1 / (1 + Math.exp(-(calibration.slope * odds + calibration.offset)));
  const added = judged.filter(({ first, either }) => either && !first).map(({ gap }) => gap);
  const threshold = refuseBelow(judged.map(({ odds }) => odds), judged.map(({ others: [hidden] }) => hidden));
  const isShown = ({ odds }) => odds >= threshold;
  const nextSentence = quantile(added, LOST_TO_BREVITY);
  const shares = {
    questions: judged.length,
    containsOne: mean(judged, ({ first }) => first),
    containsTwo: mean(judged, ({ either }) => either),
    shownOne: mean(judged, (row) => isShown(row) && row.first),
    shownTwo: mean(judged, (row) => isShown(row) && (row.first || (row.either && row.gap >= nextSentence))),
    falseRefusal: mean(judged, ({ odds }) => odds < threshold),
    trueRefusal: mean(judged, ({ others }) => others[0] < threshold),
    trueRefusalOfSubjects: mean(judged, ({ others }) => others[1] < threshold),
  };
  return {
    ...weights,
    calibration,
    threshold: Number(probability(threshold).toFixed(4)),
    nextSentence: Number(nextSentence.toFixed(3)),
    crossValidation: shares,
  };
}

const mean = (rows, test) => Number((rows.filter(test).length / rows.length).toFixed(4));
const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

const [folder, model, flag] = process.argv.slice(2);
const all = await readSet(folder, model);
const titles = [...new Set(titlesOf(all).values())].sort();
const isHeldOut = (title) => flag === '--validate' && titles.indexOf(title) % FOLDS === FOLDS - 1;
const cases = casesOf(articlesOf(all, (title) => !isHeldOut(title)), { hides: flag !== '--second' });

const here = new URL('.', import.meta.url).pathname;
const target = join(here, '..', '..', 'rankers', `${model}.json`);
const origin = () => ({
  model: all.digest,
  data: { name: basename(folder), licence: 'CC BY-SA 4.0', articles: titles.length, questions: all.questions.length },
  split: `cross-fitted by article, ${FOLDS} folds`,
  fitted: new Date().toISOString().slice(0, 10),
  scripts: Object.fromEntries(SCRIPTS.map((name) => [name, sha256(join(here, name))])),
});
const write = (ranker) => writeFileSync(target, `${JSON.stringify(ranker, null, 2)}\n`);

/** Two sentences by rank, and with a second that was fitted without the question's article. */
function crossSecond(cases, sentence) {
  return Array.from({ length: FOLDS }, (_, fold) => {
    const isOut = ({ title }) => titles.indexOf(title) % FOLDS === fold;
    const second = fitSecond(cases.filter((row) => !isOut(row)), sentence);
    return cases.filter(isOut).map(({ question, seen }) => {
      const ranked = rankSentences(seen.sentences, sentence);
      const isRight = (row) => row !== undefined && holds(row.text, question.answers);
      const [first, chosen] = chooseSecond(seen.read, ranked, second);
      const gap = (chosen?.score ?? -Infinity) - (first?.score ?? 0);
      return { first: isRight(first), byRank: isRight(ranked[1]), chosen: isRight(chosen), gap };
    });
  }).flat();
}

function refitSecond({ lineage, sentence, ...rest }) {
  const judged = crossSecond(cases, sentence);
  const crossValidation = {
    questions: judged.length,
    containsTwoByRank: mean(judged, ({ first, byRank }) => first || byRank),
    containsTwo: mean(judged, ({ first, chosen }) => first || chosen),
  };
  const added = judged.filter(({ first, chosen }) => chosen && !first).map(({ gap }) => gap);
  const nextSentence = Number(quantile(added, LOST_TO_BREVITY).toFixed(3));
  const method = 'pairwise logistic where the first sentence is wrong, to the weights of sentences as they are';
  const own = { ...origin(), method, limits: { lostToBrevity: LOST_TO_BREVITY }, crossValidation };
  const second = fitSecond(cases, sentence);
  return { model, sentence, second, ...rest, nextSentence, lineage: { ...lineage, second: own } };
}

/** The evidence by weights of choice that are kept; these have seen every article, the refusal has not. */
function refitEvidence({ lineage, sentence, second, nextSentence }) {
  const keepChoice = (part) => ({ sentence, second, ...fitEvidence(part, sentence, all.sentences) });
  const { crossValidation, ...fitted } = fitWhole(cases, keepChoice);
  const method = 'logistic with signs (evidence), Platt (confidence), to the weights of choice as they are';
  return { model, ...fitted, nextSentence, lineage: { ...lineage, evidence: { ...origin(), method, limits: LIMITS, crossValidation } } };
}

if (flag === '--second') {
  write(refitSecond(JSON.parse(readFileSync(target, 'utf8'))));
} else if (flag === '--evidence') {
  write(refitEvidence(JSON.parse(readFileSync(target, 'utf8'))));
} else {
  const { crossValidation, ...fitted } = fitWhole(cases);
  if (flag === '--validate') {
    console.log(JSON.stringify({ ...fitted, crossValidation }, null, 1));
    const reader = SentenceReader.bundled(2);
    console.log('held-out articles', await measure(articlesOf(all, isHeldOut), fitted, PASSAGES, reader));
    await reader.close();
  } else {
    const method =
      'pairwise logistic (sentences; the second where the first is wrong), logistic with signs (evidence), Platt (confidence)';
    write({ model, ...fitted, lineage: { ...origin(), method, limits: LIMITS, crossValidation } });
  }
}
