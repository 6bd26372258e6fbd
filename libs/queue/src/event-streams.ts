import type { Redis } from './redis.js';

/** One event of a stream: `id` is the Redis stream id and serves as the SSE id. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

const LIFETIME_SECONDS = 600;

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

  /**
   * Events after `last` (exclusive; '0' for all) until `signal` aborts; null whenever none came for `wait` ms, also
   * while Redis cannot be reached.
   */
  async *read(
    stream: string,
    last: string,
    signal: AbortSignal,
    wait: number,
  ): AsyncGenerator<StreamEvent | null> {
    const reader = this.redis.duplicate();
    reader.on('error', () => undefined);
    const key = `belay:1:stream:${stream}`;
    let after = last;
    try {
      while (!signal.aborted) {
        const reading = reader.xread('BLOCK', wait, 'STREAMS', key, after).catch(() => null);
        const reply = await Promise.race([reading, silence(2 * wait)]);
        const entries = reply?.[0]?.[1] ?? [];
        if (entries.length === 0) yield null;
        for (const [id, fields] of entries) {
          after = id;
          yield { id, event: fields[1] ?? '', data: JSON.parse(fields[3] ?? 'null') as unknown };
        }
      }
    } finally {
      reader.disconnect();
    }
  }
}

const silence = (ms: number): Promise<null> =>
  new Promise((resolve) => setTimeout(() => resolve(null), ms).unref());
