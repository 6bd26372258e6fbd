import { createHash } from 'node:crypto';
import type { Facets, SearchRequest, SearchResult } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { Ahead, soon } from './ahead.js';
import { analyzeQuery } from './analyze.js';
import { theoreticalMaximum } from './bm25.js';
import { collapseDuplicates } from './collapse-duplicates.js';
import { countFacets } from './count-facets.js';
import { findCandidates, type FoundCandidate, type VectorQuery } from './find-candidates.js';
import { type Candidate, fuse, type FusedCandidate } from './fuse.js';
import { passageFilter } from './passage-filter.js';
import { lexicalQuery, type Plan, planOf, type Visible } from './plan.js';
import { type QueryEmbedder, type QueryVector, QueryVectors } from './query-vectors.js';
import { RetrievalRepository, type PassageRow } from './retrieval.repository.js';
import { scoreWords } from './score-words.js';
import { packedCosines } from './sentence-vectors.js';
import { type WeightedTerm, weighTerms } from './weigh-terms.js';

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
};

// A search that meets so many cut-overs one after the other says so.
const MOST_CUT_OVERS = 4;
// The vector of a question came too late to hold a connection for it.
const LATE = Symbol('late');
// Of so many, each is scored before the vector is known.
const MOST_POSTINGS = 20_000;
const POOL = 150;
const WIDEN = 4;
// Passages read beyond the limit, as a share of it: for copies, and for chunks of a version that is being replaced.
const SPARE = 0.5;

/** Permission-filtered search: everything a search reads, it reads in one snapshot under the person's own rights. */
export class RetrievalService {
  private readonly repository = new RetrievalRepository();
  private readonly questions: QueryVectors;
  private readonly ahead = new Ahead();

  constructor(
    private readonly database: Database,
    embedder: QueryEmbedder,
    /** The role of the process, by which it learns which index is searched; documents are read as the person alone. */
    role: 'api' | 'agent' = 'api',
    /** Whether words are looked up while a question is embedded; not where connections share a session. */
    private readonly readsAhead = false,
  ) {
    this.questions = new QueryVectors(database, embedder, role);
  }

  /** The id of the model that searches are made with, as far as is known before one is made. */
  modelInUse(tenant: number): Promise<string> {
    return this.questions.modelInUse(tenant);
  }

  /**
   * The vectors of texts, each of length 1, by the model that searches are made with at this moment, and that model as
   * "id@digest".
   */
  async embedTexts(
    tenant: number,
    texts: readonly string[],
  ): Promise<{ model: string; vectors: Float32Array[] }> {
    for (let attempt = 1; attempt <= MOST_CUT_OVERS; attempt += 1) {
      const asked = await Promise.all(
        texts.map((query) => this.questions.embed(tenant, { query, route: 'vector' })),
      );
      const models = new Set(asked.map(({ model }) => `${model.id}@${model.digest}`));
      const [model = ''] = models;
      if (models.size <= 1) return { model, vectors: asked.flatMap(({ vector }) => vector ?? []) };
    }
    throw new DomainError('service.unavailable', 'The index was replaced while this was asked. Ask again.');
  }

  /** Throws unless a question could be embedded now. */
  async ready(tenant: number): Promise<void> {
    await this.questions.embed(tenant, { query: 'ready', route: 'vector' });
  }

  /**
   * The best passages that the person may read. Hybrid and vector searches return `limit` of them wherever so
   * many are visible; a lexical search returns only passages that share a term with the query.
   */
  async search(searcher: Searcher, request: SearchRequest): Promise<Passage[]> {
    return [...(await this.searchOutcome(searcher, request)).passages];
  }

