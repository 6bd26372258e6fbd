import { createHash } from 'node:crypto';
import type { Transaction } from '@belay/database';
import { type QuoteRequest, readQuotes } from '@belay/documents';

const NO_WORD = /[^\p{L}\p{M}\p{N}-]+/u;

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

/**
 * Takes a reading apart, so that nothing of a document is stored as text: neither a borrowed name nor, where a follow-up
 * put something else in the place of a part of it, what is left. Words of `question` are the person's own.
 */
export function partsOf(text: string, borrowed: readonly Borrowed[], question: string): ReadingPart[] {
  const own = new Set(question.split(NO_WORD));
  const rests = borrowed.flatMap(runsOf).filter((run) => !run.text.split(' ').every((word) => own.has(word)));
  return divided(text, [...borrowed, ...rests.sort((a, b) => b.text.length - a.text.length)]);
}

function divided(text: string, borrowed: readonly Borrowed[]): ReadingPart[] {
  const used = borrowed.find((words) => placeOf(words.text, text) >= 0);
  if (used === undefined) return text === '' ? [] : [text];
  const at = placeOf(used.text, text);
  const after = text.slice(at + used.text.length);
  return [...divided(text.slice(0, at), borrowed), used.span, ...divided(after, borrowed)];
}

// Between words only: a name is not found within another word.
function placeOf(words: string, text: string): number {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const isWhole = (beside: string | undefined): boolean => beside === undefined || NO_WORD.test(beside);
    if (isWhole(text[at - 1]) && isWhole(text[at + words.length])) return at;
  }
  return -1;
}

/** Every run of words of a name that is not the whole name, with its own place. */
function runsOf({ text, span }: Borrowed): Borrowed[] {
  const words = [...text.matchAll(/\S+/gu)];
  return words.flatMap((first, from) =>
    words.slice(from).flatMap((last) => {
      const run = text.slice(first.index, last.index + last[0].length);
      return run === text ? [] : [{ text: run, span: spanWithin(span, first.index, run) }];
    }),
  );
}

/** The place of a text that begins so far behind the beginning of a slice. */
export function spanWithin(
  { documentId, versionId, start }: QuoteRequest,
  offset: number,
  text: string,
): QuoteRequest {
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  return { documentId, versionId, start: start + offset, end: start + offset + text.length, sha256 };
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
