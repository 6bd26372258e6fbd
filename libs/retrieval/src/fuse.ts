/** How a model's cosines mix with BM25: its weight, and the range that its cosines live in. */
export interface Fusion {
  readonly alpha: number;
  readonly cosineFloor: number;
  readonly cosineCeiling: number;
}

/** A chunk with the scores of both legs; `cosine` is null where it has no vector or no vectors were asked for. */
export interface Candidate {
  readonly chunkId: number;
  readonly cosine: number | null;
  readonly bm25: number;
}

/** A candidate with its fused score in 0..1. */
export interface FusedCandidate extends Candidate {
  readonly score: number;
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Maps a cosine to 0..1 by the range of its model. */
export function scaleCosine(cosine: number, { cosineFloor, cosineCeiling }: Fusion): number {
  return clamp((cosine - cosineFloor) / (cosineCeiling - cosineFloor));
}

/**
 * Orders candidates by the convex combination of scaled cosine and BM25 relative to the query's theoretical
 * maximum. Equal scores are ordered by chunk id, so that the order never depends on how rows arrived.
 */
export function fuse(candidates: readonly Candidate[], maximum: number, fusion: Fusion): FusedCandidate[] {
  const fused = candidates.map((candidate) => {
    const dense = candidate.cosine === null ? 0 : scaleCosine(candidate.cosine, fusion);
    const lexical = maximum > 0 ? clamp(candidate.bm25 / maximum) : 0;
    const score = fusion.alpha * dense + (1 - fusion.alpha) * lexical;
    // Sums of floats differ in the last bits with their order; rounding keeps ties ties.
    return { ...candidate, score: Math.round(score * 1e9) / 1e9 };
  });
  return fused.sort((a, b) => b.score - a.score || a.chunkId - b.chunkId);
}
