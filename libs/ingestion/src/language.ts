import { findFunctionWords, KNOWN_LANGUAGES, languageOfQuestion } from '@belay/retrieval';
import { detectAll } from 'tinyld';

const SAMPLE = 2000;
const SHORTEST = 40;
const LEAST_ACCURACY = 0.1;
// One character of these scripts says more than one letter: short texts are long enough.
const DENSE_SCRIPT = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/u;

// Where a text is too short to tell with certainty by its letters, its joining words do.
const LONG_ENOUGH = 160;
const LEAST_ACCURACY_OF_SHORT = 0.2;

type Guess = ReturnType<typeof detectAll>[number];

/**
 * ISO 639-1 code of the text's language, `und` where it is unclear. A text shorter than a paragraph that does not tell
 * by its letters is taken at its joining words, and one with letters but without those for `otherwise`.
 */
export function detectLanguage(text: string, otherwise = 'und'): string {
  const sample = text.slice(0, SAMPLE);
  const best = detectAll(sample)[0];
  if (best && isLongEnough(sample) && isTold(best, LEAST_ACCURACY)) return best.lang;
  if (sample.trim().length >= LONG_ENOUGH || !/\p{L}/u.test(sample)) return 'und';
  return byJoiningWords(sample, best) ?? ofShort(best) ?? otherwise;
}

// One joining word alone may be a word of another language, as in "Man overboard".
function byJoiningWords(sample: string, best: Guess | undefined): string | null {
  const joined = languageOfQuestion(sample);
  return joined === best?.lang || findFunctionWords(sample).terms.size > 1 ? joined : null;
}

const ofShort = (best: Guess | undefined): string | undefined =>
  best && isTold(best, LEAST_ACCURACY_OF_SHORT) && KNOWN_LANGUAGES.has(best.lang) ? best.lang : undefined;

const isLongEnough = (sample: string): boolean =>
  sample.trim().length >= SHORTEST || DENSE_SCRIPT.test(sample);

// Codes of three letters (Klingon, Berber) are what the detector says of noise.
const isTold = ({ accuracy, lang }: Guess, least: number): boolean => accuracy >= least && lang.length === 2;

const SURE = 0.4;
/** Language of one passage: that of the text around it, unless it is long and clearly in another one. */
export function languageOfPassage(text: string, around: string): string {
  if (text.length < LONG_ENOUGH && !DENSE_SCRIPT.test(text)) return around;
  const best = detectAll(text)[0];
  return best && best.accuracy >= SURE && best.lang.length === 2 ? best.lang : around;
}
