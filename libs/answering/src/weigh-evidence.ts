import {
  analyzeText,
  inverseFrequency,
  KNOWN_LANGUAGES,
  type Passage,
  type SearchOutcome,
} from '@belay/retrieval';
import { wordsOf } from './meaning.js';
import type { Question, QuestionWord } from './question.js';
import type { RankedSentence } from './rank-sentences.js';

type Features = Readonly<Record<string, number>>;

const BEST = [
  ...['own', 'all', 'grams', 'pairs', 'nameShare', 'namesAround', 'rarest', 'like', 'aligned'],
  ...['firstPassage', 'passageRelative', 'passageAll'],
];
const FITS = ['fitsNumber', 'fitsDate', 'fitsWho', 'fitsWhere', 'fitsWhy'];
const COMPARED = 5;
const LARGEST_LEAD = 5;

/** What speaks for and against an answer, relative to the caller's corpus. */
export function describeEvidence(
  question: Question,
  outcome: SearchOutcome,
  ranked: readonly RankedSentence[],
): Record<string, number> {
  const features: Features = ranked[0]?.features ?? {};
  return {
    ...Object.fromEntries(BEST.map((name) => [name, features[name] ?? 0])),
    mostOwn: most(ranked, 'own'),
    mostAll: most(ranked, 'all'),
    ...searchEvidence(outcome.passages),
    ...standing(outcome.passages),
    ...rankerEvidence(ranked),
    ...senseEvidence(ranked),
    ...unseenWords(question, outcome),
    ...missingWords(question, outcome, ranked[0]),
    ...unsaidWords(question, outcome, ranked[0]),
    ...writtenWords(question, ranked[0]),
    foreign: isForeign(question, ranked[0]),
    words: Math.log1p(question.words.length),
    ...typeEvidence(question, features),
    ...lacking(question, ranked[0]),
    missingCompound: missesCompound(question, ranked[0]),
  };
}

function most(ranked: readonly RankedSentence[], name: string): number {
  return Math.max(0, ...ranked.slice(0, COMPARED).map((row) => row.features[name] ?? 0));
}

function searchEvidence([first, second]: readonly Passage[]): Record<string, number> {
  const fused = first?.score ?? 0;
  return { fused, cosine: first?.cosine ?? 0, margin: fused - (second?.score ?? 0) };
}

// How far the best sentence stands above the best of any other passage.
function rankerEvidence(ranked: readonly RankedSentence[]): Record<string, number> {
  const [best] = ranked;
  if (best === undefined) return { ranker: 0, lead: 0 };
  const rival = ranked.find((row) => row.passageIndex !== best.passageIndex);
  const lead = rival === undefined ? LARGEST_LEAD : Math.min(LARGEST_LEAD, best.score - rival.score);
  return { ranker: best.score, lead };
}

// How near the best sentence comes, how much nearer than any of another passage, and how near any comes.
function senseEvidence(ranked: readonly RankedSentence[]): Record<string, number> {
  const senseOf = (row: RankedSentence | undefined): number => row?.features['sense'] ?? 0;
  const [best] = ranked;
  const rivals = ranked.filter((row) => row.passageIndex !== best?.passageIndex).map(senseOf);
  const sense = senseOf(best);
  return {
    sense,
    isBestSense: best?.features['isBestSense'] ?? 0,
    senseLead: rivals.length === 0 ? 0 : sense - Math.max(...rivals),
    mostSense: Math.max(0, ...ranked.map(senseOf)),
  };
}

// Words that nothing the caller may read holds: a question about something else.
function unseenWords(question: Question, outcome: SearchOutcome): Record<string, number> {
  const found = new Set(outcome.queryTerms.filter((term) => term.found).map((term) => term.term));
  const unseen = question.words.filter((word) => !word.forms.some((form) => found.has(form)));
  const share = (words: readonly QuestionWord[]) =>
    question.totalIdf > 0 ? words.reduce((sum, word) => sum + word.idf, 0) / question.totalIdf : 0;
  return { unseen: share(unseen), unseenNames: share(unseen.filter((word) => word.name)) };
}

// How far the first passage stands above those that only share the subject: the background of the caller's own corpus.
function standing(passages: readonly Passage[]): Record<string, number> {
  const [first] = passages;
  if (first === undefined) return {};
  const rest = passages.slice(Math.min(2, passages.length - 1));
  const above = (value: (passage: Passage) => number): number =>
    value(first) - rest.reduce((sum, passage) => sum + value(passage) / rest.length, 0);
  return {
    stands: above((passage) => passage.score),
    cosineStands: above((passage) => passage.cosine ?? 0),
    bm25Stands: above((passage) => passage.bm25) / Math.max(first.bm25, 1),
    // Both legs put the same passage first.
    agreement: Number(
      rest.every((passage) => passage.bm25 <= first.bm25 && (passage.cosine ?? 0) <= (first.cosine ?? 0)),
    ),
  };
}

