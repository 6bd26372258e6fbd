import type { Question } from '../question.js';
import type { Sentence } from '../measure-sentences.js';
import { isMonth } from '../several/values.js';

// "NSI-E9999", "L2": letters and a number, a capital among them.
const CODE =
  /(?<![\p{L}\p{N}-])(?<stem>(?=[\p{L}-]*\p{Lu})(?:\p{L}+-)*\p{L}{1,5}-?)(?<number>\d{1,6})(?![\p{L}\p{N}]|-\p{L})/gu;
// "Room 100", "Super Bowl 50"; no dates, and no amounts, which are in capitals: "EUR 12". A capital begins every question.
const NAME =
  /(?<!^)(?<![\p{L}\p{N}-])(?<stem>\p{Lu}\p{Ll}+ )(?<number>(?!1[5-9]\d\d|20\d\d)\d{1,4})(?![\p{L}\p{N}]|[.,:]\d| ?[%°])/gu;

// Nobody asks for more at once but to keep the machine busy.
const MOST_NAMED = 8;
const LONG_NUMBER = 100;
const LONGEST_LIMIT = 30;
const CURRENCY = /^(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|CAD|AUD|JPY|CNY|INR|PLN|CZK|BRL|MXN)$/u;
// Before or after a number: "from L5", "Windows 10 and later".
const LIMIT_BEFORE =
  /(?:\b(?:from|above|below|over|under|up to|at least|at most|than|until|since|through|to)|\b(?:ab|bis|über|unter|mindestens|höchstens|från|över|till|à partir de|jusqu'à|desde|hasta))(?:\s+\p{L}+)?\s+$/iu;
const LIMIT_AFTER =
  /^\s*(?:(?:and|or|und|oder|och|eller|et|ou|y|o)\s+(?:above|below|over|up|later|newer|older|earlier|higher|lower|more|less|höher|niedriger|neuer|älter|mehr|später|högre|lägre|senare|nyare|plus|ultérieur\w*|posterior\w*|superior\w*)|\+|upwards|onwards|(?:to|through|until|bis|till|à|a|[-–—])\s*\d)/iu;

/** One of several that are told apart by their numbers: what all are called, and the numbers that a question names. */
interface Numbered {
  readonly stem: string;
  readonly numbers: ReadonlySet<number>;
  /** Whether it is called so by nobody by accident: "NSI-E9999", not "Q3". */
  readonly isCode: boolean;
}

/**
 * Leaves out the sentences that are about another one than a question names by its number, such as "Room 100" or
 * "NSI-E9999": they name others and not that one, nor does what stands above them, and set no limit ("Android 12 or
 * newer"). None is left where others of a long code are known and that one nowhere: they say nothing of it.
 */
export function aboutNamed<T extends Sentence>(
  asked: string,
  question: Question,
  ranked: readonly T[],
): readonly T[] {
  return numbered(asked).reduce<readonly T[]>((left, named) => {
    const isOfIt = (sentence: T): boolean =>
      isNamed(named, question, sentence) || covers(sentence.text, named);
    const about = left.filter((one) => numbersOf(named.stem, one.text).length === 0 || isOfIt(one));
    const isUnknown = named.isCode && about.length < left.length && !about.some(isOfIt);
    return isUnknown ? [] : about;
  }, ranked);
}

function numbered(text: string): Numbered[] {
  const found = new Map<string, Set<number>>();
  for (const { groups } of [...text.matchAll(CODE), ...text.matchAll(NAME)]) {
    const { stem = '', number = '' } = groups ?? {};
    if (isMonth(stem.trim()) || CURRENCY.test(stem)) continue;
    found.set(stem, (found.get(stem) ?? new Set()).add(Number(number)));
  }
  const isCode = (stem: string, numbers: ReadonlySet<number>): boolean =>
    !stem.endsWith(' ') && (stem.endsWith('-') || [...numbers].every((number) => number >= LONG_NUMBER));
  return [...found].slice(0, MOST_NAMED).map(([stem, numbers]) => ({
    ...{ stem, numbers },
    isCode: isCode(stem, numbers),
  }));
}

const sameAs = (stem: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${stem.replace(' ', '\\s')}(\\d{1,6})(?![\\p{L}\\p{N}])`, 'giu');

const numbersOf = (stem: string, text: string): number[] =>
  [...text.matchAll(sameAs(stem))].map((match) => Number(match[1]));

/** Whether a text names others as a range or a limit: "L1 to L5" and "L5 and above" may be about any. */
function covers(text: string, { stem, numbers }: Numbered): boolean {
  const found = [...text.matchAll(sameAs(stem))];
  const isLimit = found.some(
    ({ 0: named, index }) =>
      LIMIT_BEFORE.test(text.slice(Math.max(0, index - LONGEST_LIMIT), index)) ||
      LIMIT_AFTER.test(text.slice(index + named.length, index + named.length + LONGEST_LIMIT)),
  );
  const [least, most] = [
    Math.min(...found.map((one) => Number(one[1]))),
    Math.max(...found.map((one) => Number(one[1]))),
  ];
  return isLimit || [...numbers].some((number) => least <= number && number <= most);
}

// By itself, or by what stands above it; the row before is about another one.
function isNamed({ stem, numbers }: Numbered, { words }: Question, { holding, passage }: Sentence): boolean {
  const above = numbersOf(stem, [passage.title, ...passage.heading].join('\n'));
  const isNumber = (written: string): boolean => numbers.has(Number(/\d+$/.exec(written)?.[0]));
  return (
    above.some((one) => numbers.has(one)) ||
    words.some(({ written }, at) => isNumber(written) && holding.own[at])
  );
}