  /** As `search`, with the weights of the query's terms and what the search ran on. */
  async searchOutcome(searcher: Searcher, request: SearchWith): Promise<Searched> {
    const { tenant, person } = searcher;
    const search = (vector: () => Promise<QueryVector | undefined>, isAhead: boolean) =>
      this.database.transaction({ role: 'reader', tenant, person }, (tx) =>
        this.searchIn(tx, tenant, request, vector, isAhead),
      );
    for (let attempt = 1; attempt <= MOST_CUT_OVERS; attempt += 1) {
      const asking = this.questions.embed(tenant, request);
      const isAhead = this.ahead.isAlone(asking) && this.readsAhead && request.route === 'hybrid';
      let found = isAhead ? await search(() => soon(asking), true) : LATE;
      if (found === LATE) {
        // Before the transaction opens: no connection is held while a model computes for long, or for many.
        const asked = await asking;
        found = await search(() => Promise.resolve(asked), false);
      }
      if (found !== undefined && found !== LATE) return found;
    }
    throw new DomainError('service.unavailable', 'The index was replaced while this was asked. Ask again.');
  }

  // Everything that needs no vector comes before it.
  private async searchIn(
    tx: Transaction,
    tenant: number,
    request: SearchWith,
    vector: () => Promise<QueryVector | undefined>,
    isAhead: boolean,
  ): Promise<Searched | typeof LATE | undefined> {
    const [searched, visible] = await Promise.all([
      this.questions.searched(tx, request.generation),
      this.visible(tx, request),
    ]);
    const { queryTerms, postings } = await this.weigh(tx, visible, request.query);
    const isFew = isAhead && postings <= MOST_POSTINGS;
    const words = isFew ? await scoreWords(tx, lexicalQuery(visible, queryTerms)) : undefined;
    const asked = await vector();
    if (asked === undefined) return LATE;
    if (!this.questions.isFor(tenant, searched, asked)) return undefined;
    const plan = { ...planOf(request, visible, queryTerms, asked), words };
    const outcome = await this.outcomeOf(tx, request, plan, visible);
    const models = { embedding: `${asked.model.id}@${asked.model.digest}` };
    const facets = request.facets ? await countFacets(tx, this.repository, request) : undefined;
    return { ...outcome, queryTerms, models, ...(facets && { facets }) };
  }

  private async outcomeOf(
    tx: Transaction,
    request: SearchWith,
    plan: Plan,
    visible: Visible,
  ): Promise<Pick<Searched, 'passages' | 'visibleChunks' | 'basis'>> {
    const isNothing = visible.chunks === 0;
    const generation = isNothing ? null : (plan.vector?.generationId ?? null);
    const passages = isNothing ? [] : await this.passages(tx, plan, visible, request);
    return { passages, visibleChunks: visible.chunks, basis: { ...visible.basis, generation } };
  }

  // Chunks of a version that is being replaced are no passages: where they crowd the others out, more are read.
  private async passages(
    tx: Transaction,
    plan: Plan,
    visible: Visible,
    { limit, unit, copies, sentences }: SearchWith,
  ): Promise<Passage[]> {
    for (let wanted = Math.ceil(limit * (1 + SPARE)); ; wanted *= WIDEN) {
      const best = await this.best(tx, plan, visible, unit, wanted);
      const chunkIds = best.map((candidate) => candidate.chunkId);
      const [rows, parts] = await Promise.all([
        this.repository.passages(tx, visible.scopeIds, chunkIds),
        sentences && plan.vector ? this.compareParts(tx, plan.vector, chunkIds) : undefined,
      ]);
      const read = assemble(best, rows, parts);
      const found = copies === 'collapse' ? collapseDuplicates(read) : read;
      if (found.length >= limit || best.length < wanted) return found.slice(0, limit);
    }
  }

  private async compareParts(
    tx: Transaction,
    query: VectorQuery,
    chunkIds: readonly number[],
  ): Promise<ReadonlyMap<number, readonly number[]>> {
    const rows = await this.repository.sentenceVectors(tx, query, chunkIds);
    return new Map(rows.map(({ chunkId, packed }) => [chunkId, packedCosines(packed, query.vector)]));
  }

