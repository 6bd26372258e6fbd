import { setTimeout as wait } from 'node:timers/promises';
import { isDomainError } from '@belay/errors';
import { spawnRedis, startRedis } from '@belay/testing/redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CallLimiter, type Limit } from './call-limiter.js';
import { connectRedis, type Redis } from './redis.js';

const HOUR = 3600;
const TENANT = 7;
/** So long that a busy machine is never taken for a Redis that is away. */
const PATIENT = 60_000;

/** A limit that gives back one call every `hours`, so slowly that the time a test takes does not matter. */
const slow = (key: string, burst: number, hours = 1): Limit => ({
  key,
  calls: 1,
  perSeconds: hours * HOUR,
  burst,
});

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let limiter: CallLimiter;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ redisUrl: undefined, sockets: server.sockets });
  limiter = new CallLimiter(redis, PATIENT);
});
afterAll(() => {
  redis.disconnect();
  server.stop();
});
beforeEach(() => redis.flushall());

/** Lets time pass for every bucket: only its distance from now counts. */
async function pass(hours: number): Promise<void> {
  for (const key of await redis.keys('belay:1:rate:*')) {
    const full = BigInt((await redis.get(key)) ?? 0) - BigInt(hours * HOUR) * 1_000_000n;
    await redis.set(key, String(full), 'KEEPTTL');
  }
}

