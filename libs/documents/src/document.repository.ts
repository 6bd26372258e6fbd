import type { Document, DocumentContent, IngestionProgress, Stage } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import type { OriginalRow, PlacedOriginal } from './originals/originals.js';

interface Row {
  id: string;
  collection: string;
  collectionId: string;
  ownerId: number;
  path: string;
  title: string;
  mediaType: string;
  bytes: number;
  stage: Stage;
  errorCode: string | null;
  errorDetail: string | null;
  versionId: string | null;
  updatedAt: Date;
}
/** Headings and pages of the parts of a text, part by part. */
interface Parts {
  headings: DocumentContent['headings'][];
  pages: number[][] | null;
}
interface Facts {
  path: string;
  pathKey: string;
  title: string;
  mediaType: string;
  bytes: number;
}

const READABLE = sql`d.tenant_id = current_tenant() and d.scope_id in (select r.scope_id from readable_scopes() r)`;

const select = (where: SqlStatement): SqlStatement => sql`
  select d.document_id as id, c.name as collection, c.collection_id as "collectionId",
    c.owner_id as "ownerId", d.path, d.title, d.media_type as "mediaType", d.byte_size as bytes, v.stage, v.error_code as "errorCode",
    v.error_detail as "errorDetail", d.current_version_id as "versionId", d.updated_at as "updatedAt"
  from document d
  join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
  join lateral (select stage, error_code, error_detail from document_version v
    where v.tenant_id = d.tenant_id and v.document_id = d.document_id order by v.number desc limit 1) v on true
  where ${READABLE} and ${where}`;

const counted = sql`
  select count(*) filter (where v.stage not in ('ready', 'failed')) as waiting,
    count(*) filter (where v.stage = 'failed') as failed
  from document_version v join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id`;

/** Documents and their versions. Statements that return content run in reader transactions only. */
export class DocumentRepository {
  listReadable(tx: Transaction, collectionId: string | null, limit: number): Promise<Row[]> {
    return tx.many(sql`${select(sql`(${collectionId}::uuid is null or d.collection_id = ${collectionId}::uuid)`)}
      order by c.name, d.path limit ${limit}`);
  }

  findReadable(tx: Transaction, id: string): Promise<Row | undefined> {
    return tx.maybe(select(sql`d.document_id = ${id}`));
  }

  view(row: Row, actor: SignedIn): Document {
    const { ownerId, errorCode, errorDetail, updatedAt, ...rest } = row;
    const error = row.stage === 'failed' ? { code: errorCode ?? 'unknown', detail: errorDetail ?? '' } : null;
    const manages = ownerId === actor.person || actor.roles.includes('admin');
    return { ...rest, error, updatedAt: updatedAt.toISOString(), manages };
  }

  /** The text of a version, of a growing one what there is. */
  async findContent(
    tx: Transaction,
    id: string,
    version: string | undefined,
  ): Promise<DocumentContent | undefined> {
    const row = await tx.maybe<Omit<DocumentContent, 'headings' | 'pages'> & Parts>(sql`
      select d.document_id as id, v.version_id as "versionId", d.title, d.media_type as "mediaType",
        coalesce(v.language, 'und') as language, p.text, p.headings, p.pages
      from document d join document_version v on v.tenant_id = d.tenant_id and v.document_id = d.document_id
        and v.version_id = coalesce(${version ?? null}::uuid, d.current_version_id)
      cross join lateral (
        select string_agg(body, '' order by ordinal) as text, jsonb_agg(headings order by ordinal) as headings,
          jsonb_agg(pages order by ordinal) filter (where pages is not null) as pages
        from document_part where tenant_id = v.tenant_id and version_id = v.version_id) p
      where ${READABLE} and d.document_id = ${id} and p.text is not null`);
    return row && { ...row, headings: row.headings.flat(), pages: row.pages?.flat() ?? null };
  }

  findOriginal(
    tx: Transaction,
    id: string,
    version: string | undefined,
  ): Promise<(OriginalRow & { mediaType: string; path: string }) | undefined> {
    return tx.maybe(sql`
      select o.bytes, o.store, o.object_key as key, v.content_sha256 as sha256, d.media_type as "mediaType", d.path
      from document d join document_original o on o.tenant_id = d.tenant_id and o.document_id = d.document_id
        and o.version_id = coalesce(${version ?? null}::uuid, d.current_version_id)
      join document_version v on v.tenant_id = o.tenant_id and v.version_id = o.version_id
      where ${READABLE} and d.document_id = ${id}`);
  }

