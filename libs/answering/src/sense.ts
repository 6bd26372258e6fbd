interface Sensed {
  readonly passageIndex: number;
  /** Cosine with the question by the vectors of the embedding model. */
  readonly sense: number;
}

/** How near each sentence of a pool comes to the question, by itself and against the others: features in their order. */
export function senseFeatures(pool: readonly Sensed[]): Record<string, number>[] {
  const falling = pool.map(({ sense }) => sense).sort((a, b) => b - a);
  const highest = falling[0] ?? 0;
  const within = new Map<number, number>();
  for (const { passageIndex, sense } of pool)
    within.set(passageIndex, Math.max(within.get(passageIndex) ?? -1, sense));
  return pool.map(({ passageIndex, sense }) => {
    const above = falling.indexOf(sense);
    return {
      sense,
      senseRelative: sense - highest,
      senseInPassage: sense - (within.get(passageIndex) ?? 0),
      isBestSense: Number(sense >= highest - 1e-9),
      senseRank: Math.log1p(above),
      isNextSense: Number(above === 1),
      isThirdSense: Number(above === 2),
    };
  });
}
