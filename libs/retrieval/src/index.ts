export { analyzeQuery, analyzeText, termId, type AnalyzedText, type QueryTerm } from './analyze.js';
export { inverseFrequency, theoreticalMaximum, B, K1, type TermWeight } from './bm25.js';
export { fuse, type Candidate, type FusedCandidate, type Fusion } from './fuse.js';
export { splitSentences, type SentenceRange } from './sentences.js';
export { postingsOf, type ChunkPostings } from './index-terms.js';
export {
  RetrievalService,
  weighTerms,
  type Passage,
  type QueryEmbedder,
  type SearchBasis,
  type Searcher,
  type SearchOutcome,
  type WeightedTerm,
} from './retrieval.service.js';
