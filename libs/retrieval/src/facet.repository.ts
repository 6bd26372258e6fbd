import type { FacetValue } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { conditions, type PassageFilter } from './passage-filter.js';
import { TENANT } from './tenant.js';

export type Facet = 'collections' | 'types' | 'languages' | 'folders';

export interface FacetQuery {
  readonly facet: Facet;
  readonly scopeIds: readonly number[];
  readonly termIds: readonly string[];
  readonly filter: PassageFilter;
  /** Whether only documents that share a word with the query are counted, as a lexical search ranks no others. */
  readonly matchingOnly: boolean;
}

const MOST_VALUES = 50;

/** Counts for a `reader` transaction; like every statement of a search it names the caller's scopes by itself. */
export class FacetRepository {
  count(tx: Transaction, query: FacetQuery): Promise<FacetValue[]> {
    const { value, label, named } = valueOf(query);
    return tx.many(sql`
      with hit as (
        select distinct p.chunk_id from posting p where p.tenant_id = ${TENANT}
          and p.term_id = any (${query.termIds}::bigint[]) and p.scope_id = any (${query.scopeIds}::int[])
      ), counted as (
        select ${value} as value, ${label} as label, count(distinct d.document_id)::int as documents,
          (count(distinct d.document_id) filter (where h.chunk_id is not null))::int as matching
        from chunk c
        join document d on d.tenant_id = c.tenant_id and d.document_id = c.document_id
          and d.current_version_id = c.version_id
        join collection k on k.tenant_id = d.tenant_id and k.collection_id = d.collection_id
        left join hit h on h.chunk_id = c.chunk_id
        where c.tenant_id = ${TENANT} and c.scope_id = any (${query.scopeIds}::int[])
          and ${named} and ${conditions(query.filter)} and (not ${query.matchingOnly} or h.chunk_id is not null)
        group by 1, 2
      )
      select value, label, documents, matching from counted
      order by matching desc, documents desc, label, value limit ${MOST_VALUES}`);
  }
}

// `named` keeps out what has no value, such as documents that lie in no folder.
function valueOf({ facet, filter }: FacetQuery): Record<'value' | 'label' | 'named', SqlStatement> {
  const named = sql`true`;
  if (facet === 'collections') return { value: sql`k.collection_id::text`, label: sql`k.title`, named };
  if (facet === 'types') return { value: sql`d.media_type`, label: sql`d.media_type`, named };
  if (facet === 'languages') return { value: sql`c.language`, label: sql`c.language`, named };
  const above = filter.folder ? `${filter.folder}/` : '';
  const below = sql`substr(d.path, ${above.length + 1}::int)`;
  const child = sql`split_part(${below}, '/', 1)`;
  return { value: sql`${above}::text || ${child}`, label: child, named: sql`strpos(${below}, '/') > 0` };
}
