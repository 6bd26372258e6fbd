import type { Redis } from './redis.js';

/** A fixed window counter: at most `limit` calls of one key in `seconds`. */
export class RateLimiter {
  constructor(private readonly redis: Redis) {}

  /** True when this call is within the limit. */
  async take(key: string, limit: number, seconds: number): Promise<boolean> {
    const name = nameOf(key);
    const [[, count] = []] = (await this.redis.multi().incr(name).expire(name, seconds, 'NX').exec()) ?? [];
    return Number(count) <= limit;
  }

  /** How often a key was taken in the time that runs. */
  async count(key: string): Promise<number> {
    return Number(await this.redis.get(nameOf(key)));
  }
}

const nameOf = (key: string): string => `belay:1:limit:${key}`;
