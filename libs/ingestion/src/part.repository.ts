import { sql, type Transaction } from '@belay/database';
import { after, BEGINNING, type Part, type Resume } from './part.js';
import type { PendingVersion } from './ingestion.repository.js';

type Row = Omit<Part, 'title'> & { readonly language: string };

const PART = sql`p.ordinal, p.start_offset as start, p.body as text, p.headings, p.path, p.first_page as "firstPage",
  p.pages, p.language, null as boxes`;

/** The parts of a version's text. Each is written once, by whoever comes first. */
export class PartRepository {
  /** Stores a part of a version that is still being parsed; 0 where it is there already or the version is gone. */
  async insert(tx: Transaction, { versionId }: PendingVersion, part: Row): Promise<number> {
    const end = part.start + part.text.length;
    return tx.run(sql`
      insert into document_part (tenant_id, version_id, document_id, scope_id, ordinal, start_offset, end_offset,
        body, language, headings, path, first_page, pages, boxes)
      select v.tenant_id, v.version_id, v.document_id, v.scope_id, ${part.ordinal}::int, ${part.start}::int,
        ${end}::int, ${part.text}, ${part.language}, ${JSON.stringify(part.headings)}::jsonb,
        ${JSON.stringify(part.path)}::jsonb, ${part.firstPage}::int, ${json(part.pages)}::jsonb,
        ${json(part.boxes)}::jsonb
      from document_version v
      where v.tenant_id = current_tenant() and v.version_id = ${versionId} and v.stage = 'parse'
      on conflict do nothing`);
  }

  /** What is known of the language of a document is what its first part says. */
  setLanguage(tx: Transaction, versionId: string, language: string): Promise<number> {
    return tx.run(sql`update document_version set language = ${language}
      where tenant_id = current_tenant() and version_id = ${versionId}`);
  }

  /** What `setLanguage` has set. */
  async languageOf(tx: Transaction, versionId: string): Promise<string | undefined> {
    const row = await tx.maybe<{ language: string | null }>(sql`select language from document_version
      where tenant_id = current_tenant() and version_id = ${versionId}`);
    return row?.language ?? undefined;
  }

  /** Where parsing of a version goes on. */
  async resume(tx: Transaction, versionId: string): Promise<Resume> {
    const last = await tx.maybe<Row>(sql`select ${PART} from document_part p
      where p.tenant_id = current_tenant() and p.version_id = ${versionId} order by p.ordinal desc limit 1`);
    return last ? after({ ...last, title: null }) : BEGINNING;
  }

  /** The first part that is not indexed, with the number of chunks before and within it that are; whether it is the last. */
  next(
    tx: Transaction,
    versionId: string,
  ): Promise<(Row & { chunksBefore: number; chunksWithin: number; isLast: boolean }) | undefined> {
    return tx.maybe(sql`
      select ${PART}, c.before as "chunksBefore", c.within as "chunksWithin",
        not exists (select from document_part l where l.tenant_id = p.tenant_id and l.version_id = p.version_id
          and l.ordinal > p.ordinal) as "isLast"
      from document_part p cross join lateral (
        select count(*) filter (where start_offset < p.start_offset) as before,
          count(*) filter (where start_offset >= p.start_offset) as within
        from chunk where tenant_id = p.tenant_id and version_id = p.version_id) c
      where p.tenant_id = current_tenant() and p.version_id = ${versionId} and not p.indexed
      order by p.ordinal limit 1`);
  }

  /** How many chunks a version has in the index. */
  async indexed(tx: Transaction, versionId: string): Promise<number> {
    const row = await tx.one<{ n: number }>(sql`select count(*) as n from chunk
      where tenant_id = current_tenant() and version_id = ${versionId}`);
    return row.n;
  }

  finish(tx: Transaction, versionId: string, ordinal: number): Promise<number> {
    return tx.run(sql`update document_part set indexed = true
      where tenant_id = current_tenant() and version_id = ${versionId} and ordinal = ${ordinal}`);
  }

  clear(tx: Transaction, versionId: string): Promise<number> {
    return tx.run(sql`delete from document_part
      where tenant_id = current_tenant() and version_id = ${versionId}`);
  }
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
