import type { DocumentContent } from '@belay/contracts';

export interface Highlight {
  readonly start: number;
  readonly end: number;
}
/** A paragraph (level 0) or heading, cut where the highlight begins and ends. */
export interface Block {
  readonly start: number;
  readonly level: number;
  readonly parts: { text: string; marked: boolean }[];
}

/** The paragraphs of a document with their place in its text. */
export function blocks(
  content: Pick<DocumentContent, 'text' | 'headings'>,
  highlight: Highlight | undefined,
): Block[] {
  const levels = new Map(content.headings.map((heading) => [heading.start, heading.level]));
  let start = 0;
  return content.text.split('\n\n').map((text) => {
    const block = { start, level: levels.get(start) ?? 0, parts: cut(text, start, highlight) };
    start += text.length + 2;
    return block;
  });
}

function cut(text: string, start: number, highlight: Highlight | undefined): Block['parts'] {
  const from = Math.min(text.length, Math.max(0, (highlight?.start ?? 0) - start));
  const to = Math.min(text.length, Math.max(0, (highlight?.end ?? 0) - start));
  if (!highlight || to <= from) return [{ text, marked: false }];
  return [
    { text: text.slice(0, from), marked: false },
    { text: text.slice(from, to), marked: true },
    { text: text.slice(to), marked: false },
  ];
}
