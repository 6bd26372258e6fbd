import type { PassageBoxes } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** A stretch of one version's text. */
export interface Passage {
  readonly documentId: string;
  readonly versionId: string;
  readonly start: number;
  readonly end: number;
}

/** A page as ingestion keeps it: six numbers a run (start, length, left, top, width, height in tenths). */
interface StoredPage {
  readonly page: number;
  readonly width: number;
  readonly height: number;
  readonly runs: number[];
}

const FIELDS = 6;
const TENTH = 10;

/** Where a passage stands on its pages, for a person who may read it; empty where its format has no pages. */
export async function readBoxes(tx: Transaction, passage: Passage): Promise<PassageBoxes['pages']> {
  const rows = await tx.many<{ boxes: StoredPage[]; versionId: string }>(sql`
    select p.boxes, p.version_id as "versionId" from document_part p
    where p.tenant_id = current_tenant() and p.version_id = ${passage.versionId}
      and p.document_id = ${passage.documentId}
      and p.start_offset < ${passage.end}::int and p.end_offset > ${passage.start}::int and p.boxes is not null
      and p.scope_id in (select r.scope_id from readable_scopes() r)
    order by p.ordinal`);
  const pages = rows.flatMap(({ boxes }) => boxes);
  return pages.flatMap((page) => {
    const boxes = boxesOn(page, passage);
    return boxes.length > 0 ? [{ page: page.page, boxes }] : [];
  });
}

// As shares of the page's sides, so that they fit a picture of any size.
function boxesOn({ width, height, runs }: StoredPage, { start, end }: Passage): number[][] {
  const boxes: number[][] = [];
  for (let at = 0; at + FIELDS <= runs.length; at += FIELDS) {
    const [from = 0, length = 0, left = 0, top = 0, wide = 0, tall = 0] = runs.slice(at, at + FIELDS);
    const first = Math.max(0, start - from) / length;
    const last = Math.min(length, end - from) / length;
    if (last <= first) continue;
    const box = [(left + wide * first) / width, top / height, (wide * (last - first)) / width, tall / height];
    boxes.push(box.map((value) => Math.round((value / TENTH) * 1e5) / 1e5));
  }
  return boxes;
}
