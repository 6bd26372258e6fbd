import { join } from 'node:path';
import type { Config } from '@belay/config';
import { Redis } from 'ioredis';

export type { Redis } from 'ioredis';

/** A connection to the configured Redis: its URL, else the private server's Unix socket. */
export function connectRedis(config: Pick<Config, 'redisUrl' | 'sockets'>): Redis {
  const options = { maxRetriesPerRequest: null, enableReadyCheck: true, lazyConnect: false };
  const redis = config.redisUrl
    ? new Redis(config.redisUrl, options)
    : new Redis({ path: join(config.sockets, 'redis.sock'), ...options });
  // ioredis reconnects by itself; an unhandled error event would end the process instead.
  redis.on('error', () => undefined);
  return redis;
}
