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
