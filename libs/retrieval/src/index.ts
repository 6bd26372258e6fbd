export { analyzeQuery, analyzeText, termId, type AnalyzedText, type QueryTerm } from './analyze.js';
export { inverseFrequency, theoreticalMaximum, B, K1, type TermWeight } from './bm25.js';
export { fuse, type Candidate, type FusedCandidate, type Fusion } from './fuse.js';
export { findFunctionWords, KNOWN_LANGUAGES, languageOfQuestion } from './function-words.js';
export { cosineAt, packedCosines, packVectors, partsOf } from './sentence-vectors.js';
export { splitSentences, type SentenceRange } from './sentences.js';
export { weighTerms, type WeightedTerm } from './weigh-terms.js';
export type { QueryEmbedder, QueryModel } from './query-vectors.js';
export { postingsOf, type ChunkPostings } from './index-terms.js';
export {
  RetrievalService,
  type Passage,
  type SearchBasis,
  type Searched,
  type Searcher,
  type SearchOutcome,
} from './retrieval.service.js';
export { hitMarker } from './mark-hits.js';
