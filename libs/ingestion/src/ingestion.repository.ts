import type { PassageVectors } from './generations/embed-passages.js';
import { sql, type Transaction, vectorLiteral } from '@belay/database';
import type { OriginalRow } from '@belay/documents';

export type WorkStage = 'parse' | 'index';

/** A version, and a stage whose turn it is. */
export interface VersionInLine {
  readonly versionId: string;
  readonly stage: WorkStage;
}

// As many as four workers take at once, so that the documents of one person alone keep them busy.
const FIRST_IN_LINE = 8;

const UNDER_WAY = sql`v.stage not in ('ready', 'failed')`;

/** A version under way, as a stage finds it. */
export interface PendingVersion {
  readonly versionId: string;
  readonly documentId: string;
  readonly path: string;
  readonly title: string;
  readonly stage: WorkStage;
}

/** Versions and the index. Every statement names the stage that it leaves, so a repeat does nothing. */
export class IngestionRepository {
  /**
   * Claims a version in `stage` and counts the attempt; undefined when it has moved on or is gone. Indexing begins with
   * the first part, while the version is still parsed: without one there is nothing to try.
   */
  claim(
    tx: Transaction,
    versionId: string,
    stage: WorkStage,
  ): Promise<(PendingVersion & { attempts: number }) | undefined> {
    return tx.maybe(sql`
      update document_version v set attempts = v.attempts + 1
      from document d
      where v.tenant_id = current_tenant() and v.version_id = ${versionId}
        and (v.stage = ${stage} or (${stage} = 'index' and v.stage = 'parse' and exists (
          select from document_part p
          where p.tenant_id = v.tenant_id and p.version_id = v.version_id and not p.indexed)))
        and d.tenant_id = v.tenant_id and d.document_id = v.document_id
      returning v.version_id as "versionId", v.document_id as "documentId", d.path, d.title, v.stage, v.attempts`);
  }

  /** How large the original of a version is, before it is read. */
  async size(tx: Transaction, versionId: string): Promise<number> {
    const row = await tx.maybe<{ size: number }>(sql`
      select coalesce(octet_length(o.bytes), d.byte_size)::float8 as size from document_original o
        join document_version v on v.tenant_id = o.tenant_id and v.version_id = o.version_id
        join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id
      where o.tenant_id = current_tenant() and o.version_id = ${versionId}`);
    return row?.size ?? 0;
  }

  original(tx: Transaction, versionId: string): Promise<OriginalRow | undefined> {
    return tx.maybe(sql`
      select o.bytes, o.store, o.object_key as key, v.content_sha256 as sha256
      from document_original o join document_version v on v.tenant_id = o.tenant_id and v.version_id = o.version_id
      where o.tenant_id = current_tenant() and o.version_id = ${versionId}`);
  }

  /** Gives a document the title that it carries, where so far it has only its file's name. */
  entitle(tx: Transaction, documentId: string, fileName: string, title: string): Promise<number> {
    return tx.run(sql`update document set title = ${title}
      where tenant_id = current_tenant() and document_id = ${documentId} and title = ${fileName}`);
  }

  /** Notes that all parts of a version are stored. */
  endParsing(tx: Transaction, versionId: string): Promise<number> {
    return tx.run(sql`update document_version set stage = 'index', attempts = 0
      where tenant_id = current_tenant() and version_id = ${versionId} and stage = 'parse'`);
  }

  /** Notes that work on a version went on: attempts count those without any progress. */
  progressed(tx: Transaction, versionId: string): Promise<number> {
    return tx.run(sql`update document_version set attempts = 0
      where tenant_id = current_tenant() and version_id = ${versionId} and attempts > 0`);
  }

  /** Locks the document, so that neither its scope nor its current version change; undefined when it was deleted. */
  lockDocument(tx: Transaction, documentId: string): Promise<{ scopeId: number } | undefined> {
    return tx.maybe(sql`select scope_id as "scopeId" from document
      where tenant_id = current_tenant() and document_id = ${documentId} for update`);
  }

  /** Whether a newer version is the current one, so that this one is never to be found. */
  async isOvertaken(tx: Transaction, { documentId, versionId }: PendingVersion): Promise<boolean> {
    const row = await tx.maybe<object>(sql`
      select from document d join document_version c on c.tenant_id = d.tenant_id and c.version_id = d.current_version_id
        join document_version v on v.tenant_id = d.tenant_id and v.version_id = ${versionId}::uuid
      where d.tenant_id = current_tenant() and d.document_id = ${documentId} and c.number > v.number`);
    return row !== undefined;
  }

  /** Whether a version is still to be indexed: it has neither failed nor been finished meanwhile. */
  async isUnderWay(tx: Transaction, versionId: string): Promise<boolean> {
    const row = await tx.maybe<{ stage: string }>(sql`select stage from document_version
      where tenant_id = current_tenant() and version_id = ${versionId} and stage in ('parse', 'index')`);
    return row !== undefined;
  }

