const REST_MS = 10 * 60_000;

/** What came of a look at the memory of this process, in bytes. */
export interface MemoryLook {
  readonly outcome: 'below' | 'resting' | 'recycled' | 'still-above';
  readonly before: number;
  readonly after: number;
}

/** Has something recycled when the process holds more memory than `limit` bytes, and not again before it has rested. */
export class MemoryWatermark {
  private rests = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly limit: number,
    private readonly read: () => number = () => process.memoryUsage.rss(),
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** One look. Memory that recycling does not give back is no reason to recycle without a pause. */
  async look(recycle: () => Promise<void>): Promise<MemoryLook> {
    const before = this.read();
    if (before <= this.limit) return { outcome: 'below', before, after: before };
    if (this.clock() < this.rests) return { outcome: 'resting', before, after: before };
    this.rests = this.clock() + REST_MS;
    await recycle();
    const after = this.read();
    return { outcome: after <= this.limit ? 'recycled' : 'still-above', before, after };
  }
}
