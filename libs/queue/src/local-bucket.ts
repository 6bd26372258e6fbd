import { intervalOf, type Limit, type Taken } from './call-limiter.js';

const MOST_KEYS = 10_000;

/**
 * Limits of this process alone, for calls without effect while Redis is away. `clock` gives milliseconds that only
 * grow.
 */
export class LocalBucket {
  /** When each bucket is full again. */
  private readonly full = new Map<string, number>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** How many buckets it keeps: those that are not full, and some more. */
  get size(): number {
    return this.full.size;
  }

  /** Takes one call from every one of the limits, or from none. */
  take(tenant: number, limits: readonly Limit[]): Taken {
    const now = this.clock();
    const after = new Map<string, number>();
    let slowest = { retryAfterMs: 0, limit: '' };
    for (const limit of limits) {
      const interval = intervalOf(limit, 1) / 1000;
      const key = `${tenant}:${limit.key}`;
      const full = Math.max(this.full.get(key) ?? now, now) + interval;
      const missing = Math.ceil(full - interval * limit.burst - now);
      if (missing > slowest.retryAfterMs) slowest = { retryAfterMs: missing, limit: limit.key };
      after.set(key, full);
    }
    if (slowest.retryAfterMs > 0) return { allowed: false, ...slowest };
    if (this.full.size + after.size > MOST_KEYS) this.forgetFull(now);
    for (const [key, full] of after) this.full.set(key, full);
    return { allowed: true };
  }

  private forgetFull(now: number): void {
    for (const [key, full] of this.full) if (full <= now) this.full.delete(key);
  }
}
