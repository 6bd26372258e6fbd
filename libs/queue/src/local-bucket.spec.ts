import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LocalBucket } from './local-bucket.js';

const limit = (key: string, burst: number) => ({ key, calls: 1, perSeconds: 1, burst });

describe('LocalBucket', () => {
  test('over any sequence, allows exactly what buckets of tokens would', () => {
    const limits = [limit('person', 2), limit('peer', 3)];
    const steps = fc.array(
      fc.record({ of: fc.subarray(limits, { minLength: 1 }), seconds: fc.integer({ min: 0, max: 2 }) }),
    );
    fc.assert(
      fc.property(steps, (sequence) => {
        let now = 0;
        const bucket = new LocalBucket(() => now);
        const tokens = new Map(limits.map((one) => [one.key, one.burst]));
        for (const { of, seconds } of sequence) {
          now += seconds * 1000;
          for (const { key, burst } of limits)
            tokens.set(key, Math.min(burst, (tokens.get(key) ?? 0) + seconds));
          const isAllowed = of.every(({ key }) => (tokens.get(key) ?? 0) >= 1);
          expect(bucket.take(1, of).allowed).toBe(isAllowed);
          if (isAllowed) for (const { key } of of) tokens.set(key, (tokens.get(key) ?? 0) - 1);
        }
      }),
    );
  });

  test('says how long to wait, and for which limit', () => {
    const bucket = new LocalBucket(() => 0);
    bucket.take(1, [limit('peer', 1)]);
    expect(bucket.take(1, [limit('person', 5), limit('peer', 1)])).toEqual({
      allowed: false,
      retryAfterMs: 1000,
      limit: 'peer',
    });
    expect(bucket.take(2, [limit('peer', 1)])).toEqual({ allowed: true });
  });

  test('forgets what is full again', () => {
    let now = 0;
    const bucket = new LocalBucket(() => now);
    for (let index = 0; index < 30_000; index += 1) {
      now += 1;
      bucket.take(1, [limit(`person ${index}`, 1)]);
    }
    expect(bucket.size).toBeLessThanOrEqual(10_000);
  });
});
