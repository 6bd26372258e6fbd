import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { B, K1, type TermWeight } from './bm25.js';
import { passing, type PassageFilter } from './passage-filter.js';
import { TENANT } from './tenant.js';

const ID = 8;
const ROW = ID + 8;

export interface LexicalQuery {
  readonly scopeIds: readonly number[];
  readonly filter?: PassageFilter | undefined;
  readonly weights: readonly TermWeight[];
  readonly averageLength: number;
}

/** BM25 of every chunk that holds a word of a query. */
export interface WordScores {
  readonly of: ReadonlyMap<number, number>;
  /** The chunks, the best first. */
  readonly ranked: readonly number[];
}

/** Scores every chunk that holds a word of the query, so that it need not be known yet what is nearest to it. */
export async function scoreWords(tx: Transaction, query: LexicalQuery): Promise<WordScores> {
  // Thousands of rows: as one value they cost a tenth.
  const { packed } = await tx.one<{ packed: Buffer }>(sql`
    select coalesce(string_agg(int8send(chunk_id) || float8send(score), '' order by score desc, chunk_id), '') as packed
    from (${scored(query)}) s`);
  const of = new Map<number, number>();
  for (let at = 0; at < packed.length; at += ROW) {
    const chunkId = packed.readInt32BE(at) * 2 ** 32 + packed.readUInt32BE(at + 4);
    of.set(chunkId, packed.readDoubleBE(at + ID));
  }
  return { of, ranked: [...of.keys()] };
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
