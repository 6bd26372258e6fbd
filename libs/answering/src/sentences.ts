/** A sentence as a range of its text, in UTF-16 code units. */
export interface SentenceRange {
  readonly start: number;
  readonly end: number;
}

// The segmenter ends a sentence after these, where a name goes on. Single Roman numerals stay ends.
const BEFORE_NAME =
  /(?:^|[\s("'“‘[])(?:[Mm]rs?|[Mm]s|[Dd]rs?|[Pp]rof|[Ss]t|[Gg]en|[Cc]ol|[Ll]t|[Ss]gt|[Cc]apt|[Rr]ev|[Hh]on|[Gg]ov|[Ss]en|[Rr]ep|vs|cf|e\.g|i\.e|approx|ca|bzw|z\. ?B|d\. ?h|sog|Mme|Mlle|Sra?|Srta|[A-HJ-UWYZ])\.\s*$/u;
// These belong to a number that follows.
const BEFORE_NUMBER =
  /(?:^|[\s("'“‘[])(?:nos?|nr|art|abs|figs?|eq|sec|ch|pp?|vol|ca|approx|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.\s*$/iu;
const segmenters = new Map<string, Intl.Segmenter>();

function segmenterOf(language: string): Intl.Segmenter {
  const known = segmenters.get(language);
  if (known) return known;
  let made: Intl.Segmenter;
  try {
    made = new Intl.Segmenter(language, { granularity: 'sentence' });
  } catch {
    made = new Intl.Segmenter('en', { granularity: 'sentence' });
  }
  segmenters.set(language, made);
  return made;
}

/** Sentences of a text in order: trimmed, never empty, never across a line break. */
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

function sentencesOfLine(line: string, language: string): SentenceRange[] {
  const ranges: SentenceRange[] = [];
  let start = 0;
  for (const { index, segment } of segmenterOf(language).segment(line)) {
    const end = index + segment.length;
    if (goesOn(line.slice(start, end), line.slice(end))) continue;
    ranges.push({ start, end });
    start = end;
  }
  if (start < line.length) ranges.push({ start, end: line.length });
  return ranges;
}

function goesOn(sentence: string, rest: string): boolean {
  if (rest === '') return false;
  return BEFORE_NAME.test(sentence) || (/^\p{N}/u.test(rest) && BEFORE_NUMBER.test(sentence));
}

function trim(text: string, start: number, end: number): SentenceRange {
  const slice = text.slice(start, end);
  const lead = slice.length - slice.trimStart().length;
  return { start: start + lead, end: Math.max(start + lead, start + slice.trimEnd().length) };
}
