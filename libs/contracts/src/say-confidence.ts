const LIKELY = 0.8;
const PROBABLE = 0.6;

/** How sure an answer is, in words that rest on how often such evidence held the answer (docs/answers.md). */
export function sayConfidence(confidence: number): string {
  if (confidence >= LIKELY) return 'Very likely the answer.';
  if (confidence >= PROBABLE) return 'Probably the answer.';
  return 'Perhaps the answer: read the sources.';
}
