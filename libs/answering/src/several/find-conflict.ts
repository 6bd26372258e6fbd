import { analyzeText, findFunctionWords } from '@belay/retrieval';
import { CODE } from '../about/unnamed.js';
import type { Question } from '../question.js';
import type { RankedSentence } from '../rank-sentences.js';
import { plainText } from '../plain-text.js';
import { findDates, findNumbers } from './values.js';

const LEAST_SHARED = 3;

/** How much two sentences must have in common, as shares of the smaller side, to say the same of the same thing. */
interface Likeness {
  /** Terms of the sentences. */
  readonly statement: number;
  /** Weight of what the chosen sentence holds of the question. */
  readonly question: number;
}
// Two versions of one document word a rule more freely than two documents that have nothing to do with each other.
const OF_VERSIONS: Likeness = { statement: 0.55, question: 0.5 };
const OF_OTHERS: Likeness = { statement: 0.8, question: 1 };
// Of the shorter title's terms without its figures, the share that makes two documents versions of one.
const SAME_TITLE = 0.66;

interface Statement {
  readonly terms: ReadonlySet<string>;
  /** Values by what they count or mean: "28" by "vacat". */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Of each other document, the best-ranked sentence that says the same as `chosen` with another number or date; with them
 * those that say just what `chosen` does, for which of all is the newest is not known yet. Empty where nothing contradicts.
 * Of what the asker may read only: `ranked` holds nothing else.
 */
export function findConflicts(
  question: Question,
  chosen: RankedSentence,
  ranked: readonly RankedSentence[],
): RankedSentence[] {
  const said = readStatement(chosen);
  if (said.values.size === 0) return [];
  const documents = new Set([chosen.passage.documentId]);
  let isDisputed = false;
  const found = ranked.filter((other) => {
    const { documentId } = other.passage;
    const isSame = plainText(other.text) === plainText(chosen.text);
    if (documents.has(documentId) || !(isSame || contradicts(question, chosen, said, other))) return false;
    documents.add(documentId);
    isDisputed ||= !isSame;
    return true;
  });
  return isDisputed ? found : [];
}

function contradicts(
  question: Question,
  chosen: RankedSentence,
  said: Statement,
  other: RankedSentence,
): boolean {
  // What is asked for first, because it costs least.
  if (!holdsTheSame(question, chosen, other, OF_VERSIONS.question)) return false;
  const likeness = areVersions(chosen, other) ? OF_VERSIONS : OF_OTHERS;
  const statement = readStatement(other);
  return (
    holdsTheSame(question, chosen, other, likeness.question) &&
    saysTheSameCodes(question, chosen, other) &&
    namesTheSame(chosen, other) &&
    sharedTerms(said.terms, statement.terms) >= likeness.statement &&
    saysOtherwise(said, statement)
  );
}

function areVersions(one: RankedSentence, other: RankedSentence): boolean {
  const [first, second] = [one, other].map(({ passage: { title, language } }) => contentOf(title, language));
  return shareOf(first ?? new Set(), second ?? new Set()) >= SAME_TITLE;
}

// What is said of M30 contradicts nothing that is said of M37, wherever they are named so. "v2" is of the same thing.
const VERSION =
  /^(?:v|r|rev|ver|version|q|h|fy)-?\d+$|^\d+(?:st|nd|rd|th|q\d|h\d)$|^\d{4}-|-(?:19|20)\d{2}$/iu;

function namesTheSame(one: RankedSentence, other: RankedSentence): boolean {
  const codesOf = (text: string): string[] =>
    (text.match(CODE) ?? []).filter((code) => !VERSION.test(code)).map((code) => code.toLowerCase());
  const isAlike = (a: string[], b: string[]): boolean =>
    a.every((code) => b.includes(code)) && b.every((code) => a.includes(code));
  const [first, second] = [one, other].map(({ text, passage: { title, heading } }) => ({
    said: codesOf(text),
    above: codesOf([title, ...heading].join('\n')),
  })) as [Record<'said' | 'above', string[]>, Record<'said' | 'above', string[]>];
  return isAlike(first.said, second.said) && (first.said.length > 0 || isAlike(first.above, second.above));
}

// Every name of the question or neither, and so much of the rest by weight.
function holdsTheSame(
  question: Question,
  one: RankedSentence,
  other: RankedSentence,
  share: number,
): boolean {
  const holds = (sentence: RankedSentence) =>
    question.words.filter(({ forms }) => forms.some(sentence.isAround));
  const [first, second] = [holds(one), holds(other)];
  const weight = (words: typeof first): number => words.reduce((sum, { idf }) => sum + idf, 0);
  const common = first.filter((word) => second.includes(word));
  return (
    first.every((word) => !word.name || second.includes(word)) &&
    second.every((word) => !word.name || first.includes(word)) &&
    common.length > 0 &&
    weight(common) >= share * weight(first) - 1e-9
  );
}

// Rows of two tables stand around one another's: what is asked for by a code, such as M8, is said by the row itself.
function saysTheSameCodes({ words }: Question, one: RankedSentence, other: RankedSentence): boolean {
  const codes = words.filter(({ written }) => /\p{L}/u.test(written) && /\p{N}/u.test(written));
  const said = ({ text, passage: { language } }: RankedSentence): Question['words'] => {
    const { terms } = analyzeText(text, language);
    return codes.filter(({ forms }) => forms.some((form) => terms.has(form)));
  };
  const [first, second] = [said(one), said(other)];
  return first.length === second.length && first.every((code) => second.includes(code));
}

const sharedTerms = (a: ReadonlySet<string>, b: ReadonlySet<string>): number =>
  [...a].filter((term) => b.has(term)).length >= LEAST_SHARED ? shareOf(a, b) : 0;

function shareOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const smaller = Math.min(a.size, b.size);
  return smaller === 0 ? 0 : [...a].filter((term) => b.has(term)).length / smaller;
}

