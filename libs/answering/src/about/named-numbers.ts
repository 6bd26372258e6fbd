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

/** One of several that are told apart by their numbers: what all are called, and the numbers that a question names. */
interface Numbered {
  readonly stem: string;
  readonly numbers: ReadonlySet<number>;
}

/**
 * Leaves out the sentences that are about another one than a question names by its number, such as "Room 100" or
 * "NSI-E9999": they name others and not that one, nor does what stands above them. None is left where nothing else names it
 * either: what is known of others of a kind says nothing of this one.
 */
export function aboutNamed<T extends Sentence>(
  asked: string,
  question: Question,
  ranked: readonly T[],
): readonly T[] {
  return numbered(asked).reduce<readonly T[]>((left, named) => {
    const isOfIt = (sentence: T): boolean =>
      isNamed(named, question, sentence) || isBetween(named.numbers, numbersOf(named.stem, sentence.text));
    const about = left.filter((one) => numbersOf(named.stem, one.text).length === 0 || isOfIt(one));
    return about.length === left.length || about.some(isOfIt) ? about : [];
  }, ranked);
}

function numbered(text: string): Numbered[] {
  const found = new Map<string, Set<number>>();
  for (const { groups } of [...text.matchAll(CODE), ...text.matchAll(NAME)]) {
    const { stem = '', number = '' } = groups ?? {};
    if (isMonth(stem.trim())) continue;
    found.set(stem, (found.get(stem) ?? new Set()).add(Number(number)));
  }
  return [...found].slice(0, MOST_NAMED).map(([stem, numbers]) => ({ stem, numbers }));
}

function numbersOf(stem: string, text: string): number[] {
  const same = new RegExp(
    `(?<![\\p{L}\\p{N}])${stem.replace(' ', '\\s')}(\\d{1,6})(?![\\p{L}\\p{N}])`,
    'giu',
  );
  return [...text.matchAll(same)].map((match) => Number(match[1]));
}

// "L1 to L5" is about L2 too.
function isBetween(numbers: ReadonlySet<number>, found: readonly number[]): boolean {
  const [least, most] = [Math.min(...found), Math.max(...found)];
  return [...numbers].some((number) => least <= number && number <= most);
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
