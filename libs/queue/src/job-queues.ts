import { DomainError } from '@belay/errors';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import type { Redis } from './redis.js';

/** Handles one job; the payload was written by our own processes. A thrown error is retried with backoff. */
export type JobHandler<Payload, Result> = (payload: Payload, attempt: { last: boolean }) => Promise<Result>;

const ATTEMPTS = 3;

/**
 * BullMQ queues by name on one Redis. Jobs carry ids, never document text. A finished or failed job leaves
 * nothing behind: Postgres holds what was accepted, and jobs are rebuilt from it.
 */
export class JobQueues {
  private readonly queues = new Map<string, Queue>();
  private readonly events = new Map<string, QueueEvents>();
  private readonly workers = new Set<Worker>();

  constructor(
    private readonly redis: Redis,
    private readonly prefix = 'belay:1',
  ) {}

  /** Adds a job unless one with this id waits or runs already. */
  async enqueue(queue: string, payload: object, id?: string): Promise<void> {
    await this.queue(queue).add(queue, payload, {
      ...(id === undefined ? {} : { jobId: id }),
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: 500 },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  /** Whether a job waits or runs; neither where there is none with this id. */
  async stateOf(queue: string, id: string): Promise<'waiting' | 'running' | undefined> {
    const state = await this.queue(queue).getJobState(id);
    if (state === 'active') return 'running';
    return state === 'waiting' || state === 'delayed' || state === 'prioritized' ? 'waiting' : undefined;
  }

  /**
   * Adds a job and waits for its result. Throws `inference.unavailable` when none came within `deadline`
   * milliseconds; a job not started by then is dropped by its handler.
   */
  async request<Result>(queue: string, payload: object, deadline: number): Promise<Result> {
    const expires = Date.now() + deadline;
    const work = this.requestBefore<Result>(queue, { ...payload, expires }, deadline);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new DomainError('inference.unavailable', LATE)), deadline);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  private async requestBefore<Result>(queue: string, payload: object, deadline: number): Promise<Result> {
    const events = this.queueEvents(queue);
    await events.waitUntilReady();
    const job = await this.queue(queue).add(queue, payload, {
      removeOnComplete: { age: 60 },
      removeOnFail: { age: 60 },
    });
    try {
      return (await job.waitUntilFinished(events, deadline)) as Result;
    } catch (cause) {
      throw new DomainError('inference.unavailable', LATE, { cause });
    }
  }

  /**
   * Runs `handler` for jobs of `queue` in this process, `concurrency` at a time, until the function that it returns
   * is called; that waits for running jobs.
   * @param mostStalled how often a job is begun again whose process ended; 0 where it may be what ended it
   */
  handle<Payload, Result>(
    queue: string,
    handler: JobHandler<Payload, Result>,
    concurrency = 1,
    mostStalled = 10,
  ): () => Promise<void> {
    const run = (job: Job): Promise<Result> => {
      const { expires } = job.data as { expires?: number };
      if (expires !== undefined && expires < Date.now()) throw new Error('expired before it started');
      return handler(job.data as Payload, { last: job.attemptsMade + 1 >= (job.opts.attempts ?? 1) });
    };
    const worker = new Worker(queue, run, {
      connection: this.redis,
      prefix: this.prefix,
      concurrency,
      // A job whose process was killed is given to another within seconds.
      lockDuration: 10_000,
      stalledInterval: 5000,
      maxStalledCount: mostStalled,
      drainDelay: 2,
    });
    worker.on('error', () => undefined);
    this.workers.add(worker);
    return async () => {
      this.workers.delete(worker);
      await worker.close();
    };
  }

  /** Waits for running jobs to end, then closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.close()));
    await Promise.all([...this.events.values(), ...this.queues.values()].map((entry) => entry.close()));
  }

  private queue(name: string): Queue {
    const known = this.queues.get(name);
    if (known) return known;
    const queue = new Queue(name, { connection: this.redis, prefix: this.prefix });
    queue.on('error', () => undefined);
    this.queues.set(name, queue);
    return queue;
  }

  private queueEvents(name: string): QueueEvents {
    const known = this.events.get(name);
    if (known) return known;
    const events = new QueueEvents(name, { connection: this.redis, prefix: this.prefix });
    events.on('error', () => undefined);
    this.events.set(name, events);
    return events;
  }
}

const LATE = 'No worker answered in time. Check `./belay status` and try again.';
