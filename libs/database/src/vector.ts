/** Text form of a pgvector value. Throws on a number that is not finite: it would poison every distance. */
export function vectorLiteral(vector: ArrayLike<number>): string {
  const parts = Array.from(vector, (value) => {
    if (!Number.isFinite(value)) throw new TypeError('a vector holds a number that is not finite');
    return value.toPrecision(6);
  });
  return `[${parts.join(',')}]`;
}
