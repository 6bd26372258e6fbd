import { cosineAt, type Passage } from '@belay/retrieval';
import { answersType, findCues, type Cues } from './answer-cues.js';
import { type Meaning, meaningsTo } from './meaning.js';
import type { Question } from './question.js';
import { readPassage, type ReadPassage } from './read-passage.js';
import { senseFeatures } from './sense.js';
import { type Holding, tellApart, type Telling } from './tell-apart.js';

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
  readonly holding: Holding;
  /** Cosine with the question by the vectors of the embedding model. */
  readonly sense: number;
}

const relative = (value: number, best: number): number => (best > 0 ? value / best : 0);

/** Describes every sentence of the passages; features are relative to the pool, so that they carry to other corpora. */
export function describeSentences(
  question: Question,
  passages: readonly Passage[],
  read: (passage: Passage) => ReadPassage = readPassage,
): DescribedSentence[] {
  const measure = measurerOf(question);
  const measured = passages.flatMap((passage, index) => measure(passage, index, read(passage)));
  const tellings = tellApart(
    question,
    measured.map(({ holding }) => holding),
  );
  const best = bestOf(measured, tellings, passages.length);
  const senses = senseFeatures(measured);
  return measured.map((row, at) => ({
    passage: row.passage,
    passageIndex: row.passageIndex,
    start: row.start,
    end: row.end,
    text: row.text,
    isAround: row.isAround,
    near: row.near,
    features: Object.assign(
      featuresOf(row, tellings[at] as Telling, best),
      typeFeatures(row.cues, question),
      senses[at],
    ),
  }));
}

/** The highest of each measure over a pool; a cosine may be negative, where a share may not. */
function bestOf(rows: readonly Measured[], tellings: readonly Telling[], passages: number) {
  const highest = <T>(all: readonly T[], value: (row: T) => number, least = 0): number => {
    let best = least;
    for (const row of all) best = Math.max(best, value(row));
    return best;
  };
  const most = (value: (row: Measured) => number, least?: number): number => highest(rows, value, least);
  const ownIn = new Array<number>(passages).fill(0);
  const likeIn = new Array<number>(passages).fill(-1);
  const tellsIn = new Array<number>(passages).fill(0);
  for (const [index, { passageIndex: at, own, meaning }] of rows.entries()) {
    tellsIn[at] = Math.max(tellsIn[at] ?? 0, tellings[index]?.own ?? 0);
    ownIn[at] = Math.max(ownIn[at] ?? 0, own);
    likeIn[at] = Math.max(likeIn[at] ?? -1, meaning.like);
  }
  return {
    own: most((row) => row.own),
    withPrevious: most((row) => row.withPrevious),
    withTitle: most((row) => row.withTitle),
    withAll: most((row) => row.withAll),
    grams: most((row) => row.grams),
    pairs: most((row) => row.pairs),
    density: most((row) => density(row)),
    passage: most((row) => row.passageCoverage),
    bm25: most((row) => row.passage.bm25),
    score: most((row) => row.passage.score),
    cosine: most((row) => row.passage.cosine ?? 0),
    like: most((row) => row.meaning.like, -1),
    aligned: most((row) => row.meaning.aligned),
    tells: highest(tellings, ({ own }) => own),
    tellsAround: highest(tellings, ({ withPrevious }) => withPrevious),
    tellsNear: highest(tellings, ({ near }) => near),
    ownIn,
    likeIn,
    tellsIn,
  };
}

type Best = ReturnType<typeof bestOf>;

const density = (row: Measured): number => row.own / (row.length + 8);
const ASKS = /[?？؟]\s*["'”’)]*$/u;
const ENDS = /[.!?。！？؟…:;"'”’)\]]$/u;
const PRONOUN = /^(?:he|she|it|they|this|these|his|her|its|their|such|both)\b/iu;

// One literal: an object of forty members that is put together from several costs more than all the measuring.
function featuresOf(row: Measured, telling: Telling, best: Best): Record<string, number> {
  const { passage, passageIndex, length, text, meaning, total } = row;
  return {
    own: relative(row.own, total),
    ownRelative: relative(row.own, best.own),
    ownInPassage: relative(row.own, best.ownIn[passageIndex] ?? 0),
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
    like: meaning.like,
    likeRelative: meaning.like - best.like,
    likeInPassage: meaning.like - (best.likeIn[passageIndex] ?? 0),
    isBestLike: Number(meaning.like >= best.like - 1e-9),
    aligned: meaning.aligned,
    alignedRelative: relative(meaning.aligned, best.aligned),
    tells: telling.own,
    tellsRelative: relative(telling.own, best.tells),
    tellsInPassage: relative(telling.own, best.tellsIn[passageIndex] ?? 0),
    tellsAround: telling.withPrevious,
    tellsAroundRelative: relative(telling.withPrevious, best.tellsAround),
    tellsNear: telling.near,
    tellsNearRelative: relative(telling.near, best.tellsNear),
    passageRelative: relative(row.passageCoverage, best.passage),
    passageAll: relative(row.passageCoverage, row.total),
    firstPassage: Number(passageIndex === 0),
    passageRank: Math.log1p(passageIndex),
    passageScore: relative(passage.score, best.score),
    passageBm25: relative(passage.bm25, best.bm25),
    passageCosine: passage.cosine === null ? 0 : passage.cosine - best.cosine,
    first: Number(row.position === 0),
    position: row.count > 1 ? row.position / (row.count - 1) : 0,
    logLength: Math.log1p(length),
    short: Number(length < 6),
    long: Number(length > 45),
    question: Number(ASKS.test(text)),
    heading: Number(length < 12 && !ENDS.test(text)),
    pronoun: Number(PRONOUN.test(text)),
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

/** Measures the sentences of one passage after another against a question. */
function measurerOf(question: Question) {
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
