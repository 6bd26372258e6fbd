/** A sentence as a range of its text, in UTF-16 code units. */
export interface SentenceRange {
  readonly start: number;
  readonly end: number;
}

// The segmenter ends a sentence after these, where a name or a number goes on. Single Roman numerals stay ends.
const ABBREVIATION =
  /(?:^|[\s("'“‘[])(?:mrs?|ms|dr|prof|st|no|nos|vs|fig|figs|eq|sec|ch|art|p|pp|vol|cf|e\.g|i\.e|etc|approx|ca|inc|ltd|co|corp|jr|sr|gen|col|lt|sgt|capt|rev|hon|gov|sen|rep|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|bzw|z\.b|d\.h|nr|abs|sog|usw|mme|mlle|sra?|srta|[a-hj-uwyz])\.\s*$/iu;
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
    if (end < line.length && ABBREVIATION.test(line.slice(start, end))) continue;
    ranges.push({ start, end });
    start = end;
  }
  if (start < line.length) ranges.push({ start, end: line.length });
  return ranges;
}

function trim(text: string, start: number, end: number): SentenceRange {
  const slice = text.slice(start, end);
  const lead = slice.length - slice.trimStart().length;
  return { start: start + lead, end: Math.max(start + lead, start + slice.trimEnd().length) };
}
