import type { Redis } from './redis.js';

/** One event of a stream: `id` is the Redis stream id and serves as the SSE id. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

const LIFETIME_SECONDS = 600;
const BLOCK_MS = 1000;

/** Typed events in one Redis stream per answer. Who may read a stream is decided by the caller. */
export class EventStreams {
  constructor(private readonly redis: Redis) {}

  async append(stream: string, event: string, data: unknown): Promise<string> {
    const key = `belay:1:stream:${stream}`;
    const id = await this.redis.xadd(
      key,
      'MAXLEN',
      '~',
      1000,
      '*',
      'event',
      event,
      'data',
      JSON.stringify(data),
    );
    await this.redis.expire(key, LIFETIME_SECONDS);
    return id ?? '';
  }

  /** Events after `last` (exclusive; '0' for all), waiting for new ones until `done` says so or `signal` aborts. */
  async *read(stream: string, last: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const reader = this.redis.duplicate();
    let after = last;
    try {
      while (!signal.aborted) {
        const reply = await reader.xread('BLOCK', BLOCK_MS, 'STREAMS', `belay:1:stream:${stream}`, after);
        for (const [id, fields] of reply?.[0]?.[1] ?? []) {
          after = id;
          yield { id, event: fields[1] ?? '', data: JSON.parse(fields[3] ?? 'null') as unknown };
        }
      }
    } finally {
      reader.disconnect();
    }
  }
}
