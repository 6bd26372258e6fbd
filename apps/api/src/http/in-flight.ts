import { DomainError } from '@belay/errors';
import { type Closing, whenClosed } from './closing.js';

const RETRY_MS = 1000;

/** How many requests of one person are being answered: one person's thousand questions must not stop everybody's. */
export class InFlight {
  private readonly counts = new Map<number, number>();

  constructor(
    private readonly most: number,
    private readonly what: string,
  ) {}

  /**
   * Counts a request until `response` is closed. Throws `request.too-many`, and `request.invalid` where it is closed
   * already: it would be counted for good, and nobody waits for what it asks.
   */
  admit(person: number, response: Closing): void {
    const count = this.counts.get(person) ?? 0;
    if (count >= this.most) {
      const message = `${this.most} ${this.what} already. Wait for one of them.`;
      throw new DomainError('request.too-many', message, { retryAfterMs: RETRY_MS });
    }
    whenClosed(response, () => this.leave(person));
    this.counts.set(person, count + 1);
  }

  private leave(person: number): void {
    const count = (this.counts.get(person) ?? 1) - 1;
    if (count > 0) this.counts.set(person, count);
    else this.counts.delete(person);
  }
}
