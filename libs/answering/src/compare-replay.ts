import { isDeepStrictEqual } from 'node:util';
import type { Replay } from '@belay/contracts';
import type { QuoteRequest } from '@belay/documents';
import type { StoredRecord } from './answer.repository.js';
import type { ReadingPart } from './conversations/reading.js';

/** One making of an answer, as far as it can be compared with another. */
export interface MadeAnswer {
  readonly outcome: 'answered' | 'abstained';
  readonly quotes: readonly QuoteRequest[];
  readonly record: StoredRecord;
  /** How a follow-up was understood, without text of documents. */
  readonly understood: readonly ReadingPart[] | null;
}

const BASIS = ['models', 'ranker', 'generation', 'policy', 'statistics'] as const;
const GONE = 'quoted what was deleted or changed since, or may not be read any more.';
const keyOf = ({ documentId, versionId, start, end, sha256 }: QuoteRequest): string =>
  [documentId, versionId, start, end, sha256].join();

const meaning = ({ understood }: MadeAnswer): string =>
  JSON.stringify(understood?.map((part) => (typeof part === 'string' ? part : keyOf(part))) ?? null);

/**
 * Where a second making differs from the stored one: in outcome, in quoted bytes, in what it ran on. `standing` are the
 * stored quotes that the person may still read.
 */
export function compareReplay(
  stored: MadeAnswer,
  again: MadeAnswer,
  standing: readonly QuoteRequest[],
): Omit<Replay, 'answerId'> {
  const stands = new Set(standing.map(keyOf));
  const differences: string[] = [];
  if (stored.outcome !== again.outcome) {
    differences.push(`The outcome was "${stored.outcome}" and is "${again.outcome}" now.`);
  }
  if (meaning(stored) !== meaning(again)) differences.push('The question is understood differently now.');
  const length = Math.max(stored.quotes.length, again.quotes.length);
  for (let index = 0; index < length; index += 1) {
    const [before, now] = [stored.quotes[index], again.quotes[index]];
    if (before && now && keyOf(before) === keyOf(now)) continue;
    const isGone = before !== undefined && !stands.has(keyOf(before));
    const how = isGone ? GONE : 'is not the same quote.';
    differences.push(`Sentence ${index + 1} ${how}`);
  }
  const changed = BASIS.filter((key) => !isDeepStrictEqual(stored.record[key], again.record[key]));
  return { matches: differences.length === 0, differences, changed };
}
