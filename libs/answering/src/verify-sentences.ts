import { createHash } from 'node:crypto';
import type { AnswerSentence, Citation } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { type QuoteRequest, type ReadQuote, readQuotes } from '@belay/documents';
import type { StoredQuote } from './answer.repository.js';
import { documentDate } from './several/document-date.js';
import { DOCUMENTS_STRATEGY, type DraftSentence } from './several/draft-answer.js';
import { type Disputed, orderDisputed } from './several/order-disputed.js';
import { readAim } from './several/read-aim.js';

/** A quote that was read again under the person's rights and has its digest. `isFirst` where it was the best of all. */
export type VerifiedQuote = StoredQuote & Disputed;

/** What is stored of a drafted sentence: its place, its digest and what it is for. */
export function quoteOf({ documentId, versionId, start, end, text, role, side }: DraftSentence): StoredQuote {
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  return { documentId, versionId, start, end, sha256, role, side };
}

/** Reads quotes again inside a reader transaction. What may not be read (any more), or differs, is left out. */
export async function verifyQuotes(
  tx: Transaction,
  quotes: readonly StoredQuote[],
): Promise<VerifiedQuote[]> {
  if (quotes.length === 0) return [];
  const read = await readQuotes(tx, quotes);
  return quotes.flatMap((quote, index) => {
    const found = read[index];
    return found ? [{ ...quote, citation: citationOf(quote, found), isFirst: index === 0 }] : [];
  });
}

/** Verified quotes as the sentences of an answer that was given `at` that time. */
export function sentencesOf(
  question: string,
  strategy: string,
  quotes: readonly VerifiedQuote[],
  at: Date,
): AnswerSentence[] {
  const aim = readAim(question);
  return orderDisputed(quotes, at.toISOString()).map(({ citation, role, side }) => {
    const compared = aim.kind === 'comparison' && side !== null ? aim.sides[side].subject : null;
    const subject = strategy === DOCUMENTS_STRATEGY ? citation.title : compared;
    return { text: citation.quote, citations: [citation], role, subject };
  });
}

function citationOf({ documentId, versionId, start, end, sha256 }: QuoteRequest, found: ReadQuote): Citation {
  const { title, collection, collectionId, page, text: quote, opening, uploadedAt, superseded } = found;
  const { date, stated: dateStated } = documentDate(title, opening, uploadedAt);
  const place = { documentId, versionId, title, collection, collectionId, page, start, end };
  return { ...place, quote, sha256, date, dateStated, superseded };
}