// What the question says and neither the best sentence nor its context does, as a share of what a word can weigh here.
function missingWords(
  question: Question,
  outcome: SearchOutcome,
  best: RankedSentence | undefined,
): Record<string, number> {
  const ceiling = inverseFrequency(outcome.visibleChunks, 0) || 1;
  const isFound = (word: QuestionWord) => best !== undefined && word.forms.some(best.isAround);
  const found = question.words.filter(isFound);
  const missing = question.words.filter((word) => !isFound(word));
  const sum = (words: readonly QuestionWord[]) => words.reduce((total, { idf }) => total + idf, 0);
  const highest = (words: readonly QuestionWord[]) => Math.max(0, ...words.map(({ idf }) => idf)) / ceiling;
  return {
    missing: sum(missing) / Math.max(sum(question.words), 1e-9),
    missingMass: Math.log1p(sum(missing) / ceiling),
    missingHighest: highest(missing),
    missingName: highest(missing.filter((word) => word.name)),
    missingShare: missing.length / Math.max(question.words.length, 1),
    missingCode: Number(missing.some((word) => word.forms.some((form) => /\p{N}/u.test(form)))),
    foundMass: Math.log1p(sum(found) / ceiling),
    foundHighest: highest(found),
    allFound: Number(missing.length === 0),
  };
}

// What of that is not said in other words either.
function unsaidWords(
  question: Question,
  outcome: SearchOutcome,
  best: RankedSentence | undefined,
): Record<string, number> {
  const ceiling = inverseFrequency(outcome.visibleChunks, 0) || 1;
  const unsaid = question.words.map(({ forms, idf }, at) => {
    if (best === undefined) return idf;
    return forms.some(best.isAround) ? 0 : idf * (1 - (best.near[at] ?? 0));
  });
  const mass = unsaid.reduce((sum, weight) => sum + weight, 0);
  return { unsaidMass: Math.log1p(mass / ceiling), unsaidHighest: Math.max(0, ...unsaid) / ceiling };
}

// "allowance" and "allowed" share a stem; the word as it is written says more.
function writtenWords(question: Question, best: RankedSentence | undefined): Record<string, number> {
  if (best === undefined || question.totalIdf === 0) return { written: 0, unwritten: 1 };
  const { title, heading } = best.passage;
  const { terms } = analyzeText([title, ...heading, best.text].join('\n'), '');
  const found = question.words.filter((word) => terms.has(word.written));
  const written = found.reduce((sum, { idf }) => sum + idf, 0) / question.totalIdf;
  return { written, unwritten: Number(found.length === 0) };
}

// Begins only where a word does: from each of its letters anew, a long one would take the square of its length.
const COMPOUND = /(?<![\p{L}\p{N}])\p{N}*\p{L}[\p{L}\p{N}]*(?:-[\p{L}\p{N}]+)+/gu;

// "On-call" is one thing: a passage about calls on the phone has its parts, and not the thing.
function missesCompound({ lowered }: Question, best: RankedSentence | undefined): number {
  const compounds = lowered.match(COMPOUND) ?? [];
  if (best === undefined || compounds.length === 0) return 0;
  const { title, heading, text } = best.passage;
  const said = ` ${wordsOf([title, ...heading, text].join(' ')).join(' ')}`;
  const isSaid = (compound: string): boolean =>
    [compound.replaceAll('-', ' '), compound.replaceAll('-', '')].some((form) => said.includes(` ${form}`));
  return Number(!compounds.every(isSaid));
}

// Across languages only names agree, which is no sign of an answer.
function isForeign({ language }: Question, best: RankedSentence | undefined): number {
  if (best === undefined || language === null || !KNOWN_LANGUAGES.has(best.passage.language)) return 0;
  return Number(language !== best.passage.language);
}

// Of what the question asks for, what the best sentence does not hold: a kind by itself, since that a figure is lacking
// says more than that a place is, for which there is no sure sign. Figures in words are known in English only.
function lacking({ type }: Question, best: RankedSentence | undefined): Record<string, number> {
  const isKnown = best?.passage.language === 'en';
  const lacks = (asked: Question['type'], name: string): number =>
    isKnown && type === asked ? 1 - (best.features[name] ?? 0) : 0;
  return {
    lacksFigure: lacks('number', 'fitsNumber'),
    lacksDate: lacks('date', 'fitsDate'),
    lacksName: lacks('who', 'fitsWho'),
    lacksPlace: lacks('where', 'fitsWhere'),
  };
}

function typeEvidence(question: Question, features: Features): Record<string, number> {
  const fits = FITS.reduce((sum, name) => sum + (features[name] ?? 0), 0);
  return { fits, wantsType: Number(question.type !== 'other') };
}
