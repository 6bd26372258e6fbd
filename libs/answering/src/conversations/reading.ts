import type { Transaction } from '@belay/database';
import { type QuoteRequest, readQuotes } from '@belay/documents';

/** Words that came from a quote: where they stand, so that they are authorised again whenever they are shown. */
export interface Borrowed {
  readonly text: string;
  readonly span: QuoteRequest;
}

/** A piece of a reading: the person's own words, or a place in a document. */
export type ReadingPart = string | QuoteRequest;

/** How a question is understood. `parts` is null where it is understood as it stands. */
export interface Reading {
  readonly text: string;
  readonly parts: readonly ReadingPart[] | null;
}

/** Takes a reading apart, so that nothing of a document is stored as text. */
export function partsOf(text: string, borrowed: readonly Borrowed[]): ReadingPart[] {
  const used = borrowed.find((words) => text.includes(words.text));
  if (used === undefined) return text === '' ? [] : [text];
  const at = text.indexOf(used.text);
  const rest = borrowed.filter((words) => words !== used);
  const after = text.slice(at + used.text.length);
  return [...partsOf(text.slice(0, at), rest), used.span, ...partsOf(after, borrowed)];
}

/** Puts a stored reading together under the rights of this reader transaction; undefined where a word is withheld. */
export async function readParts(
  tx: Transaction,
  parts: readonly ReadingPart[],
): Promise<{ text: string; borrowed: Borrowed[] } | undefined> {
  const spans = parts.filter((part) => typeof part !== 'string');
  const read = spans.length === 0 ? [] : await readQuotes(tx, spans);
  const borrowed = spans.flatMap((span, index) => {
    const found = read[index];
    return found === undefined ? [] : [{ text: found.text, span }];
  });
  if (borrowed.length < spans.length) return undefined;
  const texts = borrowed.map(({ text }) => text);
  return { text: parts.map((part) => (typeof part === 'string' ? part : texts.shift())).join(''), borrowed };
}
