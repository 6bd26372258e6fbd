import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from '@belay/database';
import type { JobQueues } from '@belay/queue';
import { IngestionRepository, type VersionInLine, type WorkStage } from './ingestion.repository.js';

/** A job: a version whose turn it is. A stage of one has two at most, of which one runs. */
export interface CalledVersion {
  readonly versionId: string;
}

// Who uploads does not wait longer for a Redis that does not answer.
const PATIENCE_MS = 2000;

/** The queue that runs one stage. */
export function stageQueue(stage: WorkStage): string {
  return `ingest.${stage}`;
}

/**
 * Whose turn it is. For each stage, the few oldest versions that each person uploaded are on its queue, whose jobs run in
 * the order in which they came; all others wait in Postgres until one of theirs has left the stage. So nobody waits for
 * more than a few documents of each other person, however many those have uploaded. None of this fails what it is called
 * for: who is not called now is called by the next rebuild.
 */
export class IngestionLine {
  private readonly versions = new IngestionRepository();

  constructor(
    private readonly database: Database,
    private readonly queues: JobQueues,
    private readonly as: { readonly role: 'api' | 'worker'; readonly tenant: number },
  ) {}

  /** Has a version read that was accepted just now, unless its uploader has too many before it. */
  async join(versionId: string): Promise<void> {
    const calling = unfailing(async () => {
      const isFirst = await this.read((tx) => this.versions.isAmongFirst(tx, versionId));
      if (isFirst) await this.call('parse', versionId, true);
    });
    await Promise.race([calling, sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Calls whoever is next of a version's uploader where it has left a stage, and itself for the one that it has come to. */
  moveUp(versionId: string, left: WorkStage): Promise<void> {
    return this.callFirst(versionId, (one) => one.stage === left || one.versionId === versionId);
  }

  /** Has a version looked at by a stage that has something more to do of it, if it is its turn. */
  goOn(versionId: string, stage: WorkStage): Promise<void> {
    return this.callFirst(versionId, (one) => one.stage === stage && one.versionId === versionId);
  }

  /** Calls everybody whose turn it is: what Redis lost is found again here. */
  async rebuild(): Promise<void> {
    const first = await this.read((tx) => this.versions.firstInLine(tx));
    for (const { versionId, stage } of first) {
      await this.call(stage, versionId, false);
    }
  }

  private callFirst(versionId: string, isMeant: (one: VersionInLine) => boolean): Promise<void> {
    return unfailing(async () => {
      const first = await this.read((tx) => this.versions.firstInLine(tx, versionId));
      const called = first.filter(isMeant);
      await Promise.all(
        called.map((one) => this.call(one.stage, one.versionId, one.versionId === versionId)),
      );
    });
  }

  // One that waits will see what there is. One that runs may have looked before it came, where there is something new.
  private async call(stage: WorkStage, versionId: string, isNew: boolean): Promise<void> {
    const queue = stageQueue(stage);
    const [a, b] = (['a', 'b'] as const).map((call) => `${versionId}-${stage}-${call}`) as [string, string];
    const states = await Promise.all([this.queues.stateOf(queue, a), this.queues.stateOf(queue, b)]);
    if (states.includes('waiting') || (!isNew && states.includes('running'))) return;
    await this.queues.enqueue(queue, { versionId }, states[0] === 'running' ? b : a);
  }

  private read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ ...this.as, readOnly: true }, work);
  }
}

async function unfailing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    return;
  }
}
