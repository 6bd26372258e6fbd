import { cosineAt, type Passage } from '@belay/retrieval';
import { type Cues, findCues } from './answer-cues.js';
import { type Meaning, meaningsTo } from './meaning.js';
import type { Question } from './question.js';
import type { ReadPassage } from './read-passage.js';
import type { Holding } from './tell-apart.js';

/** One sentence of a passage; `start` and `end` are offsets into the version's text. */
export interface Sentence {
  readonly passage: Passage;
  readonly passageIndex: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** True of an index term that it, what it continues, the headings or the title hold. */
  readonly isAround: (term: string) => boolean;
  /** Cosine of each word of the question with the nearest word of it and of what it continues. */
  readonly near: readonly number[];
  /** What it has of each word of the question. */
  readonly holding: Holding;
  /** Its place in its passage, from 0. */
  readonly position: number;
}

/** A sentence with what it has of a question: amounts of its own, not yet held against others. */
export interface Measured extends Sentence {
  readonly count: number;
  readonly length: number;
  readonly cues: Cues;
  readonly own: number;
  readonly withPrevious: number;
  readonly withTitle: number;
  readonly withAll: number;
  readonly nameShare: number;
  readonly namesAround: number;
  readonly grams: number;
  readonly pairs: number;
  readonly rarest: number;
  readonly passageCoverage: number;
  readonly total: number;
  readonly meaning: Meaning;
  /** Cosine with the question by the vectors of the embedding model. */
  readonly sense: number;
}

/** A share of the best; 0 where the best has nothing. */
export const relative = (value: number, best: number): number => (best > 0 ? value / best : 0);

/** Measures the sentences of one passage after another against a question. */
export function measurerOf(question: Question) {
  const meaningOf = meaningsTo(question);
  const gramsOf = gramsIn(question);
  const rarest = rarestOf(question);
  return (passage: Passage, passageIndex: number, { sentences, above }: ReadPassage): Measured[] => {
    const title = heldWords(question, above);
    const held = sentences.map(({ terms }) => heldWords(question, terms));
    const meanings = sentences.map(({ words }) => meaningOf(words));
    const passageCoverage = coverage(question, held.reduce(either, title));
    return sentences.map(({ start, end, text, terms, length, lead, leadAt }, position): Measured => {
      const meaning = meanings[position] as Meaning;
      const own = held[position] ?? [];
      const previous = either(own, heldWords(question, lead));
      const around = either(previous, title);
      return {
        passage,
        passageIndex,
        position,
        count: sentences.length,
        text,
        length,
        isAround: (term: string) => terms.has(term) || lead.has(term) || above.has(term),
        start: passage.start + start,
        end: passage.start + end,
        cues: findCues(text, question),
        own: coverage(question, own),
        withPrevious: coverage(question, previous),
        withTitle: coverage(question, either(own, title)),
        withAll: coverage(question, either(around, held[position + 1] ?? [])),
        nameShare: nameShare(question, own),
        namesAround: nameShare(question, around),
        grams: gramsOf(text),
        pairs: pairShare(question, own),
        rarest: relative(rarest.filter((at) => around[at]).length, rarest.length),
        passageCoverage,
        total: question.totalIdf,
        meaning,
        near: nearest(meaning.near, meanings[leadAt]?.near),
        // Where a sentence has no vector of its own yet, that of its passage stands for it.
        sense: cosineAt(passage.parts, position, sentences.length) ?? passage.cosine ?? 0,
        holding: { own, withPrevious: previous, near: meaning.near },
      };
    });
  };
}

/** Which of the question's words a text holds, in their order. */
type Held = readonly boolean[];

const heldWords = ({ words }: Question, terms: ReadonlyMap<string, number>): Held =>
  words.map(({ forms }) => terms.size > 0 && forms.some((form) => terms.has(form)));

const either = (a: Held, b: Held): Held => a.map((held, at) => held || b[at] === true);

const nearest = (near: readonly number[], other: readonly number[] = []): readonly number[] =>
  near.map((value, at) => Math.max(value, other[at] ?? 0));

/** The summed idf of the question's words that are held. */
const coverage = ({ words }: Question, held: Held): number =>
  words.reduce((sum, { idf }, at) => sum + (held[at] ? idf : 0), 0);

function nameShare({ words }: Question, held: Held): number {
  const total = words.reduce((sum, { idf, name }) => sum + (name ? idf : 0), 0);
  const found = words.reduce((sum, { idf, name }, at) => sum + (name && held[at] ? idf : 0), 0);
  return total > 0 ? found / total : 0.5;
}

// Parts of words that stemming does not bring together: share of each word's 4-grams, weighted by idf.
function gramsIn({ words, totalIdf }: Question): (text: string) => number {
  const asked = words.map(({ forms, idf }) => {
    const word = forms[0] ?? '';
    if (word.length < 4) return { grams: [word], weight: idf / 2 };
    const grams = Array.from({ length: word.length - 3 }, (_, at) => word.slice(at, at + 4));
    return { grams, weight: idf };
  });
  return (text) => {
    const lowered = text.toLowerCase();
    let found = 0;
    for (const { grams, weight } of asked) {
      let hits = 0;
      for (const gram of grams) hits += Number(lowered.includes(gram));
      found += (weight * hits) / grams.length;
    }
    return relative(found, totalIdf);
  };
}

function pairShare({ words }: Question, held: Held): number {
  let [total, found] = [0, 0];
  for (let at = 1; at < words.length; at += 1) {
    const weight = Math.min(words[at - 1]?.idf ?? 0, words[at]?.idf ?? 0);
    total += weight;
    if (held[at - 1] && held[at]) found += weight;
  }
  return relative(found, total);
}

/** Places of the three rarest words of the question. */
function rarestOf({ words }: Question): number[] {
  const places = words.map(({ idf }, at) => ({ idf, at }));
  return places
    .sort((a, b) => b.idf - a.idf)
    .slice(0, 3)
    .map(({ at }) => at);
}
