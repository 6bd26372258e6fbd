const ABBREVIATION =
  /(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nr|vs|approx|etc|e\.g|i\.e|z\.B|ca|bzw|cf|Fig|Sec|Art|p|pp|Inc|Ltd|Co|[A-Z])|\d)\.\s*$/;

/** Sentences of a text as trimmed ranges; a line break always ends one (Unicode UAX #29 by Intl.Segmenter). */
export function splitSentences(text: string, language: string): { start: number; end: number }[] {
  const segmenter = new Intl.Segmenter(language === 'und' ? 'en' : language, { granularity: 'sentence' });
  const out: { start: number; end: number }[] = [];
  let lineStart = 0;
  for (const line of text.split('\n')) {
    let open: number | undefined;
    for (const { segment, index } of segmenter.segment(line)) {
      open ??= index;
      const end = index + segment.length;
      if (ABBREVIATION.test(segment) && end < line.length) continue;
      push(out, text, lineStart + open, lineStart + end);
      open = undefined;
    }
    if (open !== undefined) push(out, text, lineStart + open, lineStart + line.length);
    lineStart += line.length + 1;
  }
  return out;
}

function push(out: { start: number; end: number }[], text: string, start: number, end: number): void {
  const slice = text.slice(start, end);
  const from = start + (slice.length - slice.trimStart().length);
  const to = start + slice.trimEnd().length;
  if (to > from) out.push({ start: from, end: to });
}
