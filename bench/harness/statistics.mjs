/** The value below which `share` of the values lie (nearest rank); null for none. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** p50 and p95 of milliseconds under names that begin with `name`, and how many there were. */
export function latencies(name, values) {
  return {
    [`${name}_n`]: values.length,
    [`${name}_p50_ms`]: rounded(percentile(values, 0.5)),
    [`${name}_p95_ms`]: rounded(percentile(values, 0.95)),
  };
}

/** With one digit after the point; null stays null. */
export function rounded(value) {
  return value === null ? null : Math.round(value * 10) / 10;
}

/**
 * Mann–Whitney U of two samples: `auc` is the probability that a value of `a` exceeds one of `b` (ties count half),
 * `p` the two-sided probability by the normal approximation, with ties corrected.
 */
export function mannWhitney(a, b) {
  const all = [...a.map((value) => ({ value, own: true })), ...b.map((value) => ({ value, own: false }))];
  all.sort((one, other) => one.value - other.value);
  let ranks = 0;
  let ties = 0;
  for (let start = 0, end; start < all.length; start = end) {
    for (end = start; end < all.length && all[end].value === all[start].value;) end += 1;
    const own = all.slice(start, end).filter((row) => row.own).length;
    ranks += (own * (start + 1 + end)) / 2;
    ties += (end - start) ** 3 - (end - start);
  }
  const [n, m, total] = [a.length, b.length, all.length];
  const u = ranks - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  const z = (Math.abs(u - (n * m) / 2) - 0.5) / deviation;
  return { auc: Math.round((u / (n * m)) * 1e3) / 1e3, p: Math.round(twoSided(Math.max(0, z)) * 1e4) / 1e4 };
}

// Abramowitz and Stegun 7.1.26, accurate to 1.5e-7.
function twoSided(z) {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  return terms.reduceRight((sum, term) => (sum + term) * t, 0) * Math.exp(-x * x);
}
