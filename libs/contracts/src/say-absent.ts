import type { SearchResponse } from './answers.js';

const SHOWN = 5;

/**
 * Says which words of a query nothing holds that the caller may read; null where there are none. `query` is what was
 * asked for, `isWithin` whether it was within one collection.
 */
export function sayAbsent(
  query: string,
  { absent, results }: SearchResponse,
  isWithin: boolean,
): string | null {
  const words = [...new Set(absent.map(([start, end]) => query.trim().slice(start, end)))];
  if (words.length === 0) return null;
  const quoted = words.slice(0, SHOWN).map((word) => `“${word}”`);
  const more = words.length > SHOWN ? ' and other words of yours' : '';
  const said = `No document${isWithin ? ' of this collection' : ''} that you may read contains ${listed(quoted)}${more}`;
  const isByMeaning = results.length > 0 && results.every(({ hits = [] }) => hits.length === 0);
  return isByMeaning ? `${said}; these are the nearest in meaning.` : `${said}.`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
