import type { Question } from './question.js';

const MONTH =
  'january|february|march|april|june|july|august|september|october|november|december|januar|februar|juli|oktober|dezember|janvier|février|avril|juillet|août|enero|febrero|abril|junio|julio|agosto|diciembre';
const DATE = new RegExp(
  `\\b1\\d{3}s?\\b|\\b20\\d{2}s?\\b|\\b(?:${MONTH})\\b|\\bcentur(?:y|ies)\\b|\\bdecades?\\b|\\b(?:mon|tues|wednes|thurs|fri|satur|sun)day`,
  'gu',
);
const NUMBER =
  /\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|eighty|ninety|hundred|thousand|million|billion|half|third|quarter|dozen|double|twice|once|several|many)\b/gu;
const REASON =
  /\bbecause\b|\bdue to\b|\bsince\b|\bso that\b|\bin order to\b|\bas a result\b|\bthus\b|\btherefore\b|\bcaus|\blead|\bled to\b|\bto \w+|\bweil\b|\bdamit\b|\bparce que\b|\bporque\b/u;
const NAME = /\p{Lu}[\p{L}\p{N}\p{M}'’-]*/gu;
const PLACE = /\b(?:in|at|near|from|to|on|of|into|towards?|im|à|en)\s+(?:the\s+)?\p{Lu}/u;

/** What of a sentence could be the answer: things of each kind that the question does not say itself. */
export interface Cues {
  readonly numbers: number;
  readonly dates: number;
  readonly names: number;
  readonly place: boolean;
  readonly reason: boolean;
}

/** Finds in a sentence what the question does not hold. Each kind is looked for when it is asked for. */
export function findCues(sentence: string, question: Question): Cues {
  const isNew = (match: string) => !question.lowered.includes(match.toLowerCase());
  const count = (pattern: RegExp): number =>
    (sentence.toLowerCase().match(pattern) ?? []).filter(isNew).length;
  return {
    get numbers() {
      return count(NUMBER);
    },
    get dates() {
      return count(DATE);
    },
    get names() {
      return newNames(sentence, isNew);
    },
    get place() {
      return PLACE.test(sentence);
    },
    get reason() {
      return REASON.test(sentence.toLowerCase());
    },
  };
}

// The first word has a capital anyway; it counts where the second has one too.
function newNames(sentence: string, isNew: (match: string) => boolean): number {
  const startsWithName = /^\P{L}*\p{Lu}[\p{L}\p{M}.'’-]*\s+\p{Lu}/u.test(sentence);
  return [...sentence.matchAll(NAME)].filter(
    (match) => isNew(match[0]) && match[0].length > 1 && (match.index > 1 || startsWithName),
  ).length;
}

/** 1 where the sentence holds what the question asks for, 0 where it does not, as far as its type is known. */
export function answersType(cues: Cues, question: Question): number {
  switch (question.type) {
    case 'number':
      return Number(cues.numbers > 0);
    case 'date':
      return Number(cues.dates > 0);
    case 'who':
      return Number(cues.names > 0);
    case 'where':
      return Number(cues.place && cues.names > 0);
    case 'why':
      return Number(cues.reason);
    case 'other':
      return 0.5;
  }
}
