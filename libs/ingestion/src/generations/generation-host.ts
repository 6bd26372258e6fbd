import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from '@belay/database';
import { DomainError, isDomainError } from '@belay/errors';
import { EmbeddingPool, type EmbeddingModel, hostEmbeddings } from '@belay/inference';
import type { JobQueues } from '@belay/queue';
import type { Logger } from '@belay/telemetry';
import { GenerationRepository, type GenerationRow } from './generation.repository.js';

/** A generation together with its running model. */
export interface HostedGeneration {
  readonly row: GenerationRow;
  readonly pool: EmbeddingPool;
}

interface Hosted {
  readonly pool: EmbeddingPool;
  readonly stop: () => Promise<void>;
  /** Since when no generation needs it, in milliseconds of the clock. */
  idleSince: number | undefined;
}

export interface HostOptions {
  readonly threads: number;
  /** The installed model of an id. Throws `inference.invalid-model`. */
  readonly load: (id: string) => EmbeddingModel;
  readonly log: Logger;
  /** How long a model stays loaded that no generation needs, for questions already under way. */
  readonly keepIdleMs?: number;
}

const TENANT = 1;
const KEEP_IDLE_MS = 60_000;
const WHILE_ASKED_MS = 5;
const LONGEST_WAIT_MS = 100;
const ANSWERS_WITHIN_MS = 20_000;

const keyOf = (model: { id: string; digest: string }): string => `${model.id}@${model.digest}`;
const keyOfRow = (row: GenerationRow): string => keyOf({ id: row.modelId, digest: row.modelDigest });

/**
 * Runs the models of all live generations in this process: loads one when its generation comes, lets it go some time
 * after the generation has gone. A model that cannot run is noted on its generation with the reason, and tried again.
 */
export class GenerationHost {
  private readonly repository = new GenerationRepository();
  private readonly hosted = new Map<string, Hosted>();
  private rows: GenerationRow[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly queues: JobQueues,
    private readonly options: HostOptions,
  ) {}

  /** Brings what runs in line with what there is. One call at a time; a second one waits for the first. */
  sync(): Promise<void> {
    this.running ??= this.bringInLine().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Every live generation whose model runs. */
  generations(): HostedGeneration[] {
    return this.rows.flatMap((row) => {
      const hosted = this.hosted.get(keyOfRow(row));
      return hosted ? [{ row, pool: hosted.pool }] : [];
    });
  }

  /** The active generation. Throws `inference.unavailable` while its model does not run. */
  async active(): Promise<HostedGeneration> {
    const rows = await this.inTenant((tx) => this.repository.list(tx));
    const row = rows.find(({ state }) => state === 'active');
    if (row && !this.hosted.has(keyOfRow(row))) await this.sync();
    const hosted = row && this.hosted.get(keyOfRow(row));
    if (!row || !hosted)
      throw new DomainError('inference.unavailable', row?.problem ?? 'The model of the index does not run.');
    return { row, pool: hosted.pool };
  }

  /** Lets questions go first, though never for ever. */
  async afterQuestions(): Promise<void> {
    const until = Date.now() + LONGEST_WAIT_MS;
    while ([...this.hosted.values()].some(({ pool }) => pool.isAsked) && Date.now() < until)
      await sleep(WHILE_ASKED_MS);
  }

  /** Replaces the threads of all models, one after another; nothing under way is lost. */
  async recycle(): Promise<void> {
    for (const { pool } of [...this.hosted.values()]) await pool.recycle();
  }

  async close(): Promise<void> {
    await this.running?.catch(() => undefined);
    for (const { pool } of this.hosted.values()) await pool.close();
    this.hosted.clear();
  }

  private async bringInLine(): Promise<void> {
    const rows = await this.inTenant((tx) => this.repository.list(tx));
    for (const row of rows) {
      const problem = await this.problemOf(row);
      if (problem === row.problem) continue;
      await this.inTenant((tx) => this.repository.saveProblem(tx, row.id, problem));
      if (problem !== null) this.options.log.warn('generation.model-does-not-run', { id: row.id, problem });
    }
    this.rows = rows;
    await this.letGo(new Set(rows.map(keyOfRow)));
  }

  /** Runs a generation's model where it does not run yet; why it cannot run, or null. */
  private async problemOf(row: GenerationRow): Promise<string | null> {
    const key = keyOfRow(row);
    try {
      const running = this.hosted.get(key)?.pool;
      const pool = running ?? this.open(row);
      const sound = await answers(pool, row.dimension);
      if (!running && sound) this.serve(key, pool);
      if (!running && !sound) await pool.close();
      return sound ? null : `The model ${row.modelId} is installed but does not run. Verify its files.`;
    } catch (error) {
      if (isDomainError(error)) return error.message;
      return `The files of the model ${row.modelId} cannot be read. Install it again.`;
    }
  }

  private open(row: GenerationRow): EmbeddingPool {
    const model = this.options.load(row.modelId);
    if (model.digest !== row.modelDigest || model.dimension !== row.dimension) {
      throw new DomainError(
        'inference.invalid-model',
        `The installed model ${row.modelId} is not the one that generation ${row.id} was made with. ` +
          'Restore that one, or build a generation with this one.',
      );
    }
    return new EmbeddingPool(model, this.options.threads);
  }

  private serve(key: string, pool: EmbeddingPool): void {
    this.hosted.set(key, { pool, stop: hostEmbeddings(this.queues, pool), idleSince: undefined });
    this.options.log.info('generation.model-runs', { model: pool.model.id });
  }

  private async letGo(needed: ReadonlySet<string>): Promise<void> {
    const now = Date.now();
    for (const [key, hosted] of this.hosted) {
      hosted.idleSince = needed.has(key) ? undefined : (hosted.idleSince ?? now);
      const keep = this.options.keepIdleMs ?? KEEP_IDLE_MS;
      if (hosted.idleSince === undefined || now - hosted.idleSince < keep) continue;
      this.hosted.delete(key);
      await hosted.stop();
      await hosted.pool.close();
    }
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'worker', tenant: TENANT }, work);
  }
}

/** Whether a model gives a vector of the right length in time. */
async function answers(pool: EmbeddingPool, dimension: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(
    (resolve) => (timer = setTimeout(resolve, ANSWERS_WITHIN_MS, undefined)),
  );
  try {
    const vectors = await Promise.race([pool.embed(['ready'], 'query', 'interactive'), late]);
    return vectors?.[0]?.length === dimension;
  } catch (error) {
    if (isDomainError(error)) return false;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
