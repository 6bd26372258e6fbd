import { createHash } from 'node:crypto';
import { kept, sql, type Transaction } from '@belay/database';

/** A slice of a stored version. `sha256` is over the UTF-8 bytes of text[start, end). */
export interface QuoteRequest {
  readonly documentId: string;
  readonly versionId: string;
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

/**
 * A verified quote, with what a reader needs to know of its document. `collection` is the title of where it lies,
 * `opening` how the document begins, `superseded` whether it has a newer version.
 */
export interface ReadQuote {
  readonly text: string;
  readonly title: string;
  readonly collection: string;
  readonly collectionId: string;
  readonly page: number | null;
  readonly opening: string;
  readonly uploadedAt: string;
  readonly superseded: boolean;
}

const OPENING = 600;
// A version has its document's scope: whoever may read the one may read the other.
const SUPERSEDED = sql`coalesce(d.current_version_id <> v.version_id, false)`;

/**
 * Reads each slice again inside a reader transaction and compares its hash. A quote that the person may not
 * read (any more) is undefined; so is one whose bytes differ. The lists stand in subqueries, so that their lengths
 * are not known when it is planned: else PostgreSQL may take each plan of its own for better than the kept one, and
 * planning takes three times as long as reading.
 */
export async function readQuotes(
  tx: Transaction,
  quotes: readonly QuoteRequest[],
): Promise<(ReadQuote | undefined)[]> {
  const rows = await tx.many<Slice>(kept`
    select q.quote, p.start_offset as start, p.body, p.first_page as "firstPage", p.pages, d.title,
      k.title as collection, k.collection_id as "collectionId",
      v.created_at as "uploadedAt", ${SUPERSEDED} as superseded, (select left(o.body, ${OPENING}::int) from document_part o
        where o.tenant_id = p.tenant_id and o.version_id = p.version_id and o.ordinal = 0) as opening
    from unnest((select ${quotes.map((quote) => quote.documentId)}::uuid[]), (select ${quotes.map((quote) => quote.versionId)}::uuid[]),
        (select ${quotes.map((quote) => quote.start)}::int[]), (select ${quotes.map((quote) => quote.end)}::int[]))
        with ordinality as q (document_id, version_id, start_offset, end_offset, quote)
      join document_part p on p.tenant_id = current_tenant() and p.version_id = q.version_id
        and p.document_id = q.document_id and p.start_offset < q.end_offset and p.end_offset > q.start_offset
      join document_version v on v.tenant_id = p.tenant_id and v.version_id = p.version_id
      join document d on d.tenant_id = p.tenant_id and d.document_id = p.document_id
      join collection k on k.tenant_id = d.tenant_id and k.collection_id = d.collection_id
    where p.scope_id in (select r.scope_id from readable_scopes() r)
    order by q.quote, p.ordinal`);
  return quotes.map((quote, index) => {
    const slices = rows.filter((row) => row.quote === index + 1);
    const [first] = slices;
    if (!first) return undefined;
    const text = slices.map((slice) => cut(slice, quote)).join('');
    if (createHash('sha256').update(text, 'utf8').digest('hex') !== quote.sha256) return undefined;
    const { title, collection, collectionId, opening, superseded } = first;
    const page = pageOf(first, quote.start);
    const uploadedAt = first.uploadedAt.toISOString();
    return { text, title, collection, collectionId, page, opening, uploadedAt, superseded };
  });
}

/** A part of a version's text that holds some of a quote. */
interface Slice {
  readonly quote: number;
  readonly start: number;
  readonly body: string;
  readonly firstPage: number;
  readonly pages: number[] | null;
  readonly title: string;
  readonly collection: string;
  readonly collectionId: string;
  readonly opening: string;
  readonly uploadedAt: Date;
  readonly superseded: boolean;
}

function cut({ start, body }: Slice, quote: QuoteRequest): string {
  return body.slice(Math.max(0, quote.start - start), Math.max(0, quote.end - start));
}

/** What a version is called, and whether its document has a newer one. */
export interface NamedVersion {
  readonly title: string;
  readonly superseded: boolean;
}

/** Those versions that the person of this reader transaction may read, by version id. */
export async function readTitles(
  tx: Transaction,
  versionIds: readonly string[],
): Promise<ReadonlyMap<string, NamedVersion>> {
  const rows = await tx.many<NamedVersion & { versionId: string }>(sql`
    select v.version_id as "versionId", d.title, ${SUPERSEDED} as superseded
    from document_version v join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id
    where v.tenant_id = current_tenant() and v.version_id = any (${[...versionIds]}::uuid[])
      and v.scope_id in (select r.scope_id from readable_scopes() r)`);
  return new Map(rows.map(({ versionId, ...named }) => [versionId, named]));
}

function pageOf({ pages, firstPage }: Slice, offset: number): number | null {
  if (!pages) return null;
  return Math.max(1, firstPage + pages.filter((start) => start <= offset).length);
}
