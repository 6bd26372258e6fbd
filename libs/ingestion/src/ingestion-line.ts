import type { Database, Transaction } from '@belay/database';
import type { JobQueues } from '@belay/queue';
import { IngestionRepository, type WorkStage } from './ingestion.repository.js';

/** One of two jobs that a stage of a version has at most: while one runs, what comes meanwhile wakes the other. */
export type Call = 'a' | 'b';

/** A job: a version whose turn it is. */
export interface CalledVersion {
  readonly versionId: string;
  readonly call: Call;
}

/** The queue that runs one stage. */
export function stageQueue(stage: WorkStage): string {
  return `ingest.${stage}`;
}

/**
 * Whose turn it is. For each stage, the few oldest versions of each uploader are on its queue, whose jobs run in the
 * order in which they came; all others wait in Postgres until one of theirs has left the stage. So nobody waits for more
 * than a few documents of each other person, however many those have uploaded.
 */
export class IngestionLine {
  private readonly versions = new IngestionRepository();

  constructor(
    private readonly database: Database,
    private readonly queues: JobQueues,
    private readonly as: { readonly role: 'api' | 'worker'; readonly tenant: number },
  ) {}

  /**
   * Begins a version that was accepted just now, unless its uploader has too many before it. Never fails: it is accepted,
   * and called when everybody is.
   */
  async join(versionId: string): Promise<void> {
    try {
      const own = await this.read((tx) => this.versions.placeInLine(tx, versionId));
      if (own) await this.call(own.stage, versionId);
    } catch {
      return;
    }
  }

  /**
   * Calls whoever is next of a version's uploader where it has left a stage, and itself for the stage that it has come
   * to. Where that may be looking at it already, as it was before, it looks once more.
   */
  async moveUp(versionId: string, left: WorkStage, isSeen = false): Promise<void> {
    const first = await this.read((tx) => this.versions.firstInLineWith(tx, versionId));
    await Promise.all(
      first.map((called) => {
        if (called.versionId === versionId && isSeen) return this.callAgain(called.stage, versionId);
        if (called.versionId === versionId || called.stage === left)
          return this.call(called.stage, called.versionId);
        return undefined;
      }),
    );
  }

  /** Calls everybody whose turn it is: what Redis lost is found again here. Returns how many that are. */
  async rebuild(): Promise<number> {
    const first = await this.read((tx) => this.versions.firstInLine(tx));
    for (const { versionId, stage } of first) {
      await this.call(stage, versionId);
      // Of what is still being read, parts may be there.
      if (stage === 'parse') await this.call('index', versionId);
    }
    return first.length;
  }

  /** Puts a stage of a version on its queue, where this call of it is not there yet. */
  call(stage: WorkStage, versionId: string, call: Call = 'a'): Promise<void> {
    return this.queues.enqueue(stageQueue(stage), { versionId, call }, `${versionId}-${stage}-${call}`);
  }

  /** Has a stage look at a version once more that it may be looking at, as it was before. */
  async callAgain(stage: WorkStage, versionId: string): Promise<void> {
    await Promise.all([this.call(stage, versionId, 'a'), this.call(stage, versionId, 'b')]);
  }

  private read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ ...this.as, readOnly: true }, work);
  }
}
