import { basename } from 'node:path';
import type { Database, Transaction } from '@belay/database';
import type { OriginalRow, Originals } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import type { JobQueues } from '@belay/queue';
import type { Logger } from '@belay/telemetry';
import type { GenerationHost, HostedGeneration } from './generations/generation-host.js';
import { IngestionRepository, type PendingVersion, type WorkStage } from './ingestion.repository.js';
import { type CalledVersion, type IngestionLine, stageQueue } from './ingestion-line.js';
import { detectLanguage } from './language.js';
import { refuseTooLarge } from './parse.js';
import { parseInParts } from './parse-process.js';
import type { Part, Resume } from './part.js';
import { PartIndexer } from './part-indexer.js';
import { PartRepository } from './part.repository.js';

const TENANT = 1;
const MOST_ATTEMPTS = 6;
// A document whose pages can be read one by one lets others read theirs after this long.
const TURN_MS = 20_000;
const READ_BY_PAGE = /\.pdf$/i;

/** What a stage does, and what it waits for before it claims a version. */
interface Stage<Needed> {
  readonly name: WorkStage;
  readonly needs: () => Promise<Needed>;
  readonly work: (version: PendingVersion, needed: Needed) => Promise<void>;
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
    private readonly line: IngestionLine,
    private readonly models: GenerationHost,
    private readonly log: Logger,
    private readonly originals: Originals,
    private readonly defaultLanguage?: string,
  ) {
    this.indexer = new PartIndexer((work) => this.inTenant(work));
  }

  /** Serves every stage in this process. */
  host(): void {
    this.serve({
      name: 'parse',
      needs: () => Promise.resolve(),
      work: (version) => this.parse(version),
    });
    // While its model does not run, a version waits without an attempt; its job is made again.
    this.serve({
      name: 'index',
      needs: () => this.models.active(),
      work: (version, model) => this.index(version, model),
    });
  }

  private serve<Needed>(stage: Stage<Needed>): void {
    const { name } = stage;
    this.queues.handle<CalledVersion, void>(
      stageQueue(name),
      ({ versionId }, attempt) => this.alone(name, versionId, () => this.run(stage, versionId, attempt.last)),
      2,
    );
  }

  /** One at a time for a stage of a version; whoever comes meanwhile makes it look once more for work. */
  private async alone(stage: WorkStage, versionId: string, work: () => Promise<void>): Promise<void> {
    const key = `${stage} ${versionId}`;
    if (this.running.has(key)) return void this.running.set(key, true);
    this.running.set(key, false);
    try {
      await work();
    } finally {
      const again = this.running.get(key);
      this.running.delete(key);
      if (again) await this.line.goOn(versionId, stage);
    }
  }

  private async run<Needed>(
    { name: stage, needs, work }: Stage<Needed>,
    versionId: string,
    last: boolean,
  ): Promise<void> {
    const needed = await needs();
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
      await work(version, needed);
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

  // What was found of it so far is out of sight with the failure itself; its chunks go in small transactions. One that is
  // ready, or has failed, is left as it is: whoever fails it may not have heard that it was finished.
  private async fail(version: PendingVersion, code: string, detail: string): Promise<void> {
    const hasFailed = await this.inTenant(async (tx) => {
      await this.versions.lockDocument(tx, version.documentId);
      if ((await this.versions.fail(tx, version.versionId, code, detail)) === 0) return false;
      await this.versions.withdraw(tx, version);
      await this.parts.clear(tx, version.versionId);
      return true;
    });
    if (hasFailed) await this.indexer.clear(version);
    await this.line.moveUp(version.versionId, version.stage);
  }

  // A part is stored when the next one is there: the last one ends the parsing in the same transaction.
  private async parse(version: PendingVersion): Promise<void> {
    const { versionId, path } = version;
    const opened = await this.inTenant((tx) => this.open(tx, version));
    if (!opened) return;
    if (opened.hasLeftovers) await this.indexer.clear(version);
    const bytes = await this.originals.read(opened.original);
    const turn = READ_BY_PAGE.test(path) ? Date.now() + TURN_MS : Infinity;
    let last: Part | undefined;
    for await (const part of parseInParts(bytes, path, opened.from)) {
      if (last && !(await this.store(version, last))) return;
      last = part;
      if (Date.now() < turn) continue;
      if (await this.store(version, part)) this.lookAgain('parse', versionId);
      return;
    }
    const isStored = await this.inTenant(async (tx) => {
      if (last && !(await this.insert(tx, version, last))) return false;
      await this.versions.endParsing(tx, versionId);
      return true;
    });
    if (isStored) await this.line.moveUp(versionId, 'parse');
  }

  private async open(
    tx: Transaction,
    { versionId, path }: PendingVersion,
  ): Promise<{ from: Resume; hasLeftovers: boolean; original: OriginalRow } | undefined> {
    const from = await this.parts.resume(tx, versionId);
    // What a failed reading before this one may have left.
    const hasLeftovers = from.ordinal === 0 && (await this.parts.indexed(tx, versionId)) > 0;
    refuseTooLarge(path, await this.versions.size(tx, versionId));
    const original = await this.versions.original(tx, versionId);
    return original && { from, hasLeftovers, original };
  }

  private async store(version: PendingVersion, part: Part): Promise<boolean> {
    const isStored = await this.inTenant((tx) => this.insert(tx, version, part));
    if (isStored) await this.line.goOn(version.versionId, 'index');
    return isStored;
  }

  /** Writes a part; false where somebody else did, or the version is gone. */
  private async insert(tx: Transaction, version: PendingVersion, part: Part): Promise<boolean> {
    const { versionId } = version;
    const around = part.ordinal === 0 ? this.defaultLanguage : await this.parts.languageOf(tx, versionId);
    const language = detectLanguage(part.text, around);
    if ((await this.parts.insert(tx, version, { ...part, language })) === 0) return false;
    if (part.ordinal === 0) await this.parts.setLanguage(tx, versionId, language);
    if (part.title) await this.versions.entitle(tx, version.documentId, basename(version.path), part.title);
    await this.versions.progressed(tx, versionId);
    return true;
  }

  // A part a turn, so that a large document lets small ones pass.
  private async index(version: PendingVersion, model: HostedGeneration): Promise<void> {
    const { versionId, stage } = version;
    if (await this.indexer.indexNext(version, model)) return this.lookAgain('index', versionId);
    if (stage !== 'index') return;
    await this.indexer.finish(version);
    await this.line.moveUp(versionId, 'index');
  }

  /** After its turn, at the end of the queue. */
  private lookAgain(stage: WorkStage, versionId: string): void {
    this.running.set(`${stage} ${versionId}`, true);
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'worker', tenant: TENANT }, work);
  }
}

function codeOf(error: unknown): string {
  return isDomainError(error) ? error.code : 'internal';
}
