const ABBREVIATION =
  /(?<![\p{L}\p{N}])(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nr|vs|approx|etc|e\.g|i\.e|z\.\s?B|d\.\s?h|ca|bzw|cf|Fig|Sec|Art|Abs|pp?|Inc|Ltd|Co|[dzu]|\p{Lu})\.\s*$/u;
// "3." counts something (a list, a German date); a year or an amount ends its sentence.
const ORDINAL = /(?<![\p{L}\p{N}.,])\d{1,2}\.\s*$/u;

const segmenters = new Map<string, Intl.Segmenter>();

/** Sentences of a text as trimmed ranges; a line break always ends one (Unicode UAX #29 by Intl.Segmenter). */
export function splitSentences(text: string, language: string): { start: number; end: number }[] {
  const segmenter = segmenterOf(language);
  const out: { start: number; end: number }[] = [];
  let lineStart = 0;
  for (const line of text.split('\n')) {
    let open: number | undefined;
    for (const { segment, index } of segmenter.segment(line)) {
      open ??= index;
      const end = index + segment.length;
      if (end < line.length && (ABBREVIATION.test(segment) || ORDINAL.test(segment))) continue;
      push(out, text, lineStart + open, lineStart + end);
      open = undefined;
    }
    if (open !== undefined) push(out, text, lineStart + open, lineStart + line.length);
    lineStart += line.length + 1;
  }
  return out;
}

// Making a segmenter costs more than using it.
function segmenterOf(language: string): Intl.Segmenter {
  const known = segmenters.get(language);
  if (known) return known;
  const tag = /^[a-z]{2}$/.test(language) ? language : 'en';
  const made = new Intl.Segmenter(tag, { granularity: 'sentence' });
  segmenters.set(language, made);
  return made;
}

function push(out: { start: number; end: number }[], text: string, start: number, end: number): void {
  const slice = text.slice(start, end);
  const from = start + (slice.length - slice.trimStart().length);
  const to = start + slice.trimEnd().length;
  if (to > from) out.push({ start: from, end: to });
}
