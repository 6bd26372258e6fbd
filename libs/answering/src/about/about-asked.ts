import type { Sentence } from '../measure-sentences.js';
import type { Question } from '../question.js';
import { aboutNamed } from './named-numbers.js';
import { aboutAmount, aboutRow } from './named-rows.js';

/**
 * What may answer a question of a pool of sentences: none that is plainly about another one of a kind than the question
 * names, however alike both are in all other words. The order stays.
 */
export function aboutAsked<T extends Sentence>(
  asked: string,
  question: Question,
  ranked: readonly T[],
): readonly T[] {
  return aboutAmount(asked, aboutRow(asked, aboutNamed(asked, question, ranked)));
}
