import type { SearchRequest } from '@belay/contracts';
import type { Fusion } from './fuse.js';
import { languageOfQuestion } from './function-words.js';
import type { PassageFilter } from './passage-filter.js';
import type { QueryVector } from './query-vectors.js';
import type { Legs } from './find-candidates.js';
import type { LexicalQuery } from './score-words.js';
import type { WeightedTerm } from './weigh-terms.js';

/** What a caller may read, by its size. */
export interface Visible {
  readonly basis: { readonly policy: string; readonly statistics: string };
  readonly scopeIds: number[];
  readonly languages: readonly string[];
  readonly filter: PassageFilter | undefined;
  readonly chunks: number;
  readonly averageLength: number;
}

/** What a search compares, and how it weighs what it finds. */
export interface Plan extends Legs {
  readonly fusion: Fusion;
}

const MOST_TERMS = 64;

/** Plans a search; one by one leg ranks by that leg alone. */
export function planOf(
  { query, route }: SearchRequest,
  visible: Visible,
  terms: readonly WeightedTerm[],
  { generation, model, vector }: QueryVector,
): Plan {
  const { generationId } = generation;
  const { scopeIds, filter } = visible;
  const lexical = route === 'vector' ? null : lexicalQuery(visible, terms);
  const legs = { scopeIds, lexical, vector: null, language: null };
  if (vector === null) return { ...legs, fusion: { ...model.fusion, alpha: 0 } };
  const both = { ...legs, vector: { generationId, scopeIds, filter, vector } };
  if (lexical === null) return { ...both, fusion: { ...model.fusion, alpha: 1 } };
  // Only where what the caller may read is in several languages that the model brings together.
  const language = bridges(visible.languages, model.languages) ? languageOfQuestion(query) : null;
  return { ...both, language, fusion: model.fusion };
}

function bridges(visible: readonly string[], known: readonly string[] = []): boolean {
  return known.length > 1 && visible.filter((language) => language !== 'und').length > 1;
}

/** Terms that the caller's chunks do not hold can match nothing; a very long query keeps its rarest terms. */
export function lexicalQuery(visible: Visible, terms: readonly WeightedTerm[]): LexicalQuery {
  const weights = terms.filter((term) => term.found).sort((a, b) => b.idf - a.idf);
  return {
    scopeIds: visible.scopeIds,
    filter: visible.filter,
    weights: weights.slice(0, MOST_TERMS),
    averageLength: visible.averageLength,
  };
}
