import type { IngestionProgress, Stage, UploadEntry, Uploads, UploadState } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';

export interface UploadPage {
  readonly state: UploadState;
  readonly collection: string | null;
  readonly after: string | undefined;
  readonly limit: number;
}
interface Row extends Omit<UploadEntry, 'error' | 'manages'> {
  stage: Stage;
  code: string | null;
  detail: string | null;
  ownerId: number;
  /** Microseconds, as the cursor has them. */
  at: string;
}

const CURSOR = /^(\d{1,17})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const MICROSECONDS = sql`(extract(epoch from v.created_at) * 1000000)::bigint`;
// Written out, so that the index on versions under way serves it.
const STAGES: Record<UploadState, SqlStatement> = {
  waiting: sql`v.stage not in ('ready', 'failed')`,
  failed: sql`v.stage = 'failed'`,
  ready: sql`v.stage = 'ready'`,
};

/** The newest version of each document that the person may read, and uploaded or manages. */
const own = (actor: SignedIn, collection: string | null): SqlStatement => sql`
  from document_version v
  join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id
  join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
  where d.tenant_id = current_tenant() and d.scope_id in (select r.scope_id from readable_scopes() r)
    and (${actor.roles.includes('admin')}::boolean or d.uploaded_by = ${actor.person} or c.owner_id = ${actor.person})
    and (${collection}::uuid is null or d.collection_id = ${collection}::uuid)
    and not exists (select from document_version n where n.tenant_id = v.tenant_id
      and n.document_id = v.document_id and n.number > v.number)`;

/** A page of what became of uploads, with the counts; in a reader's transaction. */
export async function listUploads(tx: Transaction, actor: SignedIn, page: UploadPage): Promise<Uploads> {
  const progress = await tx.one<IngestionProgress>(sql`
    select count(*) filter (where ${STAGES.waiting}) as waiting, count(*) filter (where ${STAGES.failed}) as failed
    ${own(actor, page.collection)} and v.stage <> 'ready'`);
  const rows = await tx.many<Row>(statement(actor, page));
  const last = rows.length === page.limit ? rows.at(-1) : undefined;
  return {
    ...progress,
    uploads: rows.map((row) => view(row, actor)),
    next: last ? `${last.at}-${last.id}` : null,
  };
}

function statement(actor: SignedIn, { state, collection, after, limit }: UploadPage): SqlStatement {
  const [, at = null, id = null] = CURSOR.exec(after ?? '') ?? [];
  if (after && at === null)
    throw new DomainError('request.invalid', 'Send as "after" the "next" of the page before.');
  return sql`
    select u.*, p.parts, p.indexed from (
      select d.document_id as id, c.name as collection, c.collection_id as "collectionId",
        c.owner_id as "ownerId", d.path, d.title, v.stage, v.error_code as code, v.error_detail as detail, d.current_version_id as "versionId",
        v.version_id as "newestId", v.tenant_id, ${MICROSECONDS}::text as at, v.created_at as "uploadedAt"
      ${own(actor, collection)} and ${STAGES[state]}
        and (${at}::bigint is null or (${MICROSECONDS}, d.document_id) < (${at}::bigint, ${id}::uuid))
      order by ${MICROSECONDS} desc, d.document_id desc limit ${limit}) u
    cross join lateral (
      select count(*) as parts, count(*) filter (where indexed) as indexed from document_part
      where tenant_id = u.tenant_id and version_id = u."newestId") p
    order by u.at::bigint desc, u.id desc`;
}

function view(row: Row, actor: SignedIn): UploadEntry {
  const { id, collection, collectionId, path, title, stage, versionId, parts, indexed } = row;
  return {
    ...{ id, collection, collectionId, path, title, stage, versionId, parts, indexed },
    error: stage === 'failed' ? { code: row.code ?? 'unknown', detail: row.detail ?? '' } : null,
    uploadedAt: new Date(row.uploadedAt).toISOString(),
    manages: row.ownerId === actor.person || actor.roles.includes('admin'),
  };
}
