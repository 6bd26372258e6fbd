import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';

export type Passed = 'timeout' | 'idle' | 'cancelled' | 'closed';

export interface Times {
  /** In all. */
  readonly totalMs: number;
  /** Without any sign that the server works on it; as long as `totalMs` where absent. */
  readonly idleMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The end of a request: when its time is over, when its server is silent for too long, when it is cancelled, or when its
 * connection is gone for good.
 */
export class Deadline {
  /** Why it has passed; undefined before. */
  passed: Passed | undefined;
  private readonly control = new AbortController();
  private readonly total: NodeJS.Timeout;
  private readonly idle: NodeJS.Timeout | undefined;
  private readonly cancel = (): void => this.pass('cancelled');

  constructor(private readonly times: Times) {
    const { totalMs, idleMs, signal } = times;
    this.total = setTimeout(() => this.pass('timeout'), totalMs);
    if (idleMs !== undefined) this.idle = setTimeout(() => this.pass('idle'), idleMs);
    signal?.addEventListener('abort', this.cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.control.signal;
  }

  /** A sign that the server works on it. */
  readonly seen = (): void => void this.idle?.refresh();

  /** That its answer cannot come any more. */
  readonly lost = (): void => this.pass('closed');

  clear(): void {
    clearTimeout(this.total);
    clearTimeout(this.idle);
    this.times.signal?.removeEventListener('abort', this.cancel);
  }

  private pass(why: Passed): void {
    this.passed ??= why;
    this.control.abort(new SdkError(SdkErrorCode.RequestTimeout, why));
  }
}
