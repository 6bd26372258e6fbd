import type { SearchOutcome } from '@belay/retrieval';
import type { Question } from './question.js';
import type { RankedSentence } from './rank-sentences.js';

/** What speaks for and against an answer, relative to the caller's corpus. */
export function describeEvidence(
  question: Question,
  outcome: SearchOutcome,
  ranked: readonly RankedSentence[],
): Record<string, number> {
  const [best] = ranked;
  const features = best?.features ?? {};
  const most = (name: string) => Math.max(0, ...ranked.slice(0, 5).map((row) => row.features[name] ?? 0));
  const [first, second] = outcome.passages;
  const unseen = question.words.filter((word) =>
    outcome.queryTerms.every((term) => !term.found || !word.forms.includes(term.term)),
  );
  const share = (words: typeof unseen) =>
    question.totalIdf > 0 ? words.reduce((sum, word) => sum + word.idf, 0) / question.totalIdf : 0;
  const rivals = ranked.filter((row) => row.passageIndex !== best?.passageIndex);
  return {
    own: features['own'] ?? 0,
    all: features['all'] ?? 0,
    mostOwn: most('own'),
    mostAll: most('all'),
    grams: features['grams'] ?? 0,
    pairs: features['pairs'] ?? 0,
    nameShare: features['nameShare'] ?? 0,
    namesAround: features['namesAround'] ?? 0,
    rarest: features['rarest'] ?? 0,
    firstPassage: features['firstPassage'] ?? 0,
    passageRelative: features['passageRelative'] ?? 0,
    fused: first?.score ?? 0,
    cosine: first?.cosine ?? 0,
    margin: (first?.score ?? 0) - (second?.score ?? 0),
    lead: Math.min(5, (best?.score ?? 0) - (rivals[0]?.score ?? (best?.score ?? 0) - 5)),
    ranker: best?.score ?? 0,
    unseen: share(unseen),
    unseenNames: share(unseen.filter((word) => word.name)),
    words: Math.log1p(question.words.length),
    fits: ['fitsNumber', 'fitsDate', 'fitsWho', 'fitsWhere', 'fitsWhy'].reduce(
      (sum, name) => sum + (features[name] ?? 0),
      0,
    ),
    wantsType: Number(question.type !== 'other'),
  };
}
