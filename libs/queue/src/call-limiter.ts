import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { DomainError } from '@belay/errors';
import { LEASE, TAKE } from './limit-scripts.js';
import type { Redis } from './redis.js';

/** At most `calls` in `perSeconds` seconds, evenly, and `burst` of them at once. One key, one limit. */
export interface Limit {
  readonly key: string;
  readonly calls: number;
  readonly perSeconds: number;
  readonly burst: number;
}

/** Whether it was taken; `limit` is the key of the limit that takes longest to allow it. */
export type Taken =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterMs: number; readonly limit: string };

/** Places of a kind, of which there are so many at once. */
export interface PlaceKind {
  readonly key: string;
  readonly most: number;
}

/** The id of what was taken, or the key of the kind that has no place left. */
export type Leased = { readonly lease: string } | { readonly full: string };

const PATIENCE_MS = 700;
const LONGEST_LEASE_MS = 3_600_000;
// Lua counts in doubles: time in µs and the longest wait together stay exact below 2^53.
const LONGEST_WAIT_US = 2 ** 52;

/**
 * Limits of calls that all processes share. Redis decides by its own clock in one step, so that no number of callers
 * together gets one call too many. When it does not answer within a second, nothing is allowed: every method but
 * `release` throws `service.unavailable`.
 */
export class CallLimiter {
  /** What Redis has been asked and has not answered in time: nothing more is sent until it has. */
  private overdue = 0;

  constructor(
    private readonly redis: Redis,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** Takes `cost` calls from every one of the limits, or from none. A refused call costs nothing. */
  async take(tenant: number, limits: readonly Limit[], cost = 1): Promise<Taken> {
    const intervals = limits.map((limit) => intervalOf(limit, cost));
    if (new Set(limits.map(({ key }) => key)).size < limits.length)
      throw new TypeError('Two limits have one key.');
    const rates = limits.flatMap(({ burst }, index) => [intervals[index] ?? 0, burst]);
    const keys = limits.map(({ key }) => `belay:1:rate:{${tenant}}:${key}`);
    const [wait, slowest] = (await this.run(TAKE, keys, [cost, ...rates])) as [string, number];
    if (wait === '0') return { allowed: true };
    return {
      allowed: false,
      retryAfterMs: Math.ceil(Number(wait) / 1000),
      limit: limits[slowest - 1]?.key ?? '',
    };
  }

  /** One of `most` places at once, by an id for `release`; undefined when all are taken. It ends after `ttlMs`. */
  async lease(tenant: number, key: string, most: number, ttlMs: number): Promise<string | undefined> {
    const leased = await this.leaseAll(tenant, [{ key, most }], ttlMs);
    return 'lease' in leased ? leased.lease : undefined;
  }

  /** A place of each kind or of none: then it says which kind has none left. */
  async leaseAll(tenant: number, kinds: readonly PlaceKind[], ttlMs: number): Promise<Leased> {
    if (!(ttlMs >= 1 && ttlMs <= LONGEST_LEASE_MS))
      throw new RangeError(`A lease lasts 1 to ${LONGEST_LEASE_MS} ms.`);
    const lease = randomUUID();
    const keys = kinds.map(({ key }) => placesOf(tenant, key));
    const given = [lease, Math.ceil(ttlMs), LONGEST_LEASE_MS, ...kinds.map(({ most }) => most)];
    const full = (await this.run(LEASE, keys, given)) as number;
    return full === 0 ? { lease } : { full: kinds[full - 1]?.key ?? '' };
  }

  /** Gives a place back. Where Redis cannot be asked, the lease ends by itself. */
  release(tenant: number, key: string, lease: string): Promise<void> {
    return this.releaseAll(tenant, [key], lease);
  }

  async releaseAll(tenant: number, keys: readonly string[], lease: string): Promise<void> {
    const places = keys.map((key) => placesOf(tenant, key));
    await this.inTime(() => Promise.all(places.map((place) => this.redis.zrem(place, lease)))).catch(
      () => undefined,
    );
  }

  private run(
    script: string,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown> {
    return this.inTime(async () => {
      try {
        return await this.redis.evalsha(digestOf(script), keys.length, ...keys, ...values);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return await this.redis.eval(script, keys.length, ...keys, ...values);
      }
    });
  }

  // What is sent while Redis is away would be carried out when it is back, for callers who are long gone.
  private async inTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const patience = new AbortController();
    const timer = setTimeout(() => {
      // An answer that came while this process was busy is read before this.
      setImmediate(() => patience.abort());
    }, this.patienceMs);
    try {
      if (this.overdue > 0) throw new Error('Redis still owes an answer.');
      if (this.redis.status !== 'ready') await once(this.redis, 'ready', { signal: patience.signal });
      return await this.before(patience.signal, ask());
    } catch (cause) {
      throw unavailable(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  private async before<Answer>(end: AbortSignal, asked: Promise<Answer>): Promise<Answer> {
    let [isLate, isSettled] = [false, false];
    end.throwIfAborted();
    const late = new Promise<never>((_, reject) => {
      end.addEventListener('abort', () => {
        // It may come after the answer: nothing is owed then, and nothing would ever take it back.
        if (isSettled) return;
        isLate = true;
        this.overdue += 1;
        reject(new Error('Redis did not answer in time.'));
      });
    });
    const settled = (): void => {
      isSettled = true;
      if (isLate) this.overdue -= 1;
    };
    asked.then(settled, settled);
    return await Promise.race([asked, late]);
  }
}

// One hash tag a tenant, so that all limits of a call lie on one node of a cluster.
const placesOf = (tenant: number, key: string): string => `belay:1:places:{${tenant}}:${key}`;

const digests = new Map<string, string>();
function digestOf(script: string): string {
  const known = digests.get(script) ?? createHash('sha1').update(script).digest('hex');
  digests.set(script, known);
  return known;
}

/** The µs between two calls, rounded up: never a call too many. Throws RangeError for what is no limit. */
export function intervalOf({ key, calls, perSeconds, burst }: Limit, cost: number): number {
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  const interval = Math.ceil((perSeconds * 1e6) / calls);
  if (![calls, burst, cost, interval].every(isCount) || interval * burst > LONGEST_WAIT_US)
    throw new RangeError(`The limit ${key} is none.`);
  if (cost > burst) throw new RangeError(`The limit ${key} never allows ${cost} calls at once.`);
  return interval;
}

const unavailable = (cause: unknown): DomainError =>
  new DomainError(
    'service.unavailable',
    'Limits cannot be checked at the moment, so nothing is called. Check `./belay status` and try again.',
    { cause },
  );