describe('rates', () => {
  test('over any sequence, a call is allowed exactly when buckets of tokens would allow it', async () => {
    const limits = [slow('tenant', 6, 1), slow('person', 3, 2), slow('contract', 2, 5), slow('peer', 4, 3)];
    const step = fc.oneof(
      fc.record({ of: fc.subarray(limits, { minLength: 1 }), cost: fc.integer({ min: 1, max: 2 }) }),
      fc.record({ hours: fc.integer({ min: 1, max: 12 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await redis.flushall();
        const hours = (limit: Limit): number => limit.perSeconds / HOUR;
        const tokens = new Map(limits.map((limit) => [limit, limit.burst * hours(limit)]));
        const left = (limit: Limit): number => tokens.get(limit) ?? 0;
        for (const one of steps) {
          if ('hours' in one) {
            await pass(one.hours);
            for (const limit of limits)
              tokens.set(limit, Math.min(limit.burst * hours(limit), left(limit) + one.hours));
            continue;
          }
          const missing = one.of.map((limit) => one.cost * hours(limit) - left(limit));
          const longest = Math.max(...missing);
          const taken = await limiter.take(TENANT, one.of, one.cost);
          expect(taken.allowed).toBe(longest <= 0);
          if (taken.allowed)
            for (const limit of one.of) tokens.set(limit, left(limit) - one.cost * hours(limit));
          else {
            expect(Math.ceil(taken.retryAfterMs / 3_600_000)).toBe(longest);
            const slowest = one.of.filter((_, index) => missing[index] === longest).map(({ key }) => key);
            expect(slowest).toContain(taken.limit);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('law-3: 64 callers at a time over eight connections get as many calls as there are, and not one more', async () => {
    const connections = Array.from({ length: 8 }, () => redis.duplicate());
    const callers = Array.from({ length: 64 }, (_, index) => {
      const connection = connections[index % 8];
      return new CallLimiter(connection ?? redis, PATIENT);
    });
    // The peer has fewer than the tenant; what it refuses must cost the tenant nothing.
    const limits = [slow('tenant', 500), slow('peer', 300)];
    const ask = async (caller: CallLimiter): Promise<number> => {
      let allowed = 0;
      for (let turn = 0; turn < 10; turn += 1) if ((await caller.take(TENANT, limits)).allowed) allowed += 1;
      return allowed;
    };
    const counts = await Promise.all(callers.map(ask));
    expect(counts.reduce((sum, count) => sum + count)).toBe(300);
    let rest = 0;
    while ((await limiter.take(TENANT, [slow('tenant', 500)])).allowed) rest += 1;
    expect(rest).toBe(200);
    for (const connection of connections) connection.disconnect();
  });

  test('while calls come back quickly, 64 callers never get more than time allows', async () => {
    const limit = { key: 'quick', calls: 500, perSeconds: 1, burst: 20 };
    const began = await time();
    let isOver = false;
    let allowed = 0;
    const ask = async (): Promise<void> => {
      while (!isOver) if ((await limiter.take(TENANT, [limit])).allowed) allowed += 1;
    };
    const asking = Array.from({ length: 64 }, ask);
    await wait(1000);
    isOver = true;
    await Promise.all(asking);
    const microseconds = (await time()) - began;
    expect(allowed).toBeLessThanOrEqual(limit.burst + Math.floor(microseconds / 2000));
    expect(allowed).toBeGreaterThan(limit.burst);
  });

  async function time(): Promise<number> {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1e6 + Number(microseconds);
  }

  test('a clock that was set back locks nobody out for longer than an empty bucket does', async () => {
    await limiter.take(TENANT, [slow('clock', 3)]);
    await pass(-24 * 365);
    const taken = await limiter.take(TENANT, [slow('clock', 3)]);
    expect(taken).toMatchObject({ allowed: false, limit: 'clock' });
    expect(taken.allowed || taken.retryAfterMs).toBeLessThanOrEqual(HOUR * 1000);
  });

  test('a clock that was set forward gives a full bucket, no more', async () => {
    await limiter.take(TENANT, [slow('clock', 3)], 3);
    await pass(24 * 365);
    expect(await limiter.take(TENANT, [slow('clock', 3)], 3)).toEqual({ allowed: true });
    expect((await limiter.take(TENANT, [slow('clock', 3)])).allowed).toBe(false);
  });

  test('a bucket is forgotten when it is full', async () => {
    await limiter.take(TENANT, [{ key: 'short', calls: 1000, perSeconds: 1, burst: 5 }], 5);
    while ((await redis.dbsize()) > 0) await wait(5);
  });

  test.each(['', ' ', 'a{b}c', '}{', '{8}', 'a:b', 'a\r\nb', '\0', '*?[x]', 'päron 🍐', 'x'.repeat(10_000)])(
    'the key %j is one of its own, in its tenant',
    async (key) => {
      await limiter.take(TENANT, [slow(key, 1), slow(`${key}.`, 1)]);
      expect(await limiter.take(TENANT, [slow(key, 1)])).toMatchObject({ allowed: false, limit: key });
      expect(await limiter.take(TENANT + 1, [slow(key, 1)])).toEqual({ allowed: true });
      expect(await redis.dbsize()).toBe(3);
    },
  );

  test.each([
    ['two limits of one key', [slow('a', 1), slow('a', 2)], 1],
    ['more at once than the limit ever allows', [slow('a', 2)], 3],
    ['no call', [slow('a', 2)], 0],
    ['half a call', [slow('a', 2)], 0.5],
    ['a limit of none', [{ key: 'a', calls: 0, perSeconds: 1, burst: 1 }], 1],
    ['no burst', [slow('a', 0)], 1],
    ['no number', [{ key: 'a', calls: Number.NaN, perSeconds: 1, burst: 1 }], 1],
    ['a wait that no number holds', [slow('a', 1e9, 1e6)], 1],
  ])('%s is a mistake of the caller, and costs nothing', async (_, limits, cost) => {
    await expect(limiter.take(TENANT, limits, cost)).rejects.toThrow(/limit/i);
    expect(await redis.dbsize()).toBe(0);
  });

  test('the longest limits of a contract are counted exactly', async () => {
    const limit = { key: 'day', calls: 1, perSeconds: 86_400, burst: 10_000 };
    expect(await limiter.take(TENANT, [limit], 10_000)).toEqual({ allowed: true });
    expect(await limiter.take(TENANT, [limit])).toMatchObject({ allowed: false });
  });
});

describe('places', () => {
  test('64 callers at a time hold as many places as there are, and each is given back once', async () => {
    let held = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) {
        const lease = await limiter.lease(TENANT, 'peer', 5, 600_000);
        if (!lease) continue;
        held += 1;
        most = Math.max(most, held);
        await wait(1);
        held -= 1;
        await limiter.release(TENANT, 'peer', lease);
        await limiter.release(TENANT, 'peer', lease);
      }
    };
    await Promise.all(Array.from({ length: 64 }, work));
    expect(most).toBe(5);
    expect(await redis.dbsize()).toBe(0);
  });

  test('a place of somebody who died comes back, at its time and not before', async () => {
    await limiter.lease(TENANT, 'peer', 2, 600_000);
    await limiter.lease(TENANT, 'peer', 2, 1);
    let lease: string | undefined;
    while (!lease) lease = await limiter.lease(TENANT, 'peer', 2, 600_000);
    expect(await limiter.lease(TENANT, 'peer', 2, 600_000)).toBeUndefined();
  });

  test('after the clock was set back, a lost place comes back within an hour', async () => {
    const key = `belay:1:places:{${TENANT}}:peer`;
    await redis.zadd(key, Date.now() + 365 * 24 * HOUR * 1000, 'lost');
    expect(await limiter.lease(TENANT, 'peer', 1, 1000)).toBeUndefined();
    expect(Number(await redis.zscore(key, 'lost'))).toBeLessThan(Date.now() + 2 * HOUR * 1000);
  });

  test('places of tenants and keys are apart, and of nobody else to give back', async () => {
    const lease = await limiter.lease(TENANT, 'a', 1, 600_000);
    await limiter.release(TENANT + 1, 'a', lease ?? '');
    await limiter.release(TENANT, 'b', lease ?? '');
    expect(await limiter.lease(TENANT, 'a', 1, 600_000)).toBeUndefined();
    expect(await limiter.lease(TENANT + 1, 'a', 1, 600_000)).toBeDefined();
    await expect(limiter.lease(TENANT, 'a', 1, 1e9)).rejects.toThrow(RangeError);
  });
});

describe('a Redis that fails', () => {
  const limit = slow('peer', 1000);
  let own: typeof server;
  let again: Awaited<ReturnType<typeof spawnRedis>> | undefined;
  let connection: Redis;
  beforeEach(async () => {
    own = await startRedis();
    connection = connectRedis({ redisUrl: undefined, sockets: own.sockets });
  });
  afterEach(() => {
    connection.disconnect();
    again?.kill('SIGKILL');
    own.stop();
  });
  const outcome = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'answered',
      (error: unknown) => (isDomainError(error) ? error.code : error),
    );

  test('law-3: killed under 64 callers, nobody is allowed anything until it is back', async () => {
    const caller = new CallLimiter(connection);
    await caller.take(TENANT, [limit]);
    const ends = Array.from({ length: 64 }, async () => {
      let end: unknown = 'answered';
      for (let turn = 0; turn < 1000 && end === 'answered'; turn += 1)
        end = await outcome(caller.take(TENANT, [limit]));
      return end;
    });
    own.child.kill('SIGKILL');
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['service.unavailable']));
    expect(await outcome(caller.lease(TENANT, 'peer', 1, 1000))).toBe('service.unavailable');
    await caller.release(TENANT, 'peer', 'lost');
    again = await spawnRedis(own.sockets);
    while ((await outcome(caller.take(TENANT, [limit]))) !== 'answered') await wait(20);
  });

  test('one that hangs is sent nothing more, and what it was sent before is all that counts afterwards', async () => {
    const caller = new CallLimiter(connection);
    await caller.take(TENANT, [limit]);
    own.child.kill('SIGSTOP');
    for (let turn = 0; turn < 20; turn += 1)
      expect(await outcome(caller.take(TENANT, [limit]))).toBe('service.unavailable');
    own.child.kill('SIGCONT');
    while ((await outcome(caller.take(TENANT, [limit]))) !== 'answered') await wait(20);
    let rest = 0;
    while ((await caller.take(TENANT, [limit])).allowed) rest += 1;
    expect(rest).toBeGreaterThanOrEqual(1000 - 5);
  });

  test('one that refuses to write allows nothing', async () => {
    await redis.config('SET', 'maxmemory', '1');
    expect(await outcome(limiter.take(TENANT, [limit]))).toBe('service.unavailable');
    await redis.config('SET', 'maxmemory', '0');
    expect(await outcome(limiter.take(TENANT, [limit]))).toBe('answered');
  });

  test('scripts that it forgot are sent again', async () => {
    await limiter.take(TENANT, [limit]);
    await redis.script('FLUSH');
    expect(await limiter.take(TENANT, [limit])).toEqual({ allowed: true });
  });
});

test('an answer that came while this process was busy for longer than it waits leaves nothing owed', async () => {
  const hasty = new CallLimiter(redis, 20);
  await redis.ping();
  for (let turn = 0; turn < 5; turn += 1) {
    const asked = hasty.take(TENANT, [slow('busy', 10)]).catch(() => undefined);
    const until = Date.now() + 100;
    while (Date.now() < until);
    await asked;
    await wait(5);
  }
  await expect(new CallLimiter(redis, PATIENT).take(TENANT, [slow('other', 10)])).resolves.toEqual({
    allowed: true,
  });
  // What one of them owes for good, it would be refused for.
  const afterwards = await hasty
    .take(TENANT, [slow('idle', 10)])
    .catch((error: { cause?: Error }) => error.cause);
  expect(String(afterwards)).not.toContain('still owes');
});
