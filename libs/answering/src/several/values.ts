const MONTHS: readonly (readonly string[])[] = [
  ['january', 'januar', 'januari', 'janvier', 'enero', 'jan'],
  ['february', 'februar', 'februari', 'février', 'febrero', 'feb'],
  ['march', 'märz', 'mars', 'marzo', 'mar'],
  ['april', 'avril', 'abril', 'apr'],
  ['may', 'mai', 'maj', 'mayo'],
  ['june', 'juni', 'juin', 'junio', 'jun'],
  ['july', 'juli', 'juillet', 'julio', 'jul'],
  ['august', 'augusti', 'août', 'agosto', 'aug'],
  ['september', 'septembre', 'septiembre', 'sept', 'sep'],
  ['october', 'oktober', 'octobre', 'octubre', 'oct'],
  ['november', 'novembre', 'noviembre', 'nov'],
  ['december', 'dezember', 'décembre', 'diciembre', 'dec'],
];
const NUMBER_OF = new Map(MONTHS.flatMap((names, index) => names.map((name) => [name, index + 1] as const)));
const MONTH = [...NUMBER_OF.keys()].sort((a, b) => b.length - a.length).join('|');
const DATES = new RegExp(
  [
    '(?<year>\\d{4})-(?<month>\\d{2})-(?<day>\\d{2})',
    `(?<day>\\d{1,2})(?:st|nd|rd|th|\\.)?\\s+(?:de\\s+)?(?<name>${MONTH})\\.?,?\\s+(?:de\\s+)?(?<year>\\d{4})`,
    `(?<name>${MONTH})\\.?\\s+(?<day>\\d{1,2})(?:st|nd|rd|th)?,\\s*(?<year>\\d{4})`,
    `(?<name>${MONTH})\\.?\\s+(?<year>\\d{4})`,
  ]
    .map((form, index) => `(?:${form.replaceAll('(?<', `(?<f${index}`)})`)
    .join('|'),
  'giu',
);
const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const MORE_WORDS = ['eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen'];
const SPELT = new Map([...WORDS, ...MORE_WORDS].map((word, index) => [word, String(index)]));
const NUMBERS = new RegExp(`\\d+(?:[.,  ]\\d+)*|\\b(?:${[...SPELT.keys()].join('|')})\\b`, 'giu');

/** Whether a word names a month. */
export const isMonth = (word: string): boolean => NUMBER_OF.has(word.toLowerCase());

/** A number in a text: its plain form ("1250.5"), and where it stands. */
export interface NumberInText {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The calendar dates that a text names, as ISO 8601 to the day or the month, in their order. */
export function findDates(
  text: string,
): { readonly date: string; readonly start: number; readonly end: number }[] {
  return [...text.matchAll(DATES)].flatMap((match) => {
    const part = (name: string): string | undefined =>
      Object.entries(match.groups ?? {}).find(([key, value]) => value && key.slice(2) === name)?.[1];
    const month = Number(part('month') ?? NUMBER_OF.get((part('name') ?? '').toLowerCase()));
    const day = part('day');
    if (!(month >= 1 && month <= 12) || Number(day ?? 1) > 31) return [];
    const date = [part('year'), pad(month), ...(day === undefined ? [] : [pad(Number(day))])].join('-');
    return [{ date, start: match.index, end: match.index + match[0].length }];
  });
}

/** The numbers that a text names outside its dates; spelt ones up to sixteen count as numbers. */
export function findNumbers(text: string): NumberInText[] {
  const dates = findDates(text);
  const inDate = (at: number): boolean => dates.some(({ start, end }) => at >= start && at < end);
  return [...text.matchAll(NUMBERS)]
    .filter((match) => !inDate(match.index))
    .map((match) => ({
      value: SPELT.get(match[0].toLowerCase()) ?? plainNumber(match[0]),
      start: match.index,
      end: match.index + match[0].length,
    }));
}

/** A date, as ISO 8601, or a plain number, and the words of a text that it stands in: "2024-11" and "November 2024". */
export interface ValueInText {
  readonly value: string;
  readonly written: string;
}

/** The dates and numbers of `text` that none of `sources` holds; a year and a month are held by every date in them. */
export function unsupportedValues(text: string, sources: readonly string[]): ValueInText[] {
  const held = sources.flatMap(valuesOf).map(({ value }) => value);
  const inDates = held
    .filter((value) => DATE.test(value))
    .flatMap((date) => [date.slice(0, 4), date.slice(0, 7)]);
  const supported = new Set([...held, ...inDates]);
  const values = new Map(valuesOf(text).map((found) => [found.value, found]));
  return [...values.values()].filter(({ value }) => !supported.has(value));
}

const valuesOf = (text: string): ValueInText[] => [
  ...findDates(text).map(({ date, start, end }) => ({ value: date, written: text.slice(start, end) })),
  ...findNumbers(text).map(({ value, start, end }) => ({ value, written: wholeWord(text, start, end) })),
];

const DATE = /^\d{4}-\d{2}/;
const PART = /[\p{L}\p{N}-]/u;
const LONGEST_CODE = 40;

// "9999" is part of "NSI-E9999".
function wholeWord(text: string, start: number, end: number): string {
  let [from, to] = [start, end];
  while (start - from < LONGEST_CODE && PART.test(text.charAt(from - 1))) from -= 1;
  while (to - end < LONGEST_CODE && PART.test(text.charAt(to))) to += 1;
  return text.slice(from, to);
}

const pad = (value: number): string => String(value).padStart(2, '0');

// "1,250" and "1 250" are one number; "1,25" and "1.25" are another.
function plainNumber(written: string): string {
  const grouped = /^\d{1,3}(?:[.,  ]\d{3})+(?=\D|$)/u.exec(written)?.[0];
  const whole = grouped === undefined ? written : grouped.replace(/\D/g, '') + written.slice(grouped.length);
  return whole.replace(/[,  ]/gu, '.').replace(/\.0+$/, '');
}
