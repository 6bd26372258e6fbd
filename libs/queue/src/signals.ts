import type { Redis } from './redis.js';

const channelOf = (name: string): string => `belay:1:signal:${name}`;

/**
 * Tells other processes that something changed, and nothing of it: whoever listens looks for itself, under its own
 * rights. A signal may be lost, so that whoever listens looks now and then anyway. All listeners of a process share one
 * connection.
 */
export class Signals {
  private readonly listeners = new Map<string, Set<() => void>>();
  private reader: Redis | undefined;

  constructor(private readonly redis: Redis) {}

  /** Never rejects and keeps nobody waiting. */
  send(name: string): void {
    // What waits for Redis to come back would come too late to say anything.
    if (this.redis.status === 'ready') this.redis.publish(channelOf(name), '').catch(() => undefined);
  }

  /** Calls `listener` at each signal of this name, until what it gives back is called. */
  listen(name: string, listener: () => void): () => void {
    const channel = channelOf(name);
    const known = this.listeners.get(channel);
    const all = known ?? new Set();
    this.listeners.set(channel, all.add(listener));
    // What was said until then was said to nobody.
    if (!known)
      this.connection()
        .subscribe(channel)
        .then(() => listener())
        .catch(() => undefined);
    return () => {
      if (!all.delete(listener) || all.size > 0) return;
      this.listeners.delete(channel);
      this.reader?.unsubscribe(channel).catch(() => undefined);
    };
  }

  close(): void {
    this.reader?.disconnect();
  }

  private connection(): Redis {
    if (this.reader) return this.reader;
    this.reader = this.redis.duplicate();
    this.reader.on('error', () => undefined);
    this.reader.on('message', (channel: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener();
    });
    return this.reader;
  }
}
