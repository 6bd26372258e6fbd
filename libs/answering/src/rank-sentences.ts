import type { DescribedSentence } from './sentence-features.js';

/** A sentence with how well it fits the question; scores compare within one question only. */
export interface RankedSentence extends DescribedSentence {
  readonly score: number;
}

/** The weighted sum of features; a feature without a weight does not count. */
export function linearScore(
  features: Readonly<Record<string, number>>,
  weights: Readonly<Record<string, number>>,
): number {
  return Object.keys(features).reduce((sum, name) => sum + (features[name] ?? 0) * (weights[name] ?? 0), 0);
}

/** Orders sentences, best first; ties keep the order of passages and of text. */
export function rankSentences(
  sentences: readonly DescribedSentence[],
  weights: Readonly<Record<string, number>>,
): RankedSentence[] {
  return sentences
    .map((sentence) => ({ ...sentence, score: linearScore(sentence.features, weights) }))
    .sort((a, b) => b.score - a.score || a.passageIndex - b.passageIndex || a.start - b.start);
}
