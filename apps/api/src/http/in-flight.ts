import { DomainError } from '@belay/errors';

// More than any page or command has at once, and few enough that others are not kept waiting.
const MOST = 64;

/** How many requests of one person are being answered: one person's thousand questions must not stop everybody's. */
export class InFlight {
  private readonly counts = new Map<number, number>();

  /** Counts a request until `response` is closed. Throws `request.too-many`. */
  admit(person: number, response: { once(event: 'close', listener: () => void): unknown }): void {
    const count = this.counts.get(person) ?? 0;
    if (count >= MOST) {
      const message = `${MOST} requests of yours are being answered already. Wait for one of them.`;
      throw new DomainError('request.too-many', message);
    }
    this.counts.set(person, count + 1);
    response.once('close', () => this.leave(person));
  }

  private leave(person: number): void {
    const count = (this.counts.get(person) ?? 1) - 1;
    if (count > 0) this.counts.set(person, count);
    else this.counts.delete(person);
  }
}
