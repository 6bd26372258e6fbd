import { createHash } from 'node:crypto';
import { sql, type Transaction } from '@belay/database';

/** A slice of a stored version. `sha256` is over the UTF-8 bytes of text[start, end). */
export interface QuoteRequest {
  readonly documentId: string;
  readonly versionId: string;
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

/** A verified quote, with what a reader needs to know of its document. `opening` is how the document begins. */
export interface ReadQuote {
  readonly text: string;
  readonly title: string;
  readonly page: number | null;
  readonly opening: string;
  readonly uploadedAt: string;
}

const OPENING = 600;

/**
 * Reads each slice again inside a reader transaction and compares its hash. A quote that the person may not
 * read (any more) is undefined; so is one whose bytes differ.
 */
export async function readQuotes(
  tx: Transaction,
  quotes: readonly QuoteRequest[],
): Promise<(ReadQuote | undefined)[]> {
  const ids = [...new Set(quotes.map((quote) => quote.versionId))];
  const rows = await tx.many<{
    versionId: string;
    documentId: string;
    body: string;
    title: string;
    pages: number[] | null;
    uploadedAt: Date;
  }>(sql`
    select v.version_id as "versionId", v.document_id as "documentId", v.body, d.title, v.pages,
      v.created_at as "uploadedAt"
    from document_version v join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id
    where v.tenant_id = current_tenant() and v.version_id = any (${ids}::uuid[]) and v.body is not null
      and v.scope_id in (select r.scope_id from readable_scopes() r)`);
  const versions = new Map(rows.map((row) => [row.versionId, row]));
  return quotes.map((quote) => {
    const version = versions.get(quote.versionId);
    if (version?.documentId !== quote.documentId) return undefined;
    const text = version.body.slice(quote.start, quote.end);
    if (createHash('sha256').update(text, 'utf8').digest('hex') !== quote.sha256) return undefined;
    return {
      text,
      title: version.title,
      page: pageOf(version.pages, quote.start),
      opening: version.body.slice(0, OPENING),
      uploadedAt: version.uploadedAt.toISOString(),
    };
  });
}

/** Titles of those versions that the person of this reader transaction may read, by version id. */
export async function readTitles(
  tx: Transaction,
  versionIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.many<{ versionId: string; title: string }>(sql`
    select v.version_id as "versionId", d.title
    from document_version v join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id
    where v.tenant_id = current_tenant() and v.version_id = any (${[...versionIds]}::uuid[])
      and v.scope_id in (select r.scope_id from readable_scopes() r)`);
  return new Map(rows.map((row) => [row.versionId, row.title]));
}

function pageOf(pages: number[] | null, offset: number): number | null {
  if (!pages) return null;
  return Math.max(1, pages.filter((start) => start <= offset).length);
}
