interface Waiting {
  readonly person: number;
  readonly start: () => void;
}

/**
 * Turns to work: so many at once, then whoever waits, one person after the other, so that a thousand questions of one
 * keep nobody else waiting for more than one of theirs.
 */
export class Turns {
  private working = 0;
  /** Of each person who waits, in the order of their turns. */
  private readonly queues = new Map<number, Waiting[]>();

  constructor(private readonly atOnce: number) {}

  /** How many of one person wait. */
  waitingOf(person: number): number {
    return this.queues.get(person)?.length ?? 0;
  }

  /** Does `work` when it is its person's turn. Throws what `signal` was aborted with where that happens before. */
  async of<T>(person: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.turn(person, signal);
    try {
      return await work();
    } finally {
      this.working -= 1;
      this.next();
    }
  }

  private async turn(person: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.working < this.atOnce) return void (this.working += 1);
    await new Promise<void>((resolve, reject) => {
      const waiting = { person, start: resolve };
      this.queues.set(person, [...(this.queues.get(person) ?? []), waiting]);
      signal?.addEventListener('abort', () => this.leave(waiting) && reject(signal.reason as Error), {
        once: true,
      });
    });
  }

  /** Whether it was still waiting. */
  private leave(gone: Waiting): boolean {
    const queue = this.queues.get(gone.person) ?? [];
    const left = queue.filter((waiting) => waiting !== gone);
    if (left.length > 0) this.queues.set(gone.person, left);
    else this.queues.delete(gone.person);
    return left.length < queue.length;
  }

  // Whoever had a turn goes behind the others.
  private next(): void {
    const [first] = this.queues;
    if (first === undefined) return;
    const [person, [waiting, ...others]] = first;
    this.queues.delete(person);
    if (others.length > 0) this.queues.set(person, others);
    this.working += 1;
    waiting?.start();
  }
}
