import { createHash } from 'node:crypto';
import { stemWord } from './stem.js';

/** Terms of a text with their frequencies; `length` is the sum of the frequencies. */
export interface AnalyzedText {
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
}

/** One term of a query; terms that are forms of the same word under different languages share `word`. */
export interface QueryTerm {
  readonly term: string;
  readonly termId: string;
  readonly word: number;
}

const LONGEST_TERM = 64;
// Scripts written without spaces between words, and Hangul, whose particles are glued on: cut into bigrams.
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}' +
  '\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々';
const WORD = '[\\p{L}\\p{N}\\p{M}]+';
const TOKEN = new RegExp(`${WORD}(?:[-_./]${WORD}|(?<=\\p{N}),(?=\\p{N})${WORD})*`, 'gu');
const PART = new RegExp(WORD, 'gu');
const RUN = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, 'gu');
// Most words: nothing in them to cut or to keep whole.
const PLAIN = /^[a-zß-öø-ÿ]{1,30}$/;
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');

// What is written without other letters needs no tables of Unicode, and is most of what is read.
const ASCII = /^\p{ASCII}*$/u;
const ASCII_TOKEN = /[a-z0-9]+(?:[-_./][a-z0-9]+|(?<=[0-9]),(?=[0-9])[a-z0-9]+)*/g;

function tokensOf(text: string): readonly string[] {
  if (!ASCII.test(text)) return normalize(text).match(TOKEN) ?? [];
  const lowered = text.toLowerCase();
  const bare = lowered.includes("'s") ? lowered.replace(/(?<=[a-z])'s(?![a-z0-9])/g, '') : lowered;
  return bare.match(ASCII_TOKEN) ?? [];
}

function normalize(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}/gu, '')
    .replace(/(?<=\p{L})['\u2019]s(?![\p{L}\p{N}])/gu, '');
}

function bigrams(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

function termsOfPart(part: string, language: string): string[] {
  return (part.match(RUN) ?? []).flatMap((run) => {
    if (IS_UNSPACED.test(run)) return bigrams(run);
    return [/\p{N}/u.test(run) ? run : stemWord(run, language)];
  });
}

function termsOfToken(token: string, language: string): string[] {
  if (PLAIN.test(token)) return [stemWord(token, language)];
  const parts = token.match(PART) ?? [];
  const terms = parts.flatMap((part) => termsOfPart(part, language));
  // A code or a joined word is kept whole and unstemmed as well, so that it can be asked for exactly.
  if (parts.length > 1) terms.push(token);
  return terms.map((term) => (term.length > LONGEST_TERM ? term.slice(0, LONGEST_TERM) : term));
}

/** Terms of a text in one language: stemmed words, codes verbatim with their parts, bigrams of unspaced scripts. */
export function analyzeText(text: string, language: string): AnalyzedText {
  const terms = new Map<string, number>();
  let length = 0;
  for (const token of tokensOf(text)) {
    for (const term of termsOfToken(token, language)) {
      terms.set(term, (terms.get(term) ?? 0) + 1);
      length += 1;
    }
  }
  return { terms, length };
}

/** Distinct terms of a query, each stemmed under every one of `languages` (unstemmed where there is none). */
export function analyzeQuery(text: string, languages: readonly string[]): QueryTerm[] {
  const found = new Map<string, QueryTerm>();
  const spoken = languages.length === 0 ? [''] : languages;
  const words = tokensOf(text).flatMap((token) => formsOfToken(token, spoken));
  words.forEach((forms, word) => {
    for (const term of forms) if (!found.has(term)) found.set(term, { term, termId: termId(term), word });
  });
  return [...found.values()];
}

// Every language cuts a token at the same places, so terms at one index are forms of one word.
function formsOfToken(token: string, languages: readonly string[]): string[][] {
  const byLanguage = languages.map((language) => termsOfToken(token, language));
  return (byLanguage[0] ?? []).map((_, index) => byLanguage.flatMap((terms) => terms[index] ?? []));
}

/** The first 8 bytes of the term's SHA-256 as a signed 64-bit decimal. */
export function termId(term: string): string {
  return createHash('sha256').update(term).digest().readBigInt64BE(0).toString();
}
