import type { Passage } from '@belay/retrieval';
import { answersType, findCues, type Cues } from './answer-cues.js';
import { compareMeanings, type Meaning } from './meaning.js';
import type { Question } from './question.js';
import { readPassage, type ReadPassage } from './read-passage.js';

/** One sentence of a passage; `start` and `end` are offsets into the version's text. */
export interface Sentence {
  readonly passage: Passage;
  readonly passageIndex: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** True of an index term that it, what it continues, the headings or the title hold. */
  readonly isAround: (term: string) => boolean;
}

/** A sentence with its features by name. */
export interface DescribedSentence extends Sentence {
  readonly features: Readonly<Record<string, number>>;
}

interface Measured extends Sentence {
  readonly position: number;
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
}

const relative = (value: number, best: number): number => (best > 0 ? value / best : 0);
const bestOf = <T>(rows: readonly T[], value: (row: T) => number): number => Math.max(0, ...rows.map(value));

// A cosine may be negative, where a share may not.
const highest = <T>(rows: readonly T[], value: (row: T) => number): number =>
  Math.max(-1, ...rows.map(value));

/** Describes every sentence of the passages; features are relative to the pool, so that they carry to other corpora. */
export function describeSentences(
  question: Question,
  passages: readonly Passage[],
  read: (passage: Passage) => ReadPassage = readPassage,
): DescribedSentence[] {
  const measured = passages.flatMap((passage, index) =>
    measurePassage(question, passage, index, read(passage)),
  );
  const best = {
    own: bestOf(measured, (row) => row.own),
    withPrevious: bestOf(measured, (row) => row.withPrevious),
    withTitle: bestOf(measured, (row) => row.withTitle),
    withAll: bestOf(measured, (row) => row.withAll),
    grams: bestOf(measured, (row) => row.grams),
    pairs: bestOf(measured, (row) => row.pairs),
    density: bestOf(measured, (row) => density(row)),
    passage: bestOf(measured, (row) => row.passageCoverage),
    bm25: bestOf(measured, (row) => row.passage.bm25),
    score: bestOf(measured, (row) => row.passage.score),
    cosine: bestOf(measured, (row) => row.passage.cosine ?? 0),
    like: highest(measured, (row) => row.meaning.like),
    aligned: highest(measured, (row) => row.meaning.aligned),
    likeIn: passages.map((_, index) =>
      highest(
        measured.filter((row) => row.passageIndex === index),
        (row) => row.meaning.like,
      ),
    ),
    ownIn: passages.map((_, index) =>
      bestOf(
        measured.filter((row) => row.passageIndex === index),
        (row) => row.own,
      ),
    ),
  };
  return measured.map((row) => ({
    passage: row.passage,
    passageIndex: row.passageIndex,
    start: row.start,
    end: row.end,
    text: row.text,
    isAround: row.isAround,
    features: {
      ...overlaps(row, question, best),
      ...meanings(row, best),
      ...passageFeatures(row, best),
      ...shape(row, question),
    },
  }));
}

type Best = Record<
  | 'own'
  | 'withPrevious'
  | 'withTitle'
  | 'withAll'
  | 'grams'
  | 'pairs'
  | 'density'
  | 'passage'
  | 'bm25'
  | 'score'
  | 'cosine'
  | 'like'
  | 'aligned',
  number
> & { ownIn: number[]; likeIn: number[] };

const density = (row: Measured): number => row.own / (row.length + 8);

function overlaps(row: Measured, question: Question, best: Best): Record<string, number> {
  const total = question.totalIdf;
  return {
    own: relative(row.own, total),
    ownRelative: relative(row.own, best.own),
    ownInPassage: relative(row.own, best.ownIn[row.passageIndex] ?? 0),
    isBestOwn: Number(row.own > 0 && row.own >= best.own - 1e-9),
    previousRelative: relative(row.withPrevious, best.withPrevious),
    titleRelative: relative(row.withTitle, best.withTitle),
    all: relative(row.withAll, total),
    allRelative: relative(row.withAll, best.withAll),
    grams: row.grams,
    gramsRelative: relative(row.grams, best.grams),
    pairs: row.pairs,
    pairsRelative: relative(row.pairs, best.pairs),
    densityRelative: relative(density(row), best.density),
    nameShare: row.nameShare,
    namesAround: row.namesAround,
    rarest: row.rarest,
  };
}

function meanings({ meaning, passageIndex }: Measured, best: Best): Record<string, number> {
  const { like, aligned } = meaning;
  return {
    like,
    likeRelative: like - best.like,
    likeInPassage: like - (best.likeIn[passageIndex] ?? 0),
    isBestLike: Number(like >= best.like - 1e-9),
    aligned,
    alignedRelative: relative(aligned, best.aligned),
  };
}

