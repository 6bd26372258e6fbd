import { createHash } from 'node:crypto';
import type { SearchRequest } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { absentWords } from './absent-words.js';
import { Ahead, soon } from './ahead.js';
import { analyzeQuery } from './analyze.js';
import { countFacets } from './count-facets.js';
import { passageFilter } from './passage-filter.js';
import { PassageReader } from './passage-reader.js';
import { lexicalQuery, type Plan, planOf, type Visible } from './plan.js';
import { type QueryEmbedder, type QueryVector, QueryVectors } from './query-vectors.js';
import { RetrievalRepository } from './retrieval.repository.js';
import { scoreWords } from './score-words.js';
import type { Passage, Searched, Searcher, SearchWith } from './searched.js';
import { type WeightedTerm, weighTerms } from './weigh-terms.js';

// A search that meets so many cut-overs one after the other says so.
const MOST_CUT_OVERS = 4;
// The vector of a question came too late to hold a connection for it.
const LATE = Symbol('late');
// So many are scored here, and before the vector is known; of more the server says the best.
const MOST_POSTINGS = 20_000;

/** Permission-filtered search: everything a search reads, it reads in one snapshot under the person's own rights. */
export class RetrievalService {
  private readonly repository = new RetrievalRepository();
  private readonly passages = new PassageReader(this.repository);
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
    const search = (vector: () => Promise<QueryVector | undefined>) =>
      this.database.transaction({ role: 'reader', tenant, person }, (tx) =>
        this.searchIn(tx, tenant, request, vector),
      );
    for (let attempt = 1; attempt <= MOST_CUT_OVERS; attempt += 1) {
      const asking = this.questions.embed(tenant, request);
      const isAhead = this.ahead.isAlone(asking) && this.readsAhead && request.route === 'hybrid';
      let found = isAhead ? await search(() => soon(asking)) : LATE;
      if (found === LATE) {
        // Before the transaction opens: no connection is held while a model computes for long, or for many.
        const asked = await asking;
        found = await search(() => Promise.resolve(asked));
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
  ): Promise<Searched | typeof LATE | undefined> {
    const [searched, visible] = await Promise.all([
      this.questions.searched(tx, request.generation),
      this.visible(tx, request),
    ]);
    const { queryTerms, postings } = await this.weigh(tx, visible, request.query);
    const scoresHere = request.route !== 'vector' && !visible.filter && postings <= MOST_POSTINGS;
    const words = scoresHere ? await scoreWords(tx, lexicalQuery(visible, queryTerms)) : undefined;
    const asked = await vector();
    if (asked === undefined) return LATE;
    if (!this.questions.isFor(tenant, searched, asked)) return undefined;
    const plan = { ...planOf(request, visible, queryTerms, asked), words };
    const outcome = await this.outcomeOf(tx, request, plan, visible);
    const models = { embedding: `${asked.model.id}@${asked.model.digest}` };
    const facets = request.facets ? await countFacets(tx, this.repository, request) : undefined;
    const held = new Set(queryTerms.filter(({ found }) => found).map(({ term }) => term));
    const absent = absentWords(request.query, visible.languages, (term) => held.has(term));
    return { ...outcome, queryTerms, absent, models, ...(facets && { facets }) };
  }

  private async outcomeOf(
    tx: Transaction,
    request: SearchWith,
    plan: Plan,
    visible: Visible,
  ): Promise<Pick<Searched, 'passages' | 'visibleChunks' | 'basis'>> {
    const isNothing = visible.chunks === 0;
    const generation = isNothing ? null : (plan.vector?.generationId ?? null);
    const passages = isNothing ? [] : await this.passages.read(tx, plan, visible, request);
    return { passages, visibleChunks: visible.chunks, basis: { ...visible.basis, generation } };
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
