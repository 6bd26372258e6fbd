/** So much at once, and so much more each second: a bound on what somebody sends. */
export class Intake {
  private left: number;
  private at = Date.now();

  constructor(
    private readonly most: number,
    private readonly aSecond: number,
  ) {
    this.left = most;
  }

  /** Whether an amount is within the bound; it is counted either way. */
  take(amount: number): boolean {
    const now = Date.now();
    const back = ((now - this.at) / 1000) * this.aSecond;
    this.left = Math.min(Math.max(this.most, this.left), this.left + back) - amount;
    this.at = now;
    return this.left >= 0;
  }

  /** What was asked for comes on top. */
  grant(amount: number): void {
    this.left += amount;
  }
}
