import { findFunctionWords, type Passage } from '@belay/retrieval';
import { namesIn } from '../conversations/wording.js';

/** Where something stands in a text. */
export type Span = readonly [start: number, end: number];
/** What a quote was taken from. */
type Quoted = Pick<Passage, 'title' | 'heading' | 'text' | 'language'>;

/** "P7", "NSI-E9999": a capital and a digit. */
export const CODE = /(?<![\p{L}\p{N}-])(?=[\p{L}\p{N}-]*\p{Lu})(?=[\p{L}\p{N}-]*\p{N})[\p{L}\p{N}-]+/gu;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const LONG_WORD = /\p{L}[\p{L}\p{M}'’-]{3,}/gu;
const LONG_WORDS_OF_TITLE = 3;
const UNDETERMINED = 'und';
// What only a sentence that says so can answer: nothing is counted, sorted or compared.
const EXTREME =
  /\b(?:largest|biggest|smallest|highest|lowest|longest|shortest|tallest|deepest|widest|cheapest|dearest|priciest|oldest|youngest|fastest|slowest|heaviest|lightest|strongest|weakest|busiest|nearest|closest|farthest|furthest)\b/giu;
// "India" and "Indians", "Казань" and "Казани". What is no longer than an ending is hardly a name: "OK", "TV".
const [SHORTEST_STEM, LONGEST_ENDING] = [4, 2];

/**
 * Names, codes and superlatives in a question that nothing holds which is quoted for it, nor what stands around the
 * quotes, as offsets into it: what is said may be about another one. Of names none in German, where every noun has a
 * capital, in a title, where every word has, and where what is quoted is in another language, which may write them
 * otherwise.
 */
export function unnamedIn(question: string, quoted: readonly Quoted[]): Span[] {
  const held = quoted.map(({ title, heading, text }) => plain([title, ...heading, text].join('\n')));
  const words = new Set(held.flatMap((text) => text.match(WORD) ?? []));
  const hasStem = (word: string): boolean => {
    const stem = word.slice(0, Math.max(SHORTEST_STEM, word.length - LONGEST_ENDING));
    return words.has(word) || [...words].some((other) => other.startsWith(stem));
  };
  const isHeld = (name: string): boolean => (plain(name).match(WORD) ?? []).some(hasStem);
  const isWritten = (code: string): boolean => held.some((text) => text.includes(plain(code)));
  const codes = [...question.matchAll(CODE)].map(({ 0: text, index }) => ({ text, start: index }));
  const names = isTold(question, quoted) ? namesIn(question) : [];
  const extremes = [...question.matchAll(EXTREME)].map(({ 0: text, index }) => ({ text, start: index }));
  return [
    ...[...codes, ...extremes].filter(({ text }) => !isWritten(text)),
    ...names.filter(({ text }) => text.length > LONGEST_ENDING && !/\p{N}/u.test(text) && !isHeld(text)),
  ]
    .sort((a, b) => a.start - b.start)
    .map(({ text, start }) => [start, start + text.length]);
}

// Without accents, which not everybody types.
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/(?<=\p{Script=Latin}\p{M}*)\p{M}/gu, '')
    .toLowerCase();

/** Whether a capital says that something is a name, and others would write it alike. */
function isTold(question: string, quoted: readonly Quoted[]): boolean {
  const { language } = findFunctionWords(question);
  const isOther = quoted.some((one) => ![UNDETERMINED, language ?? one.language].includes(one.language));
  const inside = [...question.matchAll(LONG_WORD)].filter(({ index }) => index > 0);
  const isTitle = inside.length >= LONG_WORDS_OF_TITLE && inside.every(([word]) => /^\p{Lu}/u.test(word));
  return language !== 'de' && !isOther && !isTitle;
}
