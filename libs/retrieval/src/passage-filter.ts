import { DOCUMENT_TYPES, type SearchFilter } from '@belay/contracts';
import { sql, type SqlStatement } from '@belay/database';
import { TENANT } from './tenant.js';

/** A search filter as statements take it: media types instead of extensions, times instead of days. */
export interface PassageFilter {
  readonly mediaTypes?: readonly string[] | undefined;
  readonly languages?: readonly string[] | undefined;
  readonly folder?: string | undefined;
  readonly since?: Date | undefined;
  readonly before?: Date | undefined;
}

const DAY = 86_400_000;

/** The filter of a request; undefined where it leaves nothing out. */
export function passageFilter(filter: SearchFilter | undefined): PassageFilter | undefined {
  if (!filter || Object.values(filter).every((part) => part === undefined)) return undefined;
  const types: Readonly<Record<string, string>> = DOCUMENT_TYPES;
  return {
    mediaTypes: filter.types?.map((type) => types[type.toLowerCase().replace(/^\./, '')] ?? type),
    languages: filter.languages?.map((language) => language.toLowerCase()),
    folder: filter.folder?.replace(/^\/+|\/+$/g, ''),
    since: filter.since === undefined ? undefined : new Date(filter.since),
    before: filter.until === undefined ? undefined : new Date(Date.parse(filter.until) + DAY),
  };
}

/** The condition of a filter on a chunk `c` and its document `d`. */
export function conditions({ mediaTypes, languages, folder, since, before }: PassageFilter): SqlStatement {
  const parts = [
    mediaTypes && sql`d.media_type = any (${mediaTypes}::text[])`,
    languages && sql`c.language = any (${languages}::text[])`,
    folder && sql`starts_with(d.path, ${`${folder}/`})`,
    since && sql`d.updated_at >= ${since}`,
    before && sql`d.updated_at < ${before}`,
  ];
  return parts.reduce<SqlStatement>((all, part) => (part ? sql`${all} and ${part}` : all), sql`true`);
}

/** The condition that the chunk of a leg passes the filter: it stands before the limit, so nothing is cut short. */
export function passing(
  chunkId: SqlStatement,
  { filter, scopeIds }: { filter?: PassageFilter | undefined; scopeIds: readonly number[] },
): SqlStatement {
  if (filter === undefined) return sql`true`;
  return sql`${chunkId} in (
    select c.chunk_id from chunk c
    join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
      and d.current_version_id = c.version_id
    where c.tenant_id = ${TENANT} and c.scope_id = any (${scopeIds}::int[]) and ${conditions(filter)})`;
}
