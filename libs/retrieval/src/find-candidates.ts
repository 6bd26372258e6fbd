import { sql, type SqlStatement, type Transaction, vectorLiteral } from '@belay/database';
import type { Candidate } from './fuse.js';
import { passing, type PassageFilter } from './passage-filter.js';
import { bestOf, type LexicalQuery, scored, type WordScores } from './score-words.js';
import { TENANT } from './tenant.js';

export interface VectorQuery {
  readonly generationId: number;
  readonly scopeIds: readonly number[];
  readonly filter?: PassageFilter | undefined;
  readonly vector: Float32Array;
}

/** The legs of a search; of one that is null nothing is found, and nothing is compared by it. */
export interface Legs {
  readonly scopeIds: readonly number[];
  readonly lexical: LexicalQuery | null;
  readonly vector: VectorQuery | null;
  /** The query's language, where it matters which candidates are in another one. */
  readonly language: string | null;
  /** What the lexical leg comes to, where it was asked before. */
  readonly words?: WordScores | undefined;
}

/** A candidate, and whether it is known to be in another language than the query. */
export type FoundCandidate = Candidate & { readonly isForeign: boolean };

export const embeddingTable = (generationId: number): SqlStatement =>
  sql.identifier(`embedding_${generationId}`);

/**
 * The best `limit` chunks of each leg in no order, each with the scores of both: what one leg found, the other scores
 * exactly, so that no candidate is judged by half. One statement, so that the postings are read once.
 */
export async function findCandidates(
  tx: Transaction,
  { scopeIds, lexical, vector, language, words }: Legs,
  limit: number,
): Promise<FoundCandidate[]> {
  if (words && vector === null) {
    return bestOf(words, limit).map(([chunkId, bm25]) => ({ chunkId, bm25, cosine: null, isForeign: false }));
  }
  const rows = await tx.many<FoundCandidate>(sql`
    with near as materialized (${vector === null ? NOTHING : nearest(vector, limit)}),
      scored as materialized (${lexical === null ? NOTHING : words ? given(words, limit) : scored(lexical)}),
      found as materialized (
        select chunk_id from near
        union (select chunk_id from scored order by score desc, chunk_id limit ${limit}))
    select f.chunk_id as "chunkId", coalesce(s.score, 0) as bm25,
      ${vector === null ? sql`null::float8` : sql`coalesce(n.score, ${cosineOf(vector)})`} as cosine,
      ${language === null ? sql`false` : isForeign(scopeIds, language)} as "isForeign"
    from found f
    left join near n on n.chunk_id = f.chunk_id
    left join scored s on s.chunk_id = f.chunk_id`);
  return words ? rows.map((row) => ({ ...row, bm25: words.get(row.chunkId) ?? 0 })) : rows;
}

const NOTHING = sql`select null::bigint as chunk_id, null::float8 as score where false`;

/**
 * `offset 0` keeps an approximate index out, so that the scan is exact, and has each distance computed once: written
 * twice, it would be.
 */
function nearest(query: VectorQuery, limit: number): SqlStatement {
  return sql`
    select chunk_id, 1 - distance as score from (
      select e.chunk_id, e.vector <=> ${vectorLiteral(query.vector)} as distance
      from ${embeddingTable(query.generationId)} e
      where e.tenant_id = ${TENANT} and e.scope_id = any (${query.scopeIds}::int[])
        and ${passing(sql`e.chunk_id`, query)} offset 0) d
    order by distance, chunk_id limit ${limit}`;
}

/** The cosine of a chunk that the words alone have found; null where it has no vector. */
function cosineOf({ generationId, scopeIds, vector }: VectorQuery): SqlStatement {
  return sql`(select 1 - (e.vector <=> ${vectorLiteral(vector)}) from ${embeddingTable(generationId)} e
    where e.tenant_id = ${TENANT} and e.scope_id = any (${scopeIds}::int[]) and e.chunk_id = f.chunk_id)`;
}

function given(words: WordScores, limit: number): SqlStatement {
  const best = bestOf(words, limit);
  return sql`select chunk_id, score from unnest(${best.map(([chunkId]) => chunkId)}::bigint[],
    ${best.map(([, score]) => score)}::float8[]) as g (chunk_id, score)`;
}

function isForeign(scopeIds: readonly number[], language: string): SqlStatement {
  return sql`exists (select from chunk c where c.tenant_id = ${TENANT} and c.chunk_id = f.chunk_id
    and c.scope_id = any (${scopeIds}::int[]) and c.language not in (${language}, 'und'))`;
}
