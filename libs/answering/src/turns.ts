import { DomainError, isDomainError } from '@belay/errors';

interface Waiting {
  readonly person: number;
  readonly start: () => void;
  readonly fail: (error: unknown) => void;
}

const RETRY_MS = 10_000;
// Failures further apart than this have nothing to do with one another.
const ONE_OUTAGE_MS = 10_000;

/**
 * Turns to work: so many at once, then whoever waits, one person after the other, so that a thousand questions of one
 * keep nobody else waiting for more than one of theirs. Nobody waits for longer than `longestMs`, nor for what has just
 * failed as often in a row as there is work at once, because no model answers.
 */
export class Turns {
  private working = 0;
  /** Of each person who waits, in the order of their turns. */
  private readonly queues = new Map<number, Waiting[]>();

  /** Work that no model answered, since any was done. */
  private unanswered = 0;
  private lastUnanswered = 0;

  constructor(
    private readonly atOnce: number,
    private readonly longestMs: number,
  ) {}

  /** How many of one person wait. */
  waitingOf(person: number): number {
    return this.queues.get(person)?.length ?? 0;
  }

  /**
   * Does `work` when it is its person's turn. Before that it throws what `signal` was aborted with, or
   * `service.unavailable` after the longest wait.
   */
  async of<T>(person: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.turn(person, signal);
    try {
      const done = await work();
      this.unanswered = 0;
      return done;
    } catch (error) {
      if (isDomainError(error, 'inference.unavailable')) this.notice(error);
      throw error;
    } finally {
      this.working -= 1;
      this.next();
    }
  }

  // Each of those who wait would find out by itself what all of these have, one after the other.
  private notice(error: DomainError): void {
    const now = Date.now();
    this.unanswered = now - this.lastUnanswered > ONE_OUTAGE_MS ? 1 : this.unanswered + 1;
    this.lastUnanswered = now;
    if (this.unanswered < this.atOnce) return;
    const waiting = [...this.queues.values()].flat();
    this.queues.clear();
    for (const { fail } of waiting) fail(error);
  }

  private async turn(person: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.working < this.atOnce) return void (this.working += 1);
    let timer: NodeJS.Timeout | undefined;
    let leave = (): void => undefined;
    const turn = new Promise<void>((start, fail) => {
      const waiting = { person, start, fail };
      this.queues.set(person, [...(this.queues.get(person) ?? []), waiting]);
      const give = (reason: () => unknown): void => void (this.leave(waiting) && fail(reason()));
      leave = () => give(() => signal?.reason);
      signal?.addEventListener('abort', leave, { once: true });
      timer = setTimeout(() => give(() => tooLate(this.longestMs)), this.longestMs);
    });
    await turn.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
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

function tooLate(waitedMs: number): DomainError {
  const waited = `It waited for its turn for ${Math.round(waitedMs / 1000)} seconds, because of the many before it.`;
  return new DomainError('service.unavailable', `${waited} Ask again in a while.`, {
    retryAfterMs: RETRY_MS,
  });
}
