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

const NONE: ReadonlySet<number> = new Set();
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Maps a cosine to 0..1 by the range of its model. */
export function scaleCosine(cosine: number, { cosineFloor, cosineCeiling }: Fusion): number {
  return clamp((cosine - cosineFloor) / (cosineCeiling - cosineFloor));
}

/**
 * Orders candidates by the convex combination of scaled cosine and BM25 relative to the query's theoretical
 * maximum. Equal scores are ordered by chunk id, so that the order never depends on how rows arrived.
 *
 * A chunk of `foreign`, in another language than the query, shares words with it by accident only. The dense leg
 * decides alone: for words it is given what its cosine is worth at the rate of the query's own language.
 */
export function fuse(
  candidates: readonly Candidate[],
  maximum: number,
  fusion: Fusion,
  foreign: ReadonlySet<number> = NONE,
): FusedCandidate[] {
  const denseOf = ({ cosine }: Candidate) => (cosine === null ? 0 : scaleCosine(cosine, fusion));
  const lexicalOf = ({ bm25 }: Candidate) => (maximum > 0 ? clamp(bm25 / maximum) : 0);
  const own = foreign.size === 0 ? [] : candidates.filter(({ chunkId }) => !foreign.has(chunkId));
  const [mostDense, mostLexical] = [Math.max(0, ...own.map(denseOf)), Math.max(0, ...own.map(lexicalOf))];
  const rate = mostDense > 0 ? mostLexical / mostDense : 0;
  const fused = candidates.map((candidate) => {
    const dense = denseOf(candidate);
    const lexical = foreign.has(candidate.chunkId) ? clamp(dense * rate) : lexicalOf(candidate);
    const score = fusion.alpha * dense + (1 - fusion.alpha) * lexical;
    // Sums of floats differ in the last bits with their order; rounding keeps ties ties.
    return { ...candidate, score: Math.round(score * 1e9) / 1e9 };
  });
  return fused.sort((a, b) => b.score - a.score || a.chunkId - b.chunkId);
}
