import { linearScore, type RankedSentence } from './rank-sentences.js';
import type { Question } from './question.js';

const FITS = ['fitsNumber', 'fitsDate', 'fitsWho', 'fitsWhere', 'fitsWhy'];

/** What speaks for quoting a sentence beside the best one, in case that the best one does not answer. */
export function describeSecond(
  { words, totalIdf }: Question,
  best: RankedSentence,
  other: RankedSentence,
): Record<string, number> {
  const isSame = other.passageIndex === best.passageIndex;
  const steps = isSame ? other.position - best.position : 0;
  const weigh = (amount: (at: number) => number): number =>
    words.reduce((sum, { idf }, at) => sum + idf * amount(at), 0) / (totalIdf || 1);
  return {
    behind: other.score - best.score,
    samePassage: Number(isSame),
    next: Number(steps === 1),
    previous: Number(steps === -1),
    // Of the question, what the best sentence does not say.
    adds: weigh((at) => Number(other.holding.own[at] === true && best.holding.own[at] !== true)),
    addsNear: weigh((at) => Math.max(0, (other.near[at] ?? 0) - (best.near[at] ?? 0))),
    fits: FITS.reduce((sum, name) => sum + (other.features[name] ?? 0), 0),
    logLength: other.features['logLength'] ?? 0,
  };
}

/** Puts the sentence second that is likeliest to answer where the best does not; the others keep their order. */
export function chooseSecond(
  question: Question,
  ranked: readonly RankedSentence[],
  weights: Readonly<Record<string, number>>,
): readonly RankedSentence[] {
  const [best, ...others] = ranked;
  if (best === undefined) return ranked;
  let [second, highest] = [others[0], -Infinity];
  for (const other of others) {
    const score = linearScore(describeSecond(question, best, other), weights);
    if (score > highest) [second, highest] = [other, score];
  }
  return second === undefined ? ranked : [best, second, ...others.filter((other) => other !== second)];
}
