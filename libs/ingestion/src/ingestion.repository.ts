import { sql, type Transaction, vectorLiteral } from '@belay/database';
import type { OriginalRow } from '@belay/documents';
import type { ParsedDocument } from './parse.js';
import type { Chunk } from './chunk.js';

export type WorkStage = 'parse' | 'chunk' | 'embed' | 'index';

/** A version under way, as a stage finds it. */
export interface PendingVersion {
  readonly versionId: string;
  readonly documentId: string;
  readonly path: string;
  readonly title: string;
}

/** A chunk on its way to the index, with the vector that the embed stage adds and whose it is. */
export type StagedChunk = Chunk & { readonly vector?: number[]; readonly generation?: number };

/** Versions, staging and the index. Every statement names the stage that it leaves, so a repeat does nothing. */
export class IngestionRepository {
  /** Claims a version in `stage` and counts the attempt; undefined when it has moved on or is gone. */
  claim(
    tx: Transaction,
    versionId: string,
    stage: WorkStage,
  ): Promise<(PendingVersion & { attempts: number }) | undefined> {
    return tx.maybe(sql`
      update document_version v set attempts = v.attempts + 1
      from document d
      where v.tenant_id = current_tenant() and v.version_id = ${versionId} and v.stage = ${stage}
        and d.tenant_id = v.tenant_id and d.document_id = v.document_id
      returning v.version_id as "versionId", v.document_id as "documentId", d.path, d.title, v.attempts`);
  }

  original(tx: Transaction, versionId: string): Promise<OriginalRow | undefined> {
    return tx.maybe(sql`
      select o.bytes, o.store, o.object_key as key, v.content_sha256 as sha256
      from document_original o join document_version v on v.tenant_id = o.tenant_id and v.version_id = o.version_id
      where o.tenant_id = current_tenant() and o.version_id = ${versionId}`);
  }

  saveParsed(tx: Transaction, versionId: string, parsed: ParsedDocument, sha256: string): Promise<number> {
    return tx.run(sql`
      update document_version set body = ${parsed.text}, body_sha256 = ${sha256}, language = ${parsed.language},
        outline = ${JSON.stringify(parsed.headings)}::jsonb, pages = ${parsed.pages && JSON.stringify(parsed.pages)}::jsonb,
        stage = 'chunk', attempts = 0
      where tenant_id = current_tenant() and version_id = ${versionId} and stage = 'parse'`);
  }

  /** Gives a document the title that it carries, where so far it has only its file's name. */
  entitle(tx: Transaction, documentId: string, fileName: string, title: string): Promise<number> {
    return tx.run(sql`update document set title = ${title}
      where tenant_id = current_tenant() and document_id = ${documentId} and title = ${fileName}`);
  }

  parsed(
    tx: Transaction,
    versionId: string,
  ): Promise<Pick<ParsedDocument, 'text' | 'headings' | 'pages' | 'language'> | undefined> {
    return tx.maybe(sql`select body as text, outline as headings, pages, language from document_version
      where tenant_id = current_tenant() and version_id = ${versionId}`);
  }

  async language(tx: Transaction, versionId: string): Promise<string | undefined> {
    const row = await tx.maybe<{ language: string | null }>(sql`select language from document_version
      where tenant_id = current_tenant() and version_id = ${versionId}`);
    return row?.language ?? undefined;
  }

  saveStaging(
    tx: Transaction,
    versionId: string,
    from: WorkStage,
    to: WorkStage,
    chunks: StagedChunk[],
  ): Promise<number> {
    return tx.run(sql`update document_version set staging = ${JSON.stringify(chunks)}::jsonb, stage = ${to}, attempts = 0
      where tenant_id = current_tenant() and version_id = ${versionId} and stage = ${from}`);
  }

  async staging(tx: Transaction, versionId: string): Promise<StagedChunk[]> {
    const row = await tx.maybe<{ staging: StagedChunk[] | null }>(sql`select staging from document_version
      where tenant_id = current_tenant() and version_id = ${versionId}`);
    return row?.staging ?? [];
  }

  /** Locks the document, so that its scope cannot change while it is indexed; false when it was deleted. */
  lockDocument(tx: Transaction, documentId: string): Promise<{ scopeId: number } | undefined> {
    return tx.maybe(sql`select scope_id as "scopeId" from document
      where tenant_id = current_tenant() and document_id = ${documentId} for update`);
  }

  /** How many chunks of a version are indexed: where an interrupted index stage goes on. */
  async indexed(tx: Transaction, versionId: string): Promise<number> {
    const row = await tx.one<{ n: number }>(sql`select count(*) as n from chunk
      where tenant_id = current_tenant() and version_id = ${versionId}`);
    return row.n;
  }