  async findByPath(tx: Transaction, collection: string, pathKey: string): Promise<string | undefined> {
    const row = await tx.maybe<{ id: string }>(sql`select document_id as id from document
      where tenant_id = current_tenant() and collection_id = ${collection} and path_key = ${pathKey}`);
    return row?.id;
  }

  /** Whether a person may read a document, in a transaction of theirs. */
  async isReadable(tx: Transaction, person: number, id: string): Promise<boolean> {
    const { may } = await tx.one<{ may: boolean }>(
      sql`select still_readable(${person}, array[${id}]::uuid[]) as may`,
    );
    return may;
  }

  async insert(
    tx: Transaction,
    row: Facts & { collection: string; folder: number; uploadedBy: number },
  ): Promise<string> {
    const { id } = await tx.one<{ id: string }>(sql`
      insert into document (tenant_id, collection_id, folder_id, scope_id, path, path_key, title, media_type,
        byte_size, uploaded_by)
      values (current_tenant(), ${row.collection}, ${row.folder}, ${row.folder}, ${row.path}, ${row.pathKey},
        ${row.title}, ${row.mediaType}, ${row.bytes}, ${row.uploadedBy})
      returning document_id as id`);
    return id;
  }

  touch(tx: Transaction, id: string, facts: Omit<Facts, 'title'>): Promise<number> {
    return tx.run(sql`update document set media_type = ${facts.mediaType},
      byte_size = ${facts.bytes}, updated_at = now() where tenant_id = current_tenant() and document_id = ${id}`);
  }

  entitle(tx: Transaction, id: string, title: string): Promise<number> {
    return tx.run(sql`update document set title = ${title}
      where tenant_id = current_tenant() and document_id = ${id}`);
  }

  latestVersion(
    tx: Transaction,
    id: string,
  ): Promise<{ number: number; sha256: string; stage: Stage } | undefined> {
    return tx.maybe(sql`select number, content_sha256 as sha256, stage from document_version
      where tenant_id = current_tenant() and document_id = ${id} order by number desc limit 1`);
  }

  async insertVersion(
    tx: Transaction,
    id: string,
    { number, sha256, uploadedBy }: { number: number; sha256: string; uploadedBy: number },
    { versionId, store, key, bytes }: PlacedOriginal,
  ): Promise<void> {
    const { scopeId } = await tx.one<{ scopeId: number }>(sql`
      insert into document_version (tenant_id, version_id, document_id, scope_id, number, content_sha256, stage,
        uploaded_by)
      select tenant_id, ${versionId}, document_id, scope_id, ${number}, ${sha256}, 'parse', ${uploadedBy}::int
      from document
      where tenant_id = current_tenant() and document_id = ${id}
      returning scope_id as "scopeId"`);
    await tx.run(sql`
      insert into document_original (tenant_id, version_id, document_id, scope_id, store, object_key, bytes)
      values (current_tenant(), ${versionId}, ${id}, ${scopeId}, ${store}, ${key}, ${bytes})`);
  }

  async restart(tx: Transaction, id: string): Promise<string | undefined> {
    const row = await tx.maybe<{ versionId: string }>(sql`
      update document_version set stage = 'parse', error_code = null, error_detail = null
      where tenant_id = current_tenant() and document_id = ${id} and stage = 'failed'
        and number = (select max(number) from document_version
          where tenant_id = current_tenant() and document_id = ${id})
      returning version_id as "versionId"`);
    return row?.versionId;
  }

  /** Versions under way and failed of what the person of this transaction uploaded, theirs to know of. */
  progressOfOwn(tx: Transaction, collection: string | null): Promise<IngestionProgress> {
    return tx.one(sql`${counted} where v.tenant_id = current_tenant() and d.uploaded_by = current_person()
      and (${collection}::uuid is null or d.collection_id = ${collection}::uuid)`);
  }

  /** The same of what others uploaded, as far as the person may read it: for those who manage it. */
  progressOfOthers(tx: Transaction, actor: SignedIn, collection: string | null): Promise<IngestionProgress> {
    return tx.one(sql`${counted} join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
      where ${READABLE} and d.uploaded_by <> ${actor.person}
        and (${actor.roles.includes('admin')}::boolean or c.owner_id = ${actor.person})
        and (${collection}::uuid is null or d.collection_id = ${collection}::uuid)`);
  }
}
