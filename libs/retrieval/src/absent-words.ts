import { analyzeQuery } from './analyze.js';
import { findFunctionWords } from './function-words.js';

// Characters of no width, such as a soft hyphen, stand within words.
const WORD =
  /[\p{L}\p{N}\p{M}\p{Cf}]+(?:[-_./][\p{L}\p{N}\p{M}\p{Cf}]+|(?<=\p{N}),(?=\p{N})[\p{L}\p{N}\p{M}\p{Cf}]+)*/gu;
const PART = /[\p{L}\p{N}\p{M}\p{Cf}]+/gu;
const LONE_LETTER = /^\p{L}$/u;
// "don’t", "we’ll": neither half is a word of its own.
const CONTRACTED = /^[’']t(?!\p{L})/iu;
const CUT_OFF = /\p{L}[’']$/u;

/**
 * Where a query holds words that no text has in any form, as offsets into it: a word with a part that none has, such as
 * a code. `isFound` says of a term whether a text that the caller may read has it. Words that only join are left out.
 */
export function absentWords(
  query: string,
  languages: readonly string[],
  isFound: (term: string) => boolean,
): [start: number, end: number][] {
  const joining = findFunctionWords(query).terms;
  const isAbsent = (part: string): boolean => {
    const terms = analyzeQuery(part, languages).map(({ term }) => term);
    return terms.length > 0 && !terms.some((term) => joining.has(term) || isFound(term));
  };
  return [...query.matchAll(WORD)].flatMap(({ 0: word, index }): [number, number][] => {
    // A letter alone is what an apostrophe cuts off.
    const parts = [...word.matchAll(PART)].map(([part]) => part).filter((part) => !LONE_LETTER.test(part));
    const end = index + word.length;
    if (
      CONTRACTED.test(query.slice(end, end + 3)) ||
      CUT_OFF.test(query.slice(Math.max(0, index - 3), index))
    )
      return [];
    return parts.some(isAbsent) ? [[index, end]] : [];
  });
}