  /**
   * Removes up to `limit` chunks of versions older than this one or than the current one, whichever is newer, and
   * by cascade their postings and vectors.
   */
  clearOlder(tx: Transaction, { documentId, versionId }: PendingVersion, limit: number): Promise<number> {
    return tx.run(sql`
      delete from chunk where tenant_id = current_tenant() and chunk_id in (
        select c.chunk_id from chunk c
          join document_version v on v.tenant_id = c.tenant_id and v.version_id = c.version_id
        where c.tenant_id = current_tenant() and c.document_id = ${documentId} and v.number < (
          select max(n.number) from document_version n
            join document d on d.tenant_id = n.tenant_id and d.document_id = n.document_id
          where n.tenant_id = current_tenant() and n.document_id = ${documentId}
            and n.version_id in (${versionId}::uuid, d.current_version_id))
        limit ${limit}::int)`);
  }

  insertChunks(
    tx: Transaction,
    place: { documentId: string; versionId: string; scopeId: number; language: string },
    rows: readonly object[],
  ): Promise<{ id: number; ordinal: number }[]> {
    return tx.many(sql`
      insert into chunk (tenant_id, document_id, version_id, scope_id, ordinal, start_offset, end_offset, page,
        heading, language, token_count, body)
      select current_tenant(), ${place.documentId}::uuid, ${place.versionId}::uuid, ${place.scopeId}::int, r.ordinal, r.start,
        r."end", r.page, array(select jsonb_array_elements_text(r.heading)), ${place.language}::text, r.length, r.text
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as r (ordinal int, start int, "end" int, page int, heading jsonb, length int, text text)
      returning chunk_id as id, ordinal`);
  }

  insertPostings(
    tx: Transaction,
    scopeId: number,
    rows: { termIds: string[]; chunkIds: number[]; frequencies: number[]; lengths: number[] },
  ): Promise<number> {
    return tx.run(sql`
      insert into posting (tenant_id, term_id, scope_id, chunk_id, frequency, chunk_length)
      select current_tenant(), t.term, ${scopeId}::int, t.chunk, t.frequency, t.length
      from unnest(${rows.termIds}::bigint[], ${rows.chunkIds}::bigint[], ${rows.frequencies}::smallint[],
        ${rows.lengths}::int[]) as t (term, chunk, frequency, length) order by 2, 3`);
  }

  async insertVectors(
    tx: Transaction,
    place: { generation: number; documentId: string; scopeId: number },
    vectors: readonly { chunkId: number; vector: readonly number[] }[],
  ): Promise<void> {
    const table = sql.identifier(`embedding_${place.generation}`);
    await tx.run(sql`
      insert into ${table} (tenant_id, chunk_id, document_id, scope_id, vector)
      select current_tenant(), t.chunk, ${place.documentId}::uuid, ${place.scopeId}::int, t.vector::halfvec
      from unnest(${vectors.map((row) => row.chunkId)}::bigint[],
        ${vectors.map((row) => vectorLiteral(row.vector))}::text[]) as t (chunk, vector)`);
  }

  /** Makes a version the current one, unless that is newer already. `firstOnly` leaves any other in place. */
  makeCurrent(
    tx: Transaction,
    { documentId, versionId }: PendingVersion,
    firstOnly: boolean,
  ): Promise<number> {
    return tx.run(sql`
      update document d set current_version_id = ${versionId}::uuid, updated_at = now()
      where d.tenant_id = current_tenant() and d.document_id = ${documentId}
        and (d.current_version_id is null or (not ${firstOnly}::boolean and exists (
          select from document_version old join document_version new on new.tenant_id = old.tenant_id
          where old.tenant_id = d.tenant_id and old.version_id = d.current_version_id
            and new.version_id = ${versionId}::uuid and old.number < new.number)))`);
  }

  finish(tx: Transaction, versionId: string): Promise<number> {
    return tx.run(sql`update document_version set stage = 'ready', staging = null, attempts = 0
      where tenant_id = current_tenant() and version_id = ${versionId} and stage = 'index'`);
  }

  async refreshStatistics(tx: Transaction): Promise<void> {
    await tx.run(sql`select refresh_statistics()`);
  }

  fail(tx: Transaction, versionId: string, code: string, detail: string): Promise<number> {
    return tx.run(sql`update document_version set stage = 'failed', staging = null, error_code = ${code},
      error_detail = ${detail} where tenant_id = current_tenant() and version_id = ${versionId} and stage <> 'ready'`);
  }

  /** Versions that still have work to do, oldest first. */
  pending(tx: Transaction): Promise<{ versionId: string; stage: WorkStage }[]> {
    return tx.many(sql`select version_id as "versionId", stage from document_version
      where tenant_id = current_tenant() and stage not in ('ready', 'failed') order by created_at limit 5000`);
  }

  activeGeneration(tx: Transaction): Promise<{ id: number; modelId: string; digest: string } | undefined> {
    return tx.maybe(sql`select generation_id as id, model_id as "modelId", model_digest as digest
      from embedding_generation where tenant_id = current_tenant() and state = 'active'`);
  }
}
