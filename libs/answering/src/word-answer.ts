import { type Answer, type AnswerSentence, type Citation, sayConfidence } from '@belay/contracts';
import { notQuoted } from './about/not-quoted.js';
import type { Span } from './about/unnamed.js';
import { COMPARISON_STRATEGY, DOCUMENTS_STRATEGY } from './several/draft-answer.js';
import { MOST_DOCUMENTS } from './several/choose-documents.js';
import { readAim } from './several/read-aim.js';
import { isToCome } from './several/document-date.js';

const NOT_FOUND = 'Nothing in the documents that you may read answers this.';
const FOUND = 'Quoted from documents that you may read.';
const MOST_NAMED = 5;

interface Shown {
  readonly question: string;
  readonly outcome: Answer['outcome'];
  readonly strategy: string;
  readonly confidence: number | null;
  readonly sentences: readonly AnswerSentence[];
  /** Quotes that were part of the answer and may no longer be read. */
  readonly withheld: number;
  /** Names in the question that neither the quotes hold nor what stands around them. */
  readonly unnamed: readonly Span[] | undefined;
  /** When it was given. */
  readonly at: Date;
}

/** The word that stands with an answer. It counts and names only what is shown. */
export function wordAnswer(shown: Shown): string {
  if (shown.outcome === 'abstained') return NOT_FOUND;
  if (shown.sentences.length === 0) return 'What this answer quoted is no longer available to you.';
  return [introduce(shown), disagree(shown), stillToCome(shown), nameMissing(shown), missing(shown.withheld)]
    .filter(Boolean)
    .join(' ');
}

function introduce({ question, strategy, sentences, confidence, withheld }: Shown): string {
  if (strategy === DOCUMENTS_STRATEGY) return countDocuments(sentences.length);
  if (strategy !== COMPARISON_STRATEGY) {
    return confidence === null ? FOUND : `${FOUND} ${sayConfidence(confidence)}`;
  }
  const aim = readAim(question);
  const sides = aim.kind === 'comparison' ? aim.sides : [];
  // What was found and is withheld now is only counted.
  const silent =
    withheld === 0 &&
    sides.find(({ subject }) => !sentences.some((sentence) => sentence.subject === subject));
  return silent ? `${FOUND} For ${silent.subject}, nothing was found.` : FOUND;
}

function countDocuments(count: number): string {
  if (count === 1) return 'One document that you may read deals with this.';
  if (count >= MOST_DOCUMENTS) return `The ${count} best of the documents that you may read on this.`;
  return `${count} documents that you may read deal with this.`;
}

function disagree({ sentences, at }: Pick<Shown, 'sentences' | 'at'>): string {
  const disagreeing = inDisagreement(sentences);
  if (disagreeing.length === 0) return '';
  const numbered = disagreeing.map((one) => `[${sentences.indexOf(one) + 1}] ${datedTitles(one, at)}`);
  return `Documents disagree: ${numbered.join(', ')}.`;
}

// What is said of disagreement says it already.
function stillToCome({ sentences, at }: Pick<Shown, 'sentences' | 'at'>): string {
  const dated = inDisagreement(sentences);
  const ahead = sentences.filter(
    (one) => !dated.includes(one) && one.citations.some((citation) => isAhead(citation, at)),
  );
  const said = [...new Set(ahead.map((one) => datedTitles(one, at)))].slice(0, MOST_NAMED);
  return said.length > 0 ? `${said.join(', ')}.` : '';
}

/** What answers first, with what says otherwise; nothing where nothing does. */
function inDisagreement(sentences: readonly AnswerSentence[]): AnswerSentence[] {
  const others = sentences.filter(({ role }) => role === 'conflicting');
  const first = sentences.find(({ role }) => role === 'answer');
  return first && others.length > 0 ? [first, ...others] : [];
}

type Dated = Pick<Citation, 'title' | 'date' | 'dateStated'>;

const isAhead = ({ date, dateStated }: Dated, at: Date): boolean =>
  dateStated && isToCome(date, at.toISOString());

const datedTitles = ({ citations }: AnswerSentence, at: Date): string =>
  citations.map((citation) => datedTitle(citation, at)).join(', ');

// A title that holds quotation marks would read as several.
function datedTitle(citation: Dated, at: Date): string {
  const title = `“${citation.title.replace(/[“”]/gu, '"')}”`;
  if (!citation.dateStated) return `${title} was uploaded on ${citation.date}`;
  return `${title} is from ${citation.date}${isAhead(citation, at) ? ' (still to come)' : ''}`;
}

// A quote on 2025 is a poor answer to a question about 2023; whoever asked should see it at once.
function nameMissing({ question, sentences, unnamed = [] }: Shown): string {
  const citations = sentences.flatMap((sentence) => sentence.citations);
  const { values, times } = notQuoted(question, citations);
  const names = unnamed.map(([start, end]) => question.slice(start, end));
  const written = [...new Set([...values, ...names])].slice(0, MOST_NAMED);
  return [
    written.length > 0 ? `No quote names ${written.join(' or ')}, which the question does.` : '',
    times.length > 0 ? `No quote speaks of the time ${times.slice(0, MOST_NAMED).join(' or ')}.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function missing(withheld: number): string {
  if (withheld === 0) return '';
  return `${withheld === 1 ? 'One quote is' : `${withheld} quotes are`} no longer available to you.`;
}
