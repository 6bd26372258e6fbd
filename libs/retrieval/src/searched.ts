import type { Facets, SearchRequest, SearchResponse, SearchResult } from '@belay/contracts';
import type { WeightedTerm } from './weigh-terms.js';

/** Whose permissions a search runs under. */
export interface Searcher {
  readonly tenant: number;
  readonly person: number;
}

/** A search result with what answering needs: `chunkId` and the scores of both legs never leave the process. */
export interface Passage extends Omit<SearchResult, 'copies' | 'updatedAt'> {
  /** Passages of other documents with nearly the same text, where they were collapsed. */
  readonly duplicates?: readonly Passage[];
  readonly chunkId: number;
  readonly language: string;
  readonly updatedAt?: Date | undefined;
  /** Null where no vector was compared. */
  readonly cosine: number | null;
  readonly bm25: number;
  /** Cosines of its parts (`partsOf`) with the question, where the search was asked for them and they are known. */
  readonly parts?: readonly number[] | undefined;
}

/** A search, and whether the question is compared with each sentence of what it finds. */
export type SearchWith = SearchRequest & { readonly sentences?: boolean };

/** Passages, best first, and the statistics of the query over exactly what the caller may read. */
export interface SearchOutcome {
  readonly passages: readonly Passage[];
  readonly queryTerms: readonly WeightedTerm[];
  readonly visibleChunks: number;
}

/**
 * What a search ran on: the embedding generation, and SHA-256 (hex) of the ids of the scopes that the caller could
 * read (`policy`) and of how many chunks and tokens each held (`statistics`).
 */
export interface SearchBasis {
  readonly generation: number | null;
  readonly policy: string;
  readonly statistics: string;
}

/** An outcome with what it ran on; `models` as on an answer's record. */
export type Searched = SearchOutcome & {
  readonly basis: SearchBasis;
  readonly models: Record<string, string>;
  readonly facets?: Facets | undefined;
  /** Words of the query that nothing holds which the caller may read: offsets into it. */
  readonly absent: SearchResponse['absent'];
};
