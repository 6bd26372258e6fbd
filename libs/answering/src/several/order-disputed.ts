import type { Citation } from '@belay/contracts';
import { plainText } from '../plain-text.js';
import { isToCome } from './document-date.js';

/** A quote that was read again, and whether it is the one that was best when the answer was made. */
export interface Disputed {
  readonly citation: Citation;
  readonly role: 'answer' | 'conflicting';
  readonly isFirst: boolean;
}

/**
 * Quotes in the order in which they are shown `at` a time (ISO 8601). Of those that disagree, the newest answers that is
 * valid already, where the best says how old it is; else the best does. What says that it is from a day to come answers
 * only where nothing else is left, the soonest first. The others are shown behind whatever else answers, the newest first;
 * what says the same as the one that answers contradicts nothing and is left out.
 */
export function orderDisputed<T extends Disputed>(quotes: readonly T[], at: string): readonly T[] {
  const first = quotes.filter(({ isFirst }) => isFirst);
  const disputed = [...first, ...quotes.filter(({ role }) => role === 'conflicting')];
  if (disputed.length === first.length) return quotes;
  const leading = leadingOf(disputed, at);
  const others = disputed.filter((quote) => quote !== leading && plain(quote) !== plain(leading));
  const further = quotes.filter(({ role, isFirst }) => role === 'answer' && !isFirst);
  return [
    { ...leading, role: 'answer' },
    ...further,
    ...others.sort((a, b) => compareAge(a, b)).map((quote) => ({ ...quote, role: 'conflicting' as const })),
  ];
}

function leadingOf<T extends Disputed>(disputed: readonly T[], at: string): T {
  const [best] = disputed as [T, ...T[]];
  const isAhead = ({ citation: { date, dateStated } }: T): boolean => dateStated && isToCome(date, at);
  const ahead = disputed.filter(isAhead);
  const undated = disputed.filter(({ citation }) => !citation.dateStated);
  const [newest = undated[0]] = disputed
    .filter((quote) => quote.citation.dateStated && !isAhead(quote))
    .sort(compareAge);
  if (!best.citation.dateStated) return best;
  return newest ?? (ahead.sort(compareAge).at(-1) as T);
}

// The newest first, what does not say how old it is last. A year is as old as any day of it.
function compareAge({ citation: a }: Disputed, { citation: b }: Disputed): number {
  if (a.dateStated !== b.dateStated) return Number(b.dateStated) - Number(a.dateStated);
  const length = Math.min(a.date.length, b.date.length);
  return a.dateStated ? b.date.slice(0, length).localeCompare(a.date.slice(0, length)) : 0;
}

const plain = ({ citation: { quote } }: Disputed): string => plainText(quote);
