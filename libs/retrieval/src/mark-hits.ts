import { analyzeText } from './analyze.js';
import { findFunctionWords } from './function-words.js';
import type { WeightedTerm } from './weigh-terms.js';

const WORD = /[\p{L}\p{N}\p{M}]+(?:[-_./,][\p{L}\p{N}\p{M}]+)*/gu;
const PART = /[\p{L}\p{N}\p{M}]+/gu;
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]/u;
// Words that most passages hold say nothing of why this one was found.
const TELLING = 0.4;

type Span = [start: number, end: number];

/**
 * Finds, in texts of a search, the words that the query asked for: as offsets into the text, in order. Words that only
 * join others are none of them, where there are others.
 */
export function hitMarker(
  query: string,
  terms: readonly WeightedTerm[],
): (text: string, language: string) => Span[] {
  const joining = findFunctionWords(query).terms;
  const telling = terms.filter((term) => !joining.has(term.term));
  const asked = (telling.length > 0 ? telling : terms).filter((term) => term.found);
  const most = Math.max(0, ...asked.map((term) => term.idf));
  const wanted = new Set(asked.filter((term) => term.idf >= TELLING * most).map((term) => term.term));
  const known = new Map<string, boolean>();
  const isHit = (word: string, language: string): boolean => {
    const key = `${language} ${word}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const hit = [...analyzeText(word, language).terms.keys()].some((term) => wanted.has(term));
    known.set(key, hit);
    return hit;
  };
  return (text, language) =>
    merged(spansOf(text).filter(([start, end]) => isHit(text.slice(start, end), language)));
}

// Joined words are looked at part by part; scripts without spaces two characters at a time.
function spansOf(text: string): Span[] {
  return [...text.matchAll(WORD)].flatMap((word) =>
    [...word[0].matchAll(PART)].flatMap((part) => spansOfPart(part[0], word.index + part.index)),
  );
}

function spansOfPart(part: string, start: number): Span[] {
  if (!UNSPACED.test(part)) return [[start, start + part.length]];
  const characters = [...part];
  let at = start;
  return characters.map((character, index): Span => {
    const from = at;
    at += character.length;
    return [from, at + (characters[index + 1]?.length ?? 0)];
  });
}

function merged(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const [start, end] of spans) {
    const last = out.at(-1);
    if (last && start < last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}
