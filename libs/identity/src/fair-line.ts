import { DomainError } from '@belay/errors';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: DomainError) => void;
}

/**
 * Lets a few do something at once, and the others in turn, one of each address after the other: whoever sends much keeps
 * nobody elsewhere waiting for more than one of theirs. Where as many wait as may, the last of the address that most
 * wait from gives way to one from where fewer do.
 */
export class FairLine {
  private busy = 0;
  private waiting = 0;
  /** Of each address that somebody waits from, in the order of their turns. */
  private readonly lines = new Map<string, Waiting[]>();

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /** Does `work` when it is its turn. Throws `request.too-many` where too many wait. */
  async of<T>(address: string, work: () => Promise<T>): Promise<T> {
    if (this.busy < this.atOnce) this.busy += 1;
    else await this.wait(address);
    try {
      return await work();
    } finally {
      this.next();
    }
  }

  private wait(address: string): Promise<void> {
    const line = this.lines.get(address) ?? [];
    if (this.waiting >= this.mostWaiting) this.makeRoom(line.length);
    return new Promise((start, refuse) => {
      this.lines.set(address, [...line, { start, refuse }]);
      this.waiting += 1;
    });
  }

  private makeRoom(own: number): void {
    const longest = [...this.lines.values()].reduce((most, line) =>
      line.length > most.length ? line : most,
    );
    if (longest.length <= own + 1) throw tooMany();
    this.waiting -= 1;
    longest.pop()?.refuse(tooMany());
  }

  // Whoever comes next takes over the place; others of the same address go behind those of the rest.
  private next(): void {
    const [first] = this.lines;
    if (first === undefined) return void (this.busy -= 1);
    const [address, [waiting, ...others]] = first;
    this.lines.delete(address);
    if (others.length > 0) this.lines.set(address, others);
    this.waiting -= 1;
    waiting?.start();
  }
}

const tooMany = (): DomainError =>
  new DomainError('request.too-many', 'Too many people sign in at this moment. Try again.');
