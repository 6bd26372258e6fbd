import { sql, type Transaction, vectorLiteral } from '@belay/database';
import { B, K1, type TermWeight } from './bm25.js';
import { passing, type PassageFilter } from './passage-filter.js';
import { TENANT } from './tenant.js';

/** A scope that the caller may read, with its exact size. */
export interface ReadableScope {
  readonly scopeId: number;
  readonly chunkCount: number;
  readonly tokenCount: number;
}

/** The vectors of one model. `problem` says why that model cannot run, where it cannot. */
export interface Generation {
  readonly generationId: number;
  readonly modelId: string;
  readonly modelDigest: string;
  readonly problem: string | null;
}

export interface ChunkScore {
  readonly chunkId: number;
  readonly score: number;
}

/** A chunk's text with what a reader needs to know of its document. */
export interface PassageRow {
  readonly chunkId: number;
  readonly documentId: string;
  readonly versionId: string;
  readonly title: string;
  readonly collection: string;
  readonly path: string;
  readonly heading: string[];
  readonly page: number | null;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly language: string;
  readonly mediaType: string;
  readonly updatedAt: Date;
}

export interface LexicalQuery {
  readonly scopeIds: readonly number[];
  readonly filter?: PassageFilter | undefined;
  readonly weights: readonly TermWeight[];
  readonly averageLength: number;
}

export interface VectorQuery {
  readonly generationId: number;
  readonly scopeIds: readonly number[];
  readonly filter?: PassageFilter | undefined;
  readonly vector: Float32Array;
}

const GENERATION = sql`select generation_id as "generationId", model_id as "modelId", model_digest as "modelDigest",
    problem
  from embedding_generation where tenant_id = ${TENANT}`;
const embeddingTable = (generationId: number) => sql.identifier(`embedding_${generationId}`);

/**
 * The statements of a search, for a `reader` transaction. Each names its tenant and the caller's scopes by
 * itself: row-level security is the second wall, never the only one.
 */
export class RetrievalRepository {
  /**
   * Scopes of the person of this transaction, of one collection's name where one is given: a name that they
   * may read nothing of looks like a name that nobody gave. Raises for a person who is unknown or inactive.
   */
  readableScopes(tx: Transaction, collection: string | undefined): Promise<ReadableScope[]> {
    const within =
      collection === undefined
        ? sql``
        : sql`where scope_id in (select s.scope_id from scope s
            join collection c on c.tenant_id = s.tenant_id and c.collection_id = s.collection_id
            where s.tenant_id = ${TENANT} and ${collection} in (c.name, c.collection_id::text))`;
    return tx.many(sql`
      select scope_id as "scopeId", chunk_count as "chunkCount", token_count as "tokenCount"
      from readable_scopes() ${within} order by scope_id`);
  }

  async languages(tx: Transaction, scopeIds: readonly number[]): Promise<string[]> {
    const rows = await tx.many<{ language: string }>(sql`
      select distinct language from scope_language
      where tenant_id = ${TENANT} and scope_id = any (${scopeIds}::int[]) order by language`);
    return rows.map((row) => row.language);
  }

  /** In how many of the caller's chunks each term occurs; a term that occurs in none has no row. */
  termStatistics(
    tx: Transaction,
    scopeIds: readonly number[],
    termIds: readonly string[],
  ): Promise<{ termId: string; chunkFrequency: number }[]> {
    return tx.many(sql`
      select term_id::text as "termId", sum(chunk_frequency)::int as "chunkFrequency" from term_scope
      where tenant_id = ${TENANT} and term_id = any (${termIds}::bigint[])
        and scope_id = any (${scopeIds}::int[])
      group by term_id`);
  }

  activeGeneration(tx: Transaction): Promise<Generation | undefined> {
    return tx.maybe(sql`${GENERATION} and state = 'active'`);
  }

  generation(tx: Transaction, id: number): Promise<Generation | undefined> {
    return tx.maybe(sql`${GENERATION} and generation_id = ${id}`);
  }

  /**
   * The best chunks by BM25, and those of the chunks `also` that hold a term of the query, in any order: the postings
   * are read once for both.
   */
  lexical(
    tx: Transaction,
    query: LexicalQuery,
    limit: number,
    also: readonly number[] = [],
  ): Promise<ChunkScore[]> {
    return tx.many(sql`
      with scored as materialized (
        select p.chunk_id as "chunkId", sum(${termScore(query)}) as score
        from ${queryTerms(query)}
        join posting p on p.tenant_id = ${TENANT} and p.term_id = w.term_id
          and p.scope_id = any (${query.scopeIds}::int[])
        where ${passing(sql`p.chunk_id`, query)}
        group by p.chunk_id)
      (select * from scored order by score desc, "chunkId" limit ${limit})
      union select * from scored where "chunkId" = any (${also}::bigint[])`);
  }

