import type { Citation } from '@belay/contracts';
import { unsupportedValues } from '../several/values.js';
import { timesNotQuoted } from './other-time.js';

/** What a question asks about that its quotes do not speak of, as the question writes it. */
export interface NotQuoted {
  /** Dates, years and larger numbers that no quote holds, nor its title or date. */
  readonly values: readonly string[];
  /** Times such as "before 2024" of which the quotes speak of the other side alone. */
  readonly times: readonly string[];
}

/** What of a question's dates, years, larger numbers and times is not in the quotes. */
export function notQuoted(
  question: string,
  citations: readonly Pick<Citation, 'quote' | 'title' | 'date'>[],
): NotQuoted {
  const sources = citations.flatMap(({ quote, title, date }) => [quote, title, date]);
  const missing = unsupportedValues(question, sources).filter(({ value }) => /\d{3}|[.-]/.test(value));
  const quotes = citations.map(({ quote }) => quote);
  return { values: missing.map(({ written }) => written), times: timesNotQuoted(question, quotes) };
}
