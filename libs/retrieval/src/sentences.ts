/** A sentence as a range of its text, in UTF-16 code units. */
export interface SentenceRange {
  readonly start: number;
  readonly end: number;
}

// The segmenter ends a sentence after these, where it goes on. Single Roman numerals stay ends.
const ABBREVIATION =
  /(?<![\p{L}\p{N}.])(?:[Mm]rs?|[Mm]s|[Dd]rs?|[Pp]rof|[Ss]t|[Gg]en|[Cc]ol|[Ll]t|[Ss]gt|[Cc]apt|[Rr]ev|[Hh]on|[Gg]ov|[Ss]en|[Rr]ep|Fr|vs?|cf|e\.\s?g|i\.\s?e|approx|incl|ca|bzw|z\.\s?B|d\.\s?h|u\.\s?a|sog|ggf|t\.\s?ex|bl\.\s?a|Mme|Mlle|Sra?|Srta|[A-HJ-UWYZdzu])\.\s*$/u;
// Not an initial but one of a kind: behind what has letters ("hall B."), or where what follows begins a sentence and no
// name ("vitamin C. It helps").
const KIND =
  /(?<!\p{L})(?:halls?|docks?|rooms?|buildings?|blocks?|wings?|gates?|terminals?|platforms?|zones?|levels?|class|types?|grades?|groups?|teams?|plans?|options?|parts?|sections?|appendix|annex|schedules?|exhibits?|tables?|figures?|forms?|steps?|halle|saal|gebäude|gruppe|anlage|klasse|typ|sal|grupp|bilaga)\s+[A-Z]\.\s*$/iu;
const LETTER_OF_KIND = /\p{Ll}\s+[A-Z]\.\s*$/u;
const BEGINNING =
  /^(?:The|This|That|These|Those|It|They|We|You|There|If|When|In|On|At|For|From|All|Each|Please|After|Before|During|Der|Die|Das|Es|Wir|Sie|Wenn|Im)\s/u;
// These belong to a number that follows.
const BEFORE_NUMBER =
  /(?<![\p{L}\p{N}.])(?:nos?|nr|op|art|abs|figs?|eq|sec|sect|para|ch|pp?|vol|ca|approx|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|§{1,2})\.\s*$/iu;
// A name with its form of company, or "etc.", ends a sentence only where a new one can begin.
const BEFORE_LOWER_CASE = /(?<![\p{L}\p{N}.])(?:etc|Inc|Ltd|Co|Corp|Jr|Sr|a\.\s?m|p\.\s?m)\.\s*$/u;
// "3." at the start counts a list, and in a date of these languages a day; a year or an amount ends its sentence.
const LIST_NUMBER = /^\s*\d{1,3}\.\s*$/u;
const ORDINAL = /(?<![\p{L}\p{N}.,])\d{1,2}\.\s*$/u;
const ORDINAL_LANGUAGES = new Set(['de', 'da', 'nb', 'nn', 'no', 'cs', 'sk', 'sl', 'hr', 'hu', 'fi', 'pl']);
const segmenters = new Map<string, Intl.Segmenter>();

// Making a segmenter costs more than using it.
function segmenterOf(language: string): Intl.Segmenter {
  const known = segmenters.get(language);
  if (known) return known;
  const tag = /^[a-z]{2}$/.test(language) ? language : 'en';
  const made = new Intl.Segmenter(tag, { granularity: 'sentence' });
  segmenters.set(language, made);
  return made;
}

/** Sentences of a text in order (Unicode UAX #29): trimmed, never empty, never across a line break. */
export function splitSentences(text: string, language: string): SentenceRange[] {
  const ranges: SentenceRange[] = [];
  for (const line of text.matchAll(/[^\r\n\u2028\u2029]+/g)) {
    for (const range of sentencesOfLine(line[0], language)) {
      const trimmed = trim(text, line.index + range.start, line.index + range.end);
      if (trimmed.end > trimmed.start) ranges.push(trimmed);
    }
  }
  return ranges;
}

// Nothing in it can end a sentence in any language: a Greek question ends with a semicolon.
const IS_ONE = /^[^.!?;\x80-\uffff]*$/;

function sentencesOfLine(line: string, language: string): SentenceRange[] {
  if (IS_ONE.test(line)) return [{ start: 0, end: line.length }];
  const ranges: SentenceRange[] = [];
  let start = 0;
  for (const { index, segment } of segmenterOf(language).segment(line)) {
    const end = index + segment.length;
    const sentence = line.slice(start, end);
    if (sentence.trimEnd().endsWith('.') && goesOn(sentence, line.slice(end), language)) continue;
    ranges.push({ start, end });
    start = end;
  }
  if (start < line.length) ranges.push({ start, end: line.length });
  return ranges;
}

const isShort = (sentence: string, rest: string): boolean =>
  ABBREVIATION.test(sentence) &&
  !(
    /^\p{Lu}/u.test(rest) &&
    (KIND.test(sentence) || (LETTER_OF_KIND.test(sentence) && BEGINNING.test(rest)))
  );

function goesOn(sentence: string, rest: string, language: string): boolean {
  if (rest === '') return false;
  if (isShort(sentence, rest) || LIST_NUMBER.test(sentence)) return true;
  if (/^\p{N}/u.test(rest) && BEFORE_NUMBER.test(sentence)) return true;
  if (/^\p{Ll}/u.test(rest) && BEFORE_LOWER_CASE.test(sentence)) return true;
  return ORDINAL_LANGUAGES.has(language) && ORDINAL.test(sentence) && !/^\P{L}*\d/u.test(rest);
}

function trim(text: string, start: number, end: number): SentenceRange {
  const slice = text.slice(start, end);
  const lead = slice.length - slice.trimStart().length;
  return { start: start + lead, end: Math.max(start + lead, start + slice.trimEnd().length) };
}
