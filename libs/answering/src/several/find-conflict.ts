import { analyzeText, findFunctionWords } from '@belay/retrieval';
import type { Question } from '../question.js';
import type { RankedSentence } from '../rank-sentences.js';
import { findDates, findNumbers } from './values.js';

const COMPARED = 12;
const MOST_CONFLICTS = 3;
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
 * Of each other document, the best-ranked sentence that says the same as `chosen` with another number or date; three at
 * most. Of what the asker may read only: `ranked` holds nothing else.
 */
export function findConflicts(
  question: Question,
  chosen: RankedSentence,
  ranked: readonly RankedSentence[],
): RankedSentence[] {
  const said = readStatement(chosen);
  if (said.values.size === 0) return [];
  const documents = new Set([chosen.passage.documentId]);
  const conflicts = ranked.slice(0, COMPARED).filter((other) => {
    const { documentId } = other.passage;
    if (documents.has(documentId) || !contradicts(question, chosen, said, other)) return false;
    documents.add(documentId);
    return true;
  });
  return conflicts.slice(0, MOST_CONFLICTS);
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
    sharedTerms(said.terms, statement.terms) >= likeness.statement &&
    saysOtherwise(said, statement)
  );
}

function areVersions(one: RankedSentence, other: RankedSentence): boolean {
  const [first, second] = [one, other].map(({ passage: { title, language } }) => contentOf(title, language));
  return shareOf(first ?? new Set(), second ?? new Set()) >= SAME_TITLE;
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

// A number is what it counts: the first word behind it, else what stands before it. A year alone counts nothing.
function measures(text: string, content: (part: string) => string[]): { value: string; unit: string }[] {
  const numbers = findNumbers(text).flatMap(({ value, start, end }) => {
    if (/^(?:19|20)\d{2}$/.test(value)) return [];
    const sign = /^\s*[%€$£]|^\s*(?:percent|per cent|prozent|procent)\b/iu.exec(text.slice(end))?.[0].trim();
    const before = /[€$£]\s*$/u.exec(text.slice(0, start))?.[0].trim();
    const unit = sign ?? before ?? content(text.slice(end, end + 40))[0];
    return unit === undefined ? [] : [{ value, unit: unit.toLowerCase() }];
  });
  const dates = findDates(text).map(({ date, start }) => ({
    value: date,
    unit: `date ${content(text.slice(0, start)).at(-1) ?? ''}`,
  }));
  return [...numbers, ...dates];
}