function saysOtherwise(said: Statement, other: Statement): boolean {
  return [...said.values].some(([unit, values]) => {
    const others = other.values.get(unit);
    return others !== undefined && [...values].every((value) => !others.has(value));
  });
}

/** Terms that tell: neither joining words nor figures. */
function contentOf(text: string, language: string): Set<string> {
  const joining = findFunctionWords(text).terms;
  const terms = [...analyzeText(text, language).terms.keys()];
  return new Set(terms.filter((term) => !joining.has(term) && !/\p{N}/u.test(term)));
}

function readStatement({ text, passage: { language } }: RankedSentence): Statement {
  const content = (part: string): string[] => [...contentOf(part, language)];
  const values = new Map<string, Set<string>>();
  for (const { value, unit } of measures(text, content)) {
    values.set(unit, (values.get(unit) ?? new Set()).add(value));
  }
  return { terms: contentOf(text, language), values };
}

// A number is what it counts: a currency, the first word behind it, else what stands before it. A year alone counts nothing.
const CURRENCIES = [
  /€|eur\b|euros?\b/,
  /\$|usd\b|dollars?\b/,
  /£|gbp\b|pounds?\b/,
  /sek\b|kr\b|kronor\b|krona\b/,
  /chf\b|francs?\b/,
].map(({ source }) => source);
const PERCENT = '%|percent\\b|per cent\\b|prozent\\b|procent\\b';
const SIGNS = [...CURRENCIES, PERCENT].map((sign) => ({
  behind: new RegExp(`^\\s*(?:${sign})`, 'iu'),
  before: new RegExp(`(?<![\\p{L}\\p{N}])(?:${sign})\\s*$`, 'iu'),
}));

function measures(text: string, content: (part: string) => string[]): { value: string; unit: string }[] {
  const numbers = findNumbers(text).flatMap(({ value, start, end }) => {
    if (/^(?:19|20)\d{2}$/.test(value) || /[\p{L}-]$/u.test(text.slice(0, start))) return [];
    const [behind, before] = [text.slice(end, end + 40), text.slice(Math.max(0, start - 12), start)];
    const sign = SIGNS.findIndex((one) => one.behind.test(behind) || one.before.test(before));
    const unit = sign >= 0 ? `sign ${sign}` : content(behind)[0];
    return unit === undefined ? [] : [{ value, unit: unit.toLowerCase() }];
  });
  const dates = findDates(text).map(({ date, start }) => ({
    value: date,
    unit: `date ${content(text.slice(0, start)).at(-1) ?? ''}`,
  }));
  return [...numbers, ...dates];
}
