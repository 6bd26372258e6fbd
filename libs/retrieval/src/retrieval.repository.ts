import { kept, sql, type SqlStatement, type Transaction } from '@belay/database';
import { embeddingTable, type VectorQuery } from './find-candidates.js';
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

/** A chunk's text with what a reader needs to know of its document. */
export interface PassageRow {
  readonly chunkId: number;
  readonly documentId: string;
  readonly versionId: string;
  readonly title: string;
  readonly collection: string;
  readonly collectionId: string;
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

const GENERATION = sql`select generation_id as "generationId", model_id as "modelId", model_digest as "modelDigest",
    problem
  from embedding_generation where tenant_id = ${TENANT}`;
const within = (collection: string | undefined): SqlStatement =>
  collection === undefined
    ? sql`true`
    : sql`scope_id in (select s.scope_id from scope s
        join collection c on c.tenant_id = s.tenant_id and c.collection_id = s.collection_id
        where s.tenant_id = ${TENANT} and ${collection} in (c.name, c.collection_id::text))`;

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
    return tx.many(sql`
      select scope_id as "scopeId", chunk_count as "chunkCount", token_count as "tokenCount"
      from readable_scopes() where ${within(collection)} order by scope_id`);
  }

  /** The languages of what those scopes hold. */
  async readableLanguages(tx: Transaction, collection: string | undefined): Promise<string[]> {
    const rows = await tx.many<{ language: string }>(kept`
      select distinct language from scope_language
      where tenant_id = ${TENANT} and scope_id in (select r.scope_id from readable_scopes() r)
        and ${within(collection)} order by language`);
    return rows.map((row) => row.language);
  }

  /** In how many of the caller's chunks each term occurs; a term that occurs in none has no row. */
  termStatistics(
    tx: Transaction,
    scopeIds: readonly number[],
    termIds: readonly string[],
  ): Promise<{ termId: string; chunkFrequency: number }[]> {
    return tx.many(kept`
      select term_id::text as "termId", sum(chunk_frequency)::int as "chunkFrequency" from term_scope
      where tenant_id = ${TENANT} and term_id = any (${termIds}::bigint[])
        and scope_id = any (${scopeIds}::int[])
      group by term_id`);
  }

  activeGeneration(tx: Transaction): Promise<Generation | undefined> {
    return tx.maybe(kept`${GENERATION} and state = 'active'`);
  }

  generation(tx: Transaction, id: number): Promise<Generation | undefined> {
    return tx.maybe(sql`${GENERATION} and generation_id = ${id}`);
  }

  /** The packed vectors of given chunks' sentences; a chunk that has none yet has no row. */
  sentenceVectors(
    tx: Transaction,
    { generationId, scopeIds }: VectorQuery,
    chunkIds: readonly number[],
  ): Promise<{ chunkId: number; packed: Buffer }[]> {
    return tx.many(kept`
      select e.chunk_id as "chunkId", e.sentences as packed from ${embeddingTable(generationId)} e
      where e.tenant_id = ${TENANT} and e.scope_id = any (${scopeIds}::int[])
        and e.chunk_id = any (${chunkIds}::bigint[]) and e.sentences is not null`);
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
    return tx.many(kept`
      select c.chunk_id as "chunkId", c.document_id as "documentId", c.version_id as "versionId", d.title,
        k.name as collection, k.collection_id as "collectionId", d.path, c.heading, c.page, c.start_offset as start, c.end_offset as end,
        c.body as text, c.language, d.media_type as "mediaType", d.updated_at as "updatedAt"
      from chunk c
      join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
        and d.current_version_id = c.version_id
      join collection k on k.tenant_id = d.tenant_id and k.collection_id = d.collection_id
      where c.tenant_id = ${TENANT} and c.scope_id = any (${scopeIds}::int[])
        and c.chunk_id = any (${chunkIds}::bigint[])`);
  }
}
