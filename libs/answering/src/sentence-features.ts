import type { Passage } from '@belay/retrieval';
import { answersType, type Cues } from './answer-cues.js';
import { type Measured, measurerOf, relative, type Sentence } from './measure-sentences.js';
import type { Question } from './question.js';
import { readPassage, type ReadPassage } from './read-passage.js';
import { senseFeatures } from './sense.js';
import { tellApart, type Telling } from './tell-apart.js';

/** A sentence with its features by name. */
export interface DescribedSentence extends Sentence {
  readonly features: Readonly<Record<string, number>>;
}

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
    holding: row.holding,
    position: row.position,
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
  switch (question.type) {
    case 'number':
      return { fitsNumber: fits, moreNumbers: Math.log1p(cues.numbers) };
    case 'date':
      return { fitsDate: fits, moreDates: Math.log1p(cues.dates) };
    case 'who':
      return { fitsWho: fits, moreNames: Math.log1p(cues.names) };
    case 'where':
      return { fitsWhere: fits, placeNames: Math.log1p(cues.names) };
    case 'why':
      return { fitsWhy: fits };
    case 'other':
      return {
        otherNames: Math.log1p(cues.names),
        otherNumbers: Math.log1p(cues.numbers),
        otherPlace: Number(cues.place),
      };
  }
}
