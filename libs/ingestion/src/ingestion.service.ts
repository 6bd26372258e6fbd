import { basename } from 'node:path';
import type { Database, Transaction } from '@belay/database';
import type { Originals } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import type { JobQueues } from '@belay/queue';
import type { Logger } from '@belay/telemetry';
import type { GenerationHost } from './generations/generation-host.js';
import { IngestionRepository, type PendingVersion, type WorkStage } from './ingestion.repository.js';
import { detectLanguage } from './language.js';
import { refuseTooLarge } from './parse.js';
import { parseInParts } from './parse-process.js';
import type { Part } from './part.js';
import { PartIndexer } from './part-indexer.js';
import { PartRepository } from './part.repository.js';

const TENANT = 1;
const MOST_ATTEMPTS = 6;
// A document whose pages can be read one by one lets others read theirs after this long.
const TURN_MS = 20_000;
const READ_BY_PAGE = /\.pdf$/i;

interface StageJob {
  readonly versionId: string;
}

/** The queue that runs one stage. */
export function stageQueue(stage: WorkStage): string {
  return `ingest.${stage}`;
}

/** Puts one stage of a version on its queue; the same step twice is once. */
export function wakeVersion(
  queues: JobQueues,
  versionId: string,
  stage: WorkStage,
  step: number | string = 'next',
): Promise<void> {
  return queues.enqueue(stageQueue(stage), { versionId }, `${versionId}-${stage}-${step}`);
}

/**
 * Reads a version part by part, and at the same time cuts, embeds and indexes the parts that are there. A part is
 * stored in one transaction and indexed in a few small ones, so that nothing holds a whole document and each process
 * may be killed at any time. A first version is found as it grows; a later one replaces the former at once.
 */
export class IngestionService {
  private readonly versions = new IngestionRepository();
  private readonly parts = new PartRepository();
  private readonly indexer: PartIndexer;
  /** Work of this process by stage and version; true where it was woken again meanwhile. */
  private readonly running = new Map<string, boolean>();

  constructor(
    private readonly database: Database,
    private readonly queues: JobQueues,
    private readonly models: GenerationHost,
    private readonly log: Logger,
    private readonly originals: Originals,
  ) {
    this.indexer = new PartIndexer((work) => this.inTenant(work), models);
  }

  /** Serves every stage in this process. */
  host(): void {
    const stages: Record<WorkStage, (version: PendingVersion) => Promise<void>> = {
      parse: (version) => this.parse(version),
      index: (version) => this.index(version),
    };
    for (const [stage, work] of Object.entries(stages) as [WorkStage, (typeof stages)[WorkStage]][]) {
      this.queues.handle<StageJob, void>(
        stageQueue(stage),
        ({ versionId }, attempt) => this.alone(stage, versionId, work, attempt.last),
        2,
      );
    }
  }

  /** Puts every unfinished version back on its queue: what Redis lost is found again here. */
  async rebuildJobs(): Promise<number> {
    const pending = await this.inTenant((tx) => this.versions.pending(tx));
    for (const { versionId, stage } of pending) {
      await wakeVersion(this.queues, versionId, stage);
      if (stage === 'parse') await wakeVersion(this.queues, versionId, 'index');
    }
    return pending.length;
  }

  /** One at a time for a stage of a version; whoever comes meanwhile makes it look once more for work. */
  private async alone(
    stage: WorkStage,
    versionId: string,
    work: (version: PendingVersion) => Promise<void>,
    last: boolean,
  ): Promise<void> {
    const key = `${stage} ${versionId}`;
    if (this.running.has(key)) return void this.running.set(key, true);
    this.running.set(key, false);
    try {
      await this.run(stage, versionId, work, last);
    } finally {
      const again = this.running.get(key);
      this.running.delete(key);
      if (again) await wakeVersion(this.queues, versionId, stage, `again-${Date.now()}`);
    }
  }

