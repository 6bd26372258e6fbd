import type { DocumentContent } from '@belay/contracts';

export interface Highlight {
  readonly start: number;
  readonly end: number;
}
/** A stretch of text, cut where the highlight begins and ends. */
export type Part = { readonly text: string; readonly marked: boolean };
/** A paragraph (level 0) or heading with its place in the document's text. */
export interface Block {
  readonly start: number;
  readonly level: number;
  readonly text: string;
  readonly parts: readonly Part[];
}

/** The paragraphs of a document with their place in its text. */
export function blocks(
  content: Pick<DocumentContent, 'text' | 'headings'>,
  highlight: Highlight | undefined,
): Block[] {
  const levels = new Map(content.headings.map((heading) => [heading.start, heading.level]));
  let start = 0;
  return content.text.split('\n\n').map((text) => {
    const block = { start, text, level: levels.get(start) ?? 0, parts: cut(text, start, highlight) };
    start += text.length + 2;
    return block;
  });
}

/** Cuts a stretch that begins at `start` of the document where the highlight begins and ends. */
export function cut(text: string, start: number, highlight: Highlight | undefined): Part[] {
  const from = Math.min(text.length, Math.max(0, (highlight?.start ?? 0) - start));
  const to = Math.min(text.length, Math.max(0, (highlight?.end ?? 0) - start));
  if (!highlight || to <= from) return [{ text, marked: false }];
  return [
    { text: text.slice(0, from), marked: false },
    { text: text.slice(from, to), marked: true },
    { text: text.slice(to), marked: false },
  ];
}