  // Widens the pool until it holds as many results as were asked for, or everything that matches.
  private async best(
    tx: Transaction,
    plan: Plan,
    visible: Visible,
    unit: SearchRequest['unit'],
    wanted: number,
  ): Promise<FusedCandidate[]> {
    const maximum = theoreticalMaximum(plan.lexical?.weights ?? []);
    for (let pool = Math.max(POOL, wanted); ; pool *= WIDEN) {
      const candidates = await findCandidates(tx, plan, pool);
      const foreign = candidates.filter(({ isForeign }) => isForeign).map(({ chunkId }) => chunkId);
      const fused = fuse(candidates.map(candidateOf), maximum, plan.fusion, new Set(foreign));
      const best = unit === 'passage' ? fused : await this.firstOfEachDocument(tx, visible, fused);
      if (best.length >= wanted || candidates.length < pool) return best.slice(0, wanted);
    }
  }

  private async firstOfEachDocument(
    tx: Transaction,
    { scopeIds }: Visible,
    fused: readonly FusedCandidate[],
  ): Promise<FusedCandidate[]> {
    const chunkIds = fused.map((candidate) => candidate.chunkId);
    const rows = await this.repository.documentsOf(tx, scopeIds, chunkIds);
    const documents = new Map(rows.map((row) => [row.chunkId, row.documentId]));
    const seen = new Set<string | undefined>([undefined]);
    return fused.filter(({ chunkId }) => {
      const document = documents.get(chunkId);
      return !seen.has(document) && seen.add(document);
    });
  }

  private async visible(tx: Transaction, request: SearchRequest): Promise<Visible> {
    const [readable, languages] = await Promise.all([
      this.repository.readableScopes(tx, request.collection),
      this.repository.readableLanguages(tx, request.collection),
    ]);
    const scopes = readable.filter((scope) => scope.chunkCount > 0);
    const chunks = scopes.reduce((sum, scope) => sum + scope.chunkCount, 0);
    const tokens = scopes.reduce((sum, scope) => sum + scope.tokenCount, 0);
    const scopeIds = scopes.map((scope) => scope.scopeId);
    const sizes = scopes.map(({ chunkCount, tokenCount }) => `${chunkCount}:${tokenCount}`);
    return {
      basis: { policy: sha256(scopeIds.join()), statistics: sha256(sizes.join()) },
      scopeIds,
      languages,
      filter: passageFilter(request.filter),
      chunks,
      averageLength: chunks === 0 ? 1 : tokens / chunks,
    };
  }

  private async weigh(
    tx: Transaction,
    visible: Visible,
    query: string,
  ): Promise<{ queryTerms: readonly WeightedTerm[]; postings: number }> {
    if (visible.chunks === 0) return { queryTerms: [], postings: 0 };
    const terms = analyzeQuery(query, visible.languages);
    const termIds = terms.map((term) => term.termId);
    const rows = await this.repository.termStatistics(tx, visible.scopeIds, termIds);
    const frequencies = new Map(rows.map((row) => [row.termId, row.chunkFrequency]));
    const postings = rows.reduce((sum, row) => sum + row.chunkFrequency, 0);
    return { queryTerms: weighTerms(terms, visible.chunks, (id) => frequencies.get(id) ?? 0), postings };
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

// The cosine with a vector of zeros is not a number: nothing is known of it.
const candidateOf = ({ chunkId, bm25, cosine }: FoundCandidate): Candidate => ({
  chunkId,
  cosine: Number.isNaN(cosine) ? 0 : cosine,
  bm25,
});

function assemble(
  fused: readonly FusedCandidate[],
  rows: readonly PassageRow[],
  parts: ReadonlyMap<number, readonly number[]> | undefined,
): Passage[] {
  const byChunk = new Map(rows.map((row) => [row.chunkId, row]));
  return fused.flatMap((candidate) => {
    const row = byChunk.get(candidate.chunkId);
    return row === undefined ? [] : [{ ...row, ...candidate, parts: parts?.get(candidate.chunkId) }];
  });
}
