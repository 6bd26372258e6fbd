import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { B, K1, type TermWeight } from './bm25.js';
import { passing, type PassageFilter } from './passage-filter.js';
import { TENANT } from './tenant.js';

// Bytes of a chunk's id, how often it holds the term, and its length.
const ROW = 16;

export interface LexicalQuery {
  readonly scopeIds: readonly number[];
  readonly filter?: PassageFilter | undefined;
  readonly weights: readonly TermWeight[];
  readonly averageLength: number;
}

/** BM25 of every chunk that holds a word of a query, by its id. */
export type WordScores = ReadonlyMap<number, number>;

/**
 * Scores every chunk that holds a word of the query, so that it need not be known yet what is nearest to it. The server
 * only reads: to sum, sort and write so many rows takes it three times as long as reading them.
 */
export async function scoreWords(tx: Transaction, query: LexicalQuery): Promise<WordScores> {
  const termIds = query.weights.map(({ termId }) => termId);
  const rows = await tx.many<{ packed: Buffer | null }>(sql`
    select (select string_agg(int8send(p.chunk_id) || int8send(p.frequency::int8 << 32 | p.chunk_length), '')
      from posting p where p.tenant_id = ${TENANT} and p.term_id = w.term_id
        and p.scope_id = any (${query.scopeIds}::int[]) and ${passing(sql`p.chunk_id`, query)}) as packed
    from unnest(${termIds}::bigint[]) with ordinality as w (term_id, place) order by place`);
  const scores = new Map<number, number>();
  for (const [place, { packed }] of rows.entries()) {
    const idf = query.weights[place]?.idf ?? 0;
    for (let at = 0; packed !== null && at < packed.length; at += ROW) {
      const chunkId = packed.readUInt32BE(at) * 2 ** 32 + packed.readUInt32BE(at + 4);
      const frequency = packed.readUInt32BE(at + 8);
      const saturation =
        frequency + K1 * (1 - B + (B / Math.max(query.averageLength, 1)) * packed.readUInt32BE(at + 12));
      scores.set(chunkId, (scores.get(chunkId) ?? 0) + (idf * frequency * (K1 + 1)) / saturation);
    }
  }
  return scores;
}

/** The `limit` best, the best first; those that score alike in the order of their ids. */
export function bestOf(scores: WordScores, limit: number): [chunkId: number, score: number][] {
  const ascending = Float64Array.from(scores.values()).sort();
  const least = ascending[Math.max(0, ascending.length - limit)] ?? 0;
  return [...scores]
    .filter(([, score]) => score >= least)
    .sort(([one, better], [other, worse]) => worse - better || one - other)
    .slice(0, limit);
}

/** Chunks that hold a word of the query, in no order. */
export function scored(query: LexicalQuery): SqlStatement {
  const termIds = query.weights.map((weight) => weight.termId);
  const idfs = query.weights.map((weight) => weight.idf);
  return sql`
    select p.chunk_id, sum(${termScore(query)}) as score
    from unnest(${termIds}::bigint[], ${idfs}::float8[]) as w (term_id, idf)
    join posting p on p.tenant_id = ${TENANT} and p.term_id = w.term_id
      and p.scope_id = any (${query.scopeIds}::int[])
    where ${passing(sql`p.chunk_id`, query)}
    group by p.chunk_id`;
}

function termScore({ averageLength }: LexicalQuery): SqlStatement {
  return sql`w.idf * p.frequency * (${K1 + 1}::float8) / (p.frequency
    + ${K1}::float8 * (${1 - B}::float8 + ${B / Math.max(averageLength, 1)}::float8 * p.chunk_length))`;
}
