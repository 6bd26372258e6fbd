import { createHash } from 'node:crypto';
import type { AnswerSentence, Citation } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { type QuoteRequest, type ReadQuote, readQuotes } from '@belay/documents';
import type { StoredQuote } from './answer.repository.js';
import { documentDate, isToCome } from './several/document-date.js';
import { DOCUMENTS_STRATEGY, type DraftSentence } from './several/draft-answer.js';
import { readAim } from './several/read-aim.js';

/** A quote that was read again under the person's rights and has its digest. */
export type VerifiedQuote = StoredQuote & { readonly citation: Citation };

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
    return found ? [{ ...quote, citation: citationOf(quote, found) }] : [];
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
  return newestFirst(quotes, at.toISOString()).map(({ citation, role, side }) => {
    const compared = aim.kind === 'comparison' && side !== null ? aim.sides[side].subject : null;
    const subject = strategy === DOCUMENTS_STRATEGY ? citation.title : compared;
    return { text: citation.quote, citations: [citation], role, subject };
  });
}

// Of quotes that disagree, that of the newest document answers, where documents say how old they are. What says that it
// is from a day to come is not valid yet: whatever another says of its age, that one goes first.
function newestFirst(quotes: readonly VerifiedQuote[], at: string): readonly VerifiedQuote[] {
  const [first, ...rest] = quotes;
  if (!first) return quotes;
  const isAhead = ({ date, dateStated }: Citation): boolean => dateStated && isToCome(date, at);
  const isOlder = ({ citation: a }: VerifiedQuote, { citation: b }: VerifiedQuote): boolean =>
    isAhead(a) === isAhead(b) ? a.dateStated && b.dateStated && a.date < b.date : isAhead(a);
  const conflicting = rest.filter(({ role }) => role === 'conflicting');
  const newest = conflicting.reduce((best, other) => (isOlder(best, other) ? other : best), first);
  if (newest === first) return quotes;
  const others = [first, ...conflicting].filter((quote) => quote !== newest);
  return [
    { ...newest, role: 'answer' },
    ...rest.filter(({ role }) => role === 'answer'),
    ...others.map((quote) => ({ ...quote, role: 'conflicting' as const })),
  ];
}

function citationOf({ documentId, versionId, start, end, sha256 }: QuoteRequest, found: ReadQuote): Citation {
  const { title, collection, collectionId, page, text: quote, opening, uploadedAt, superseded } = found;
  const { date, stated: dateStated } = documentDate(title, opening, uploadedAt);
  const place = { documentId, versionId, title, collection, collectionId, page, start, end };
  return { ...place, quote, sha256, date, dateStated, superseded };
}
