import type { Passage, SearchOutcome } from '@belay/retrieval';
import type { Question, QuestionWord } from './question.js';
import type { RankedSentence } from './rank-sentences.js';

type Features = Readonly<Record<string, number>>;

const BEST = [
  ...['own', 'all', 'grams', 'pairs', 'nameShare', 'namesAround', 'rarest'],
  ...['firstPassage', 'passageRelative'],
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
    ...rankerEvidence(ranked),
    ...unseenWords(question, outcome),
    words: Math.log1p(question.words.length),
    fits: FITS.reduce((sum, name) => sum + (features[name] ?? 0), 0),
    wantsType: Number(question.type !== 'other'),
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

// Words that nothing the caller may read holds: a question about something else.
function unseenWords(question: Question, outcome: SearchOutcome): Record<string, number> {
  const found = new Set(outcome.queryTerms.filter((term) => term.found).map((term) => term.term));
  const unseen = question.words.filter((word) => !word.forms.some((form) => found.has(form)));
  const share = (words: readonly QuestionWord[]) =>
    question.totalIdf > 0 ? words.reduce((sum, word) => sum + word.idf, 0) / question.totalIdf : 0;
  return { unseen: share(unseen), unseenNames: share(unseen.filter((word) => word.name)) };
}
