import type { SearchRequest } from '@belay/contracts';
import type { Fusion } from './fuse.js';
import { languageOfQuestion } from './function-words.js';
import type { PassageFilter } from './passage-filter.js';
import type { QueryVector } from './query-vectors.js';
import type { LexicalQuery, VectorQuery } from './retrieval.repository.js';
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
export interface Plan {
  readonly fusion: Fusion;
  readonly lexical: LexicalQuery | null;
  readonly vector: VectorQuery | null;
  /** The query's language, where what the caller may read is in several that the model brings together. */
  readonly language: string | null;
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
  const language = bridges(visible.languages, model.languages) ? languageOfQuestion(query) : null;
  if (vector === null) return { lexical, vector, language, fusion: { ...model.fusion, alpha: 0 } };
  const fusion = lexical === null ? { ...model.fusion, alpha: 1 } : model.fusion;
  return { lexical, vector: { generationId, scopeIds, filter, vector }, language, fusion };
}

function bridges(visible: readonly string[], known: readonly string[] = []): boolean {
  return known.length > 1 && visible.filter((language) => language !== 'und').length > 1;
}

// Terms that the caller's chunks do not hold can match nothing; a very long query keeps its rarest terms.
function lexicalQuery(visible: Visible, terms: readonly WeightedTerm[]): LexicalQuery {
  const weights = terms.filter((term) => term.found).sort((a, b) => b.idf - a.idf);
  return {
    scopeIds: visible.scopeIds,
    filter: visible.filter,
    weights: weights.slice(0, MOST_TERMS),
    averageLength: visible.averageLength,
  };
}