  /** Removes up to `limit` chunks of one version that begin at `from` or later. */
  clearChunks(tx: Transaction, { versionId }: PendingVersion, limit: number, from = 0): Promise<number> {
    return tx.run(sql`
      delete from chunk where tenant_id = current_tenant() and chunk_id in (
        select chunk_id from chunk where tenant_id = current_tenant() and version_id = ${versionId}
          and start_offset >= ${from}::int
        limit ${limit}::int)`);
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
    place: { documentId: string; versionId: string; scopeId: number },
    rows: readonly object[],
  ): Promise<{ id: number; ordinal: number }[]> {
    return tx.many(sql`
      insert into chunk (tenant_id, document_id, version_id, scope_id, ordinal, start_offset, end_offset, page,
        heading, language, token_count, body)
      select current_tenant(), ${place.documentId}::uuid, ${place.versionId}::uuid, ${place.scopeId}::int, r.ordinal, r.start,
        r."end", r.page, array(select jsonb_array_elements_text(r.heading)), r.language, r.length, r.text
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as r (ordinal int, start int, "end" int, page int, heading jsonb, language text, length int, text text)
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
    vectors: readonly ({ chunkId: number } & PassageVectors)[],
  ): Promise<void> {
    const table = sql.identifier(`embedding_${place.generation}`);
    await tx.run(sql`
      insert into ${table} (tenant_id, chunk_id, document_id, scope_id, vector, sentences)
      select current_tenant(), t.chunk, ${place.documentId}::uuid, ${place.scopeId}::int, t.vector::vector,
        decode(t.sentences, 'base64')
      from unnest(${vectors.map((row) => row.chunkId)}::bigint[],
        ${vectors.map((row) => vectorLiteral(row.vector))}::text[],
        ${vectors.map((row) => row.sentences)}::text[]) as t (chunk, vector, sentences)`);
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
    return tx.run(sql`update document_version set stage = 'ready', attempts = 0
      where tenant_id = current_tenant() and version_id = ${versionId} and stage = 'index'`);
  }

  async refreshStatistics(tx: Transaction): Promise<void> {
    await tx.run(sql`select refresh_statistics()`);
  }

  fail(tx: Transaction, versionId: string, code: string, detail: string): Promise<number> {
    return tx.run(sql`update document_version set stage = 'failed', attempts = 0, error_code = ${code},
      error_detail = ${detail}
      where tenant_id = current_tenant() and version_id = ${versionId} and stage not in ('ready', 'failed')`);
  }

  /** Takes a version out of sight that was to be found while it grew. */
  withdraw(tx: Transaction, { documentId, versionId }: PendingVersion): Promise<number> {
    return tx.run(sql`update document set current_version_id = null
      where tenant_id = current_tenant() and document_id = ${documentId} and current_version_id = ${versionId}`);
  }

  /** Whether fewer of its uploader's versions than may be first in line wait to be read, but for this one. */
  async isAmongFirst(tx: Transaction, versionId: string): Promise<boolean> {
    const row = await tx.maybe<object>(sql`
      select from document_version v
      where v.tenant_id = current_tenant() and v.version_id = ${versionId} and v.stage = 'parse'
        and ${FIRST_IN_LINE} > (select count(*) from (
          select from document_version o where o.tenant_id = v.tenant_id and o.uploaded_by = v.uploaded_by
            and o.stage = 'parse' and o.version_id <> v.version_id limit ${FIRST_IN_LINE}::int) others)`);
    return row !== undefined;
  }

  /**
   * The few oldest versions of each uploader that are to be read, and the few oldest that have something to index, the
   * oldest first; of the uploader of `of` alone where that is given. What is still being read has something to index once
   * a part of it is there.
   */
  firstInLine(tx: Transaction, of?: string): Promise<VersionInLine[]> {
    const uploaders = sql`select distinct uploaded_by from document_version v
      where v.tenant_id = current_tenant() and ${of === undefined ? UNDER_WAY : sql`v.version_id = ${of}`}`;
    return tx.many(sql`
      with line as (
        select w.* from (${uploaders}) u cross join (values ('parse'), ('index')) s (stage) cross join lateral (
          select v.version_id, v.uploaded_by, v.stage, v.created_at from document_version v
          where v.tenant_id = current_tenant() and v.uploaded_by = u.uploaded_by and v.stage = s.stage and ${UNDER_WAY}
          order by v.created_at limit ${FIRST_IN_LINE}::int) w),
      to_index as (
        select l.*, row_number() over (partition by l.uploaded_by order by l.created_at) as place from line l
        where l.stage = 'index' or exists (select from document_part p
          where p.tenant_id = current_tenant() and p.version_id = l.version_id and not p.indexed))
      select version_id as "versionId", stage from (
        select version_id, stage, created_at from line where stage = 'parse'
        union all
        select version_id, 'index', created_at from to_index where place <= ${FIRST_IN_LINE}) c
      order by created_at`);
  }

  activeGeneration(tx: Transaction): Promise<{ id: number; modelId: string; digest: string } | undefined> {
    return tx.maybe(sql`select generation_id as id, model_id as "modelId", model_digest as digest
      from embedding_generation where tenant_id = current_tenant() and state = 'active'`);
  }
}
