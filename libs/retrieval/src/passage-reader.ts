import type { SearchRequest } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { theoreticalMaximum } from './bm25.js';
import { collapseDuplicates } from './collapse-duplicates.js';
import { findCandidates, type FoundCandidate, type VectorQuery } from './find-candidates.js';
import { type Candidate, fuse, type FusedCandidate } from './fuse.js';
import type { Plan, Visible } from './plan.js';
import type { PassageRow, RetrievalRepository } from './retrieval.repository.js';
import type { Passage, SearchWith } from './searched.js';
import { packedCosines } from './sentence-vectors.js';

const POOL = 150;
const WIDEN = 4;
// Passages read beyond the limit, as a share of it: for copies, and for chunks of a version that is being replaced.
const SPARE = 0.5;

/** Reads the best passages of a plan, within the transaction of a search: candidates, fused, their text, copies collapsed. */
export class PassageReader {
  constructor(private readonly repository: RetrievalRepository) {}

  /**
   * As many as are asked for wherever so many are there. Chunks of a version that is being replaced are no passages:
   * where they crowd the others out, more are read.
   */
  async read(
    tx: Transaction,
    plan: Plan,
    visible: Visible,
    { limit, unit, copies, sentences }: SearchWith,
  ): Promise<Passage[]> {
    for (let wanted = Math.ceil(limit * (1 + SPARE)); ; wanted *= WIDEN) {
      const best = await this.best(tx, plan, visible, unit, wanted);
      const chunkIds = best.map((candidate) => candidate.chunkId);
      const [rows, parts] = await Promise.all([
        this.repository.passages(tx, visible.scopeIds, chunkIds),
        sentences && plan.vector ? this.compareParts(tx, plan.vector, chunkIds) : undefined,
      ]);
      const read = assemble(best, rows, parts);
      const found = copies === 'collapse' ? collapseDuplicates(read) : read;
      if (found.length >= limit || best.length < wanted) return found.slice(0, limit);
    }
  }

  private async compareParts(
    tx: Transaction,
    query: VectorQuery,
    chunkIds: readonly number[],
  ): Promise<ReadonlyMap<number, readonly number[]>> {
    const rows = await this.repository.sentenceVectors(tx, query, chunkIds);
    return new Map(rows.map(({ chunkId, packed }) => [chunkId, packedCosines(packed, query.vector)]));
  }

  // Widens the pool until it holds as many results as were asked for, or everything that matches.
  private async best(
    tx: Transaction,
    plan: Plan,
    visible: Visible,
    unit: SearchRequest['unit'],
    wanted: number,
  ): Promise<FusedCandidate[]> {
    const maximum = theoreticalMaximum(plan.lexical?.weights ?? []);
    for (let pool = Math.max(POOL, wanted); ; pool *= WIDEN) {
      const candidates = await findCandidates(tx, plan, pool);
      const foreign = candidates.filter(({ isForeign }) => isForeign).map(({ chunkId }) => chunkId);
      const fused = fuse(candidates.map(candidateOf), maximum, plan.fusion, new Set(foreign));
      const best = unit === 'passage' ? fused : await this.firstOfEachDocument(tx, visible, fused);
      if (best.length >= wanted || candidates.length < pool) return best.slice(0, wanted);
    }
  }

  private async firstOfEachDocument(
    tx: Transaction,
    { scopeIds }: Visible,
    fused: readonly FusedCandidate[],
  ): Promise<FusedCandidate[]> {
    const chunkIds = fused.map((candidate) => candidate.chunkId);
    const rows = await this.repository.documentsOf(tx, scopeIds, chunkIds);
    const documents = new Map(rows.map((row) => [row.chunkId, row.documentId]));
    const seen = new Set<string | undefined>([undefined]);
    return fused.filter(({ chunkId }) => {
      const document = documents.get(chunkId);
      return !seen.has(document) && seen.add(document);
    });
  }
}

// The cosine with a vector of zeros is not a number: nothing is known of it.
const candidateOf = ({ chunkId, bm25, cosine }: FoundCandidate): Candidate => ({
  chunkId,
  cosine: Number.isNaN(cosine) ? 0 : cosine,
  bm25,
});

function assemble(
  fused: readonly FusedCandidate[],
  rows: readonly PassageRow[],
  parts: ReadonlyMap<number, readonly number[]> | undefined,
): Passage[] {
  const byChunk = new Map(rows.map((row) => [row.chunkId, row]));
  return fused.flatMap((candidate) => {
    const row = byChunk.get(candidate.chunkId);
    return row === undefined ? [] : [{ ...row, ...candidate, parts: parts?.get(candidate.chunkId) }];
  });
}