  /**
   * The best chunks by cosine. `offset 0` keeps an approximate index out, so that the scan is exact, and has each
   * distance computed once: written twice, it would be.
   */
  vector(tx: Transaction, query: VectorQuery, limit: number): Promise<ChunkScore[]> {
    return tx.many(sql`
      select chunk_id as "chunkId", 1 - distance as score from (
        select e.chunk_id, e.vector <=> ${vectorLiteral(query.vector)} as distance
        from ${embeddingTable(query.generationId)} e
        where e.tenant_id = ${TENANT} and e.scope_id = any (${query.scopeIds}::int[])
          and ${passing(sql`e.chunk_id`, query)} offset 0) d
      order by distance, chunk_id limit ${limit}`);
  }

  /** Cosine of given chunks; a chunk without a vector has no row. */
  vectorScores(tx: Transaction, query: VectorQuery, chunkIds: readonly number[]): Promise<ChunkScore[]> {
    return tx.many(sql`
      select e.chunk_id as "chunkId", 1 - (e.vector <=> ${vectorLiteral(query.vector)}) as score
      from ${embeddingTable(query.generationId)} e
      where e.tenant_id = ${TENANT} and e.scope_id = any (${query.scopeIds}::int[])
        and e.chunk_id = any (${chunkIds}::bigint[])`);
  }

  /** The packed vectors of given chunks' sentences; a chunk that has none yet has no row. */
  sentenceVectors(
    tx: Transaction,
    { generationId, scopeIds }: VectorQuery,
    chunkIds: readonly number[],
  ): Promise<{ chunkId: number; packed: Buffer }[]> {
    return tx.many(sql`
      select e.chunk_id as "chunkId", e.sentences as packed from ${embeddingTable(generationId)} e
      where e.tenant_id = ${TENANT} and e.scope_id = any (${scopeIds}::int[])
        and e.chunk_id = any (${chunkIds}::bigint[]) and e.sentences is not null`);
  }

  /** Which of given chunks are in a known language other than this one. */
  async inOtherLanguages(
    tx: Transaction,
    scopeIds: readonly number[],
    chunkIds: readonly number[],
    language: string,
  ): Promise<number[]> {
    const rows = await tx.many<{ chunkId: number }>(sql`
      select chunk_id as "chunkId" from chunk
      where tenant_id = ${TENANT} and chunk_id = any (${chunkIds}::bigint[])
        and scope_id = any (${scopeIds}::int[]) and language not in (${language}, 'und')`);
    return rows.map((row) => row.chunkId);
  }

  /** The documents of given chunks. */
  documentsOf(
    tx: Transaction,
    scopeIds: readonly number[],
    chunkIds: readonly number[],
  ): Promise<{ chunkId: number; documentId: string }[]> {
    return tx.many(sql`
      select c.chunk_id as "chunkId", c.document_id as "documentId" from chunk c
      join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
        and d.current_version_id = c.version_id
      where c.tenant_id = ${TENANT} and c.chunk_id = any (${chunkIds}::bigint[])
        and c.scope_id = any (${scopeIds}::int[])`);
  }

  /** Text of given chunks, as far as they belong to the current version of their document. */
  passages(tx: Transaction, scopeIds: readonly number[], chunkIds: readonly number[]): Promise<PassageRow[]> {
    return tx.many(sql`
      select c.chunk_id as "chunkId", c.document_id as "documentId", c.version_id as "versionId", d.title,
        k.name as collection, d.path, c.heading, c.page, c.start_offset as start, c.end_offset as end,
        c.body as text, c.language, d.media_type as "mediaType", d.updated_at as "updatedAt"
      from chunk c
      join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
        and d.current_version_id = c.version_id
      join collection k on k.tenant_id = d.tenant_id and k.collection_id = d.collection_id
      where c.tenant_id = ${TENANT} and c.scope_id = any (${scopeIds}::int[])
        and c.chunk_id = any (${chunkIds}::bigint[])`);
  }
}

function queryTerms({ weights }: LexicalQuery) {
  const termIds = weights.map((weight) => weight.termId);
  const idfs = weights.map((weight) => weight.idf);
  return sql`unnest(${termIds}::bigint[], ${idfs}::float8[]) as w (term_id, idf)`;
}

function termScore({ averageLength }: LexicalQuery) {
  return sql`w.idf * p.frequency * (${K1 + 1}::float8) / (p.frequency
    + ${K1}::float8 * (${1 - B}::float8 + ${B / Math.max(averageLength, 1)}::float8 * p.chunk_length))`;
}