  private async run(
    stage: WorkStage,
    versionId: string,
    work: (version: PendingVersion) => Promise<void>,
    last: boolean,
  ): Promise<void> {
    // While its model does not run, a version waits without an attempt; its job is made again.
    if (stage !== 'parse') await this.models.active();
    const version = await this.inTenant((tx) => this.versions.claim(tx, versionId, stage));
    if (!version) return;
    try {
      // A document that ends its worker each time is given up with a reason, not tried for ever.
      if (version.attempts > MOST_ATTEMPTS) {
        throw new DomainError(
          'documents.malformed',
          `The ${stage} stage ended ${MOST_ATTEMPTS} times without a result.`,
        );
      }
      await work(version);
    } catch (error) {
      const { name, code: sqlState } = error as { name?: string; code?: string };
      this.log.warn('ingestion.stage-failed', { stage, versionId, code: codeOf(error), name, sqlState });
      const final = isDomainError(error) && error.code.startsWith('documents.');
      if (!final && !last) throw error;
      const detail = isDomainError(error)
        ? error.message
        : `The ${stage} stage failed. Retry; if it fails again, see the worker's log.`;
      await this.fail(version, codeOf(error), detail);
    }
  }

  // What was found of it so far is out of sight with the failure itself; its chunks go in small transactions.
  private async fail(version: PendingVersion, code: string, detail: string): Promise<void> {
    await this.inTenant(async (tx) => {
      await this.versions.lockDocument(tx, version.documentId);
      if ((await this.versions.fail(tx, version.versionId, code, detail)) === 0) return;
      await this.versions.withdraw(tx, version);
      await this.parts.clear(tx, version.versionId);
    });
    await this.indexer.clear(version);
  }

  private async parse(version: PendingVersion): Promise<void> {
    const from = await this.inTenant((tx) => this.parts.resume(tx, version.versionId));
    // What a failed reading before this one may have left.
    if (from.ordinal === 0) await this.indexer.clear(version);
    refuseTooLarge(version.path, await this.inTenant((tx) => this.versions.size(tx, version.versionId)));
    const original = await this.inTenant((tx) => this.versions.original(tx, version.versionId));
    if (!original) return;
    const bytes = await this.originals.read(original);
    const turn = READ_BY_PAGE.test(version.path) ? Date.now() + TURN_MS : Infinity;
    for await (const part of parseInParts(bytes, version.path, from)) {
      if (!(await this.inTenant((tx) => this.store(tx, version, part)))) return;
      await wakeVersion(this.queues, version.versionId, 'index', part.ordinal);
      if (Date.now() > turn) return wakeVersion(this.queues, version.versionId, 'parse', part.ordinal);
    }
    await this.inTenant((tx) => this.versions.endParsing(tx, version.versionId));
    await wakeVersion(this.queues, version.versionId, 'index', 'end');
  }

  /** Stores a part; false where somebody else did, or the version is gone. */
  private async store(tx: Transaction, version: PendingVersion, part: Part): Promise<boolean> {
    const language = detectLanguage(part.text);
    if ((await this.parts.insert(tx, version, { ...part, language })) === 0) return false;
    if (part.ordinal === 0) await this.parts.setLanguage(tx, version.versionId, language);
    if (part.title) await this.versions.entitle(tx, version.documentId, basename(version.path), part.title);
    await this.versions.progressed(tx, version.versionId);
    return true;
  }

  // A part a turn, so that a large document lets small ones pass.
  private async index(version: PendingVersion): Promise<void> {
    const { versionId } = version;
    if (await this.indexer.indexNext(version)) {
      this.running.set(`index ${versionId}`, true);
      return;
    }
    if (version.stage !== 'index') return;
    await this.inTenant((tx) => this.versions.makeCurrent(tx, version, false));
    await this.indexer.clearOlder(version);
    await this.inTenant((tx) => this.versions.finish(tx, versionId));
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'worker', tenant: TENANT }, work);
  }
}

function codeOf(error: unknown): string {
  return isDomainError(error) ? error.code : 'internal';
}
