import type { Sentence } from '../measure-sentences.js';
import { findNumbers } from '../several/values.js';

// "Tier: Shore; First answer: 3 days": a row of a table, as it is stored.
const ROW = /^[^:;]{1,60}: [^;]+(?:; [^:;]{1,60}: [^;]*)+$/u;
const WORDS = /\p{L}{3}/u;
// "Cheaper than Coast" asks for another one.
const EXCEPT = /(?:\bthan|\bexcept|\bbesides|\bwithout|\bnot)\s+(?:the\s+)?$/iu;
const ASKS_BY_PRICE =
  /^(?:which|what|welche[rs]?|vilke[nt]|vilka|quel(?:le)?s?|qué)\s+(?:\p{L}+\s+){1,4}?(?:costs?|is priced at|kostet|kostar|coûte|cuesta)\s/iu;
// "Above EUR 1,000" is a rule.
const LIMIT =
  /\b(?:above|over|up to|between|from|below|under|than|at least|at most|ab|bis|über|unter|över|till)\s+\p{Lu}{3}\s\d/u;
const AMOUNT = /(?<![\p{L}\p{N}])\p{Lu}{3}\s(?=\d)/gu;

/**
 * Leaves out, where a question names what a row of a table is about, such as "Shore" of "Tier: Shore; Price: included",
 * the sentences of its document that name another one of the table's first column, and not that one.
 */
export function aboutRow<T extends Sentence>(asked: string, ranked: readonly T[]): readonly T[] {
  return columnsOf(ranked).reduce<readonly T[]>((left, { documentId, values }) => {
    const named = values.filter((value) => WORDS.test(value));
    const wanted = named.filter((value) => isAsked(asked, value));
    if (wanted.length === 0) return left;
    const others = named.filter((value) => !wanted.some((one) => names(one, value)));
    const isOther = ({ passage, text }: T): boolean =>
      passage.documentId === documentId &&
      others.some((value) => names(text, value)) &&
      !wanted.some((value) => names(text, value));
    return left.filter((sentence) => !isOther(sentence));
  }, ranked);
}

/**
 * Leaves out what names other amounts, where a question for a thing names an amount that a sentence names: "which part
 * costs EUR 12".
 */
export function aboutAmount<T extends Sentence>(asked: string, ranked: readonly T[]): readonly T[] {
  if (!ASKS_BY_PRICE.test(asked)) return ranked;
  const wanted = amountsOf(asked);
  const amounts = new Map(ranked.map((sentence) => [sentence, amountsOf(sentence.text)]));
  const holds = (sentence: T): boolean =>
    LIMIT.test(sentence.text) || (amounts.get(sentence)?.some((amount) => wanted.includes(amount)) ?? false);
  if (![...amounts.values()].some((named) => named.some((amount) => wanted.includes(amount)))) return ranked;
  return ranked.filter((sentence) => holds(sentence) || amounts.get(sentence)?.length === 0);
}

function amountsOf(text: string): string[] {
  const numbers = findNumbers(text);
  return [...text.matchAll(AMOUNT)].flatMap(({ 0: unit, index }) =>
    numbers.filter(({ start }) => start === index + unit.length).map(({ value }) => unit.trim() + value),
  );
}

interface Column {
  readonly documentId: string;
  readonly values: string[];
}

/** The first column of each table, by which its rows are told apart: no value stands there twice. */
function columnsOf(sentences: readonly Sentence[]): Column[] {
  const columns = new Map<string, Column>();
  // Passages may share a row.
  const rows = new Map(
    sentences.map((sentence) => [`${sentence.passage.documentId} ${sentence.text}`, sentence]),
  );
  for (const { text, passage } of rows.values()) {
    if (!ROW.test(text)) continue;
    const [name = '', value = ''] = (text.split('; ')[0] ?? '').split(': ');
    const key = `${passage.documentId} ${name}`;
    const column = columns.get(key) ?? { documentId: passage.documentId, values: [] };
    columns.set(key, column);
    column.values.push(value);
  }
  return [...columns.values()].filter(({ values }) => new Set(values).size === values.length);
}

function isAsked(asked: string, value: string): boolean {
  const at = find(asked, value);
  return at >= 0 && !EXCEPT.test(asked.slice(0, at));
}

const names = (text: string, value: string): boolean => find(text, value) >= 0;

/** Where a text holds a value as whole words, -1 where it does not. */
function find(text: string, value: string): number {
  const [lowered, wanted] = [text.toLowerCase(), value.toLowerCase()];
  for (let at = lowered.indexOf(wanted); at >= 0; at = lowered.indexOf(wanted, at + 1)) {
    const [before, after] = [lowered.slice(0, at), lowered.slice(at + wanted.length)];
    if (!/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after)) return at;
  }
  return -1;
}
