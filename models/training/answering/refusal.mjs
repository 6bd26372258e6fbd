/** Whether to answer at all: what is fitted of it, and where its threshold lies. */
import { linearScore, rankSentences } from '../../../libs/answering/dist/rank-sentences.js';
import { describeEvidence } from '../../../libs/answering/dist/weigh-evidence.js';
import { fitLogistic, namesOf, scale, standardise, unstandardised } from './logistic.mjs';

/**
 * On articles that were not fitted on: the share of questions whose answer is hidden that must be refused, for as few
 * refusals of the others as that allows, and the share of those that may be refused at most.
 */
export const TRUE_REFUSAL = 0.65;
export const FALSE_REFUSAL = 0.09;
/** One question in four is about what its asker may not read or what nobody wrote: what the confidence is calibrated for. */
export const UNANSWERABLE = 0.25;

// It is English alone: that a passage is in another language than the question never happens in it. And its questions
// were written with the passage in view: hardly ever does an answer hold none of their words as they are written. Few of
// them (143 of 4,370) ask for a hyphenated thing: in 98 of these the best passage does not name it once the right one is
// hidden, in 27 of the 128 that are answered.
const FIXED_EVIDENCE = { foreign: -2, unwritten: -1, missingCompound: -1 };

// What is known of evidence beforehand, whatever the corpus: more of the question found never speaks against an
// answer, more of it missing never for one. Without this, correlated features get weights of both signs, which
// cancel out in the training set's prose and nowhere else.
const FOR = ['own', 'all', 'grams', 'pairs', 'nameShare', 'namesAround', 'rarest', 'like', 'aligned', 'passageRelative', 'passageAll', 'mostOwn']
  .concat(['mostAll', 'fused', 'cosine', 'margin', 'stands', 'cosineStands', 'bm25Stands', 'agreement', 'ranker', 'lead'])
  .concat(['foundMass', 'foundHighest', 'allFound', 'written', 'fits', 'sense', 'isBestSense', 'senseLead', 'mostSense']);
const AGAINST = ['unseen', 'unseenNames', 'missing', 'missingMass', 'missingHighest', 'missingName', 'missingShare', 'missingCode']
  .concat(['unwritten', 'unsaidMass', 'unsaidHighest', 'lacksFigure', 'lacksDate', 'lacksName', 'lacksPlace']);
const signOf = (name) => Number(FOR.includes(name)) - Number(AGAINST.includes(name));

const evidenceOf = ({ outcome, read, sentences }, sentenceWeights) =>
  describeEvidence(read, outcome, rankSentences(sentences, sentenceWeights));

/** The log-odds that an answer is there, by fitted weights. */
export const oddsOf = (row, { sentence, evidence, bias }) => linearScore(evidenceOf(row, sentence), evidence) + bias;

/** Weights of the evidence to weights of sentences, on cases with what may not be answered. */
export function fitEvidence(cases, sentenceWeights, hasSense) {
  const seen = cases.flatMap((row) => [row.seen, row.seen]);
  const rest = cases.flatMap((row) => [row.unseen, row.elsewhere]);
  const described = [...seen, ...rest].map((row) => evidenceOf(row, sentenceWeights));
  const names = namesOf(described, hasSense);
  const rows = described.map((features) => names.map((name) => features[name] ?? 0));
  const scaling = standardise(rows);
  const labels = rows.map((_, index) => Number(index < seen.length));
  const fitted = fitLogistic(
    rows.map((row) => [...scale(row, scaling), 1]),
    labels,
    { steps: 300, rate: 0.06, ridge: 0.0005, signs: names.map(signOf) },
  );
  const weights = unstandardised(names, fitted, scaling);
  const bias = fitted[names.length] - names.reduce((sum, name, j) => sum + weights[name] * scaling.mean[j], 0);
  return { evidence: { ...weights, ...FIXED_EVIDENCE }, bias: Number(bias.toPrecision(5)) };
}

/** Of the questions that may not be answered (two for each case), those that make up their share. */
export const isCounted = (index, other) => {
  const share = UNANSWERABLE / (1 - UNANSWERABLE);
  return (((index * 2 + other) * share) / 2) % 1 < share / 2;
};

/** Where to refuse, given the log-odds of cases as they are and with their document hidden. */
export const refuseBelow = (seen, unseen) => Math.min(quantile(unseen, TRUE_REFUSAL), quantile(seen, FALSE_REFUSAL));

/** The value below which a share of the values lies. */
export function quantile(values, share) {
  const ordered = [...values].sort((a, b) => a - b);
  return ordered[Math.floor(share * ordered.length)];
}