function passageFeatures(row: Measured, best: Best): Record<string, number> {
  const { passage } = row;
  return {
    passageRelative: relative(row.passageCoverage, best.passage),
    passageAll: relative(row.passageCoverage, row.total),
    firstPassage: Number(row.passageIndex === 0),
    passageRank: Math.log1p(row.passageIndex),
    passageScore: relative(passage.score, best.score),
    passageBm25: relative(passage.bm25, best.bm25),
    passageCosine: passage.cosine === null ? 0 : passage.cosine - best.cosine,
  };
}

function shape(row: Measured, question: Question): Record<string, number> {
  return {
    first: Number(row.position === 0),
    position: row.count > 1 ? row.position / (row.count - 1) : 0,
    logLength: Math.log1p(row.length),
    short: Number(row.length < 6),
    long: Number(row.length > 45),
    question: Number(/[?？؟]\s*["'”’)]*$/u.test(row.text)),
    heading: Number(row.length < 12 && !/[.!?。！？؟…:;"'”’)\]]$/u.test(row.text)),
    pronoun: Number(/^(?:he|she|it|they|this|these|his|her|its|their|such|both)\b/iu.test(row.text)),
    ...typeFeatures(row.cues, question),
  };
}

function typeFeatures(cues: Cues, question: Question): Record<string, number> {
  const fits = answersType(cues, question);
  const names = Math.log1p(cues.names);
  const numbers = Math.log1p(cues.numbers);
  const place = Number(cues.place);
  switch (question.type) {
    case 'number':
      return { fitsNumber: fits, moreNumbers: numbers };
    case 'date':
      return { fitsDate: fits, moreDates: Math.log1p(cues.dates) };
    case 'who':
      return { fitsWho: fits, moreNames: names };
    case 'where':
      return { fitsWhere: fits, placeNames: names };
    case 'why':
      return { fitsWhy: fits };
    case 'other':
      return { otherNames: names, otherNumbers: numbers, otherPlace: place };
  }
}

function measurePassage(
  question: Question,
  passage: Passage,
  passageIndex: number,
  { sentences, above }: ReadPassage,
): Measured[] {
  const title = heldWords(question, above);
  const held = sentences.map(({ terms }) => heldWords(question, terms));
  const compared = compareMeanings(
    question,
    sentences.map(({ words }) => words),
  );
  const passageCoverage = coverage(question, held.reduce(either, title));
  const rarest = rarestOf(question);
  return sentences.map(({ start, end, text, terms, length, lead }, position) => {
    const own = held[position] ?? [];
    const previous = either(own, heldWords(question, lead));
    const around = either(previous, title);
    return {
      ...{ passage, passageIndex, position, count: sentences.length, text, length },
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
      grams: gramShare(question, text),
      pairs: pairShare(question, own),
      rarest: relative(rarest.filter((at) => around[at]).length, rarest.length),
      passageCoverage,
      total: question.totalIdf,
      meaning: compared[position] ?? { like: 0, aligned: 0 },
    };
  });
}

/** Which of the question's words a text holds, in their order. */
type Held = readonly boolean[];

const heldWords = ({ words }: Question, terms: ReadonlyMap<string, number>): Held =>
  words.map(({ forms }) => terms.size > 0 && forms.some((form) => terms.has(form)));

const either = (a: Held, b: Held): Held => a.map((held, at) => held || b[at] === true);

/** The summed idf of the question's words that are held. */
const coverage = ({ words }: Question, held: Held): number =>
  words.reduce((sum, { idf }, at) => sum + (held[at] ? idf : 0), 0);

function nameShare({ words }: Question, held: Held): number {
  const total = words.reduce((sum, { idf, name }) => sum + (name ? idf : 0), 0);
  const found = words.reduce((sum, { idf, name }, at) => sum + (name && held[at] ? idf : 0), 0);
  return total > 0 ? found / total : 0.5;
}

// Parts of words that stemming does not bring together: share of each word's 4-grams, weighted by idf.
function gramShare(question: Question, text: string): number {
  const lowered = text.toLowerCase();
  const found = question.words.reduce((sum, { forms, idf }) => {
    const word = forms[0] ?? '';
    if (word.length < 4) return sum + (lowered.includes(word) ? idf / 2 : 0);
    let hits = 0;
    for (let at = 0; at + 4 <= word.length; at += 1) hits += Number(lowered.includes(word.slice(at, at + 4)));
    return sum + (idf * hits) / (word.length - 3);
  }, 0);
  return relative(found, question.totalIdf);
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
