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

// What says nothing of a language, and is taken for a letter of one where the detector sees it: the bars between cells,
// currencies, numbers and codes with digits.
const SIGNS = /[^\p{L}\p{M}\p{N}\s.,;:!?'’¿¡-]/gu;
const UNBROKEN = /\S+/g;
const DIGIT = /\p{N}/u;
const CODES = /(?<!\p{L})\p{Lu}{2,3}(?!\p{L})/gu;
const WORD = /[\p{L}\p{M}]{2,}/gu;
// Columns of units and headings are few words, however often they come.
const LEAST_WORDS = 5;
const LEAST_SHARE = 0.3;
// How much more likely than the next one a language must be of whose joining words nothing is known.
const CLEAR_LEAD = 2;

type Guess = ReturnType<typeof detectAll>[number];

/**
 * ISO 639-1 code of the text's language, `und` where it is unclear. A text shorter than a paragraph that does not tell
 * by its letters is taken at its joining words, and one with letters but without those for `otherwise`.
 */
export function detectLanguage(text: string, otherwise = 'und'): string {
  const sample = wordsOf(text);
  const guesses = guess(sample);
  const best = guesses[0];
  if (isLongEnough(sample) && isTold(guesses, LEAST_ACCURACY)) return (best as Guess).lang;
  if (sample.length >= LONG_ENOUGH && hasEnoughWords(sample)) return 'und';
  if (!/\p{L}/u.test(text.slice(0, SAMPLE))) return 'und';
  return byJoiningWords(sample, best) ?? ofShort(best) ?? otherwise;
}

/** What of a text is words, with their punctuation. */
function wordsOf(text: string): string {
  const words = text.slice(0, SAMPLE).replace(UNBROKEN, (word) => (DIGIT.test(word) ? ' ' : word));
  return [CODES, SIGNS, /\s+/g].reduce((rest, noise) => rest.replace(noise, ' '), words).trim();
}

/** The two most likely languages, of those whose script the text is written in. */
function guess(sample: string): Guess[] {
  const found: Guess[] = [];
  for (const one of detectAll(sample)) {
    if (isWrittenIn(one.lang, sample)) found.push(one);
    if (found.length === 2) break;
  }
  return found;
}

// One joining word alone may be a word of another language, as in "Man overboard".
function byJoiningWords(sample: string, best: Guess | undefined): string | null {
  const joined = languageOfQuestion(sample);
  return joined === best?.lang || findFunctionWords(sample).terms.size > 1 ? joined : null;
}

const ofShort = (best: Guess | undefined): string | undefined =>
  best && best.accuracy >= LEAST_ACCURACY_OF_SHORT && KNOWN_LANGUAGES.has(best.lang) ? best.lang : undefined;

const hasEnoughWords = (sample: string): boolean =>
  new Set(sample.toLowerCase().match(WORD)).size >= LEAST_WORDS;

const isLongEnough = (sample: string): boolean =>
  (sample.length >= SHORTEST && hasEnoughWords(sample)) || DENSE_SCRIPT.test(sample);

// Codes of three letters (Klingon, Berber) are what the detector says of noise.
function isTold([best, next]: readonly Guess[], least: number): boolean {
  if (!best || best.lang.length !== 2 || best.accuracy < least) return false;
  return KNOWN_LANGUAGES.has(best.lang) || !next || best.accuracy >= CLEAR_LEAD * next.accuracy;
}

// Scripts of languages that are written in more than one, or in one that has a name of its own.
const SCRIPTS_OF: Readonly<Record<string, readonly string[]>> = {
  ja: ['Hira', 'Kana', 'Hani'],
  ko: ['Hang'],
  sr: ['Cyrl', 'Latn'],
  zh: ['Hani'],
};
const patterns = new Map<string, RegExp>();

/** The letters that a language is written in. */
function lettersOf(language: string): RegExp {
  const known = patterns.get(language);
  if (known) return known;
  const scripts = SCRIPTS_OF[language] ?? [new Intl.Locale(language).maximize().script ?? 'Latn'];
  const made = new RegExp(`[${scripts.map((one) => `\\p{Script=${one}}`).join('')}]`, 'gu');
  patterns.set(language, made);
  return made;
}

/** Whether enough letters of a text are of the script of a language; a name in another script makes no text. */
function isWrittenIn(language: string, sample: string): boolean {
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  return (sample.match(lettersOf(language))?.length ?? 0) >= Math.max(1, LEAST_SHARE * letters);
}

const SURE = 0.4;
/** Language of one passage: that of the text around it, unless it is long and clearly in another one. */
export function languageOfPassage(text: string, around: string): string {
  const sample = wordsOf(text);
  if (sample.length < LONG_ENOUGH && !DENSE_SCRIPT.test(sample)) return around;
  const guesses = guess(sample);
  return isLongEnough(sample) && isTold(guesses, SURE) ? (guesses[0] as Guess).lang : around;
}
