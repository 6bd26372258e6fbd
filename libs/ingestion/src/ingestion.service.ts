import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from '@belay/database';
import type { Originals } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import type { JobQueues } from '@belay/queue';
import { postingsOf } from '@belay/retrieval';
import type { Logger } from '@belay/telemetry';
import { chunkDocument } from './chunk.js';
import type { GenerationHost } from './generations/generation-host.js';
import { GenerationRepository } from './generations/generation.repository.js';
import { passageText, rounded } from './generations/passage-text.js';
import {
  IngestionRepository,
  type PendingVersion,
  type StagedChunk,
  type WorkStage,
} from './ingestion.repository.js';
import { parseInProcess } from './parse-process.js';

const TENANT = 1;
const MOST_ATTEMPTS = 6;
const MOST_CHUNKS = 20_000;
// Chunks that one transaction indexes: some thousands of postings, a tenth of a second.
const BATCH = 64;
// How long a batch waits while the last vectors before a cut-over are added.
const SETTLING_MS = 200;

interface StageJob {
  readonly versionId: string;
}

/** The queue that runs one stage. */
export function stageQueue(stage: WorkStage): string {
  return `ingest.${stage}`;
}

/** Puts one stage of a version on its queue; twice is once. */
export function wakeVersion(queues: JobQueues, versionId: string, stage: WorkStage): Promise<void> {
  return queues.enqueue(stageQueue(stage), { versionId }, `${versionId}-${stage}`);
}

/**
 * Parse → chunk → embed → index. Each stage reads what it needs from Postgres by id, writes its result and
 * the next stage in one transaction, and can be repeated at any time.
 */
export class IngestionService {
  private readonly versions = new IngestionRepository();
  private readonly generations = new GenerationRepository();
  private batches = 0;

  constructor(
    private readonly database: Database,
    private readonly queues: JobQueues,
    private readonly models: GenerationHost,
    private readonly log: Logger,
    private readonly originals: Originals,
  ) {}

  /** Serves every stage in this process. */
  host(): void {
    const stages: Record<WorkStage, (version: PendingVersion) => Promise<WorkStage | undefined>> = {
      parse: (version) => this.parse(version),
      chunk: (version) => this.chunk(version),
      embed: (version) => this.embed(version),
      index: (version) => this.index(version),
    };
    for (const [stage, work] of Object.entries(stages) as [WorkStage, (typeof stages)[WorkStage]][]) {
      const queue = stageQueue(stage);
      this.queues.handle<StageJob, void>(
        queue,
        ({ versionId }, attempt) => this.run(stage, versionId, work, attempt.last),
        2,
      );
    }
  }

  /** Puts every unfinished version back on its queue: what Redis lost is found again here. */
  async rebuildJobs(): Promise<number> {
    const pending = await this.inTenant((tx) => this.versions.pending(tx));
    for (const { versionId, stage } of pending) await wakeVersion(this.queues, versionId, stage);
    return pending.length;
  }

  private async run(
    stage: WorkStage,
    versionId: string,
    work: (version: PendingVersion) => Promise<WorkStage | undefined>,
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
      const next = await work(version);
      if (next) await wakeVersion(this.queues, versionId, next);
    } catch (error) {
      const { name, code: sqlState } = error as { name?: string; code?: string };
      this.log.warn('ingestion.stage-failed', { stage, versionId, code: codeOf(error), name, sqlState });
      const final = isDomainError(error) && error.code.startsWith('documents.');
      if (!final && !last) throw error;
      const detail = isDomainError(error)
        ? error.message
        : `The ${stage} stage failed. Retry; if it fails again, see the worker's log.`;
      await this.inTenant((tx) => this.versions.fail(tx, versionId, codeOf(error), detail));
    }
  }

  private async parse(version: PendingVersion): Promise<WorkStage | undefined> {
    const original = await this.inTenant((tx) => this.versions.original(tx, version.versionId));
    if (!original) return undefined;
    const bytes = await this.originals.read(original);
    const parsed = await parseInProcess(bytes, version.path);
    const sha256 = createHash('sha256').update(parsed.text, 'utf8').digest('hex');
    const { title } = parsed;
    await this.inTenant(async (tx) => {
      await this.versions.saveParsed(tx, version.versionId, parsed, sha256);
      if (title) await this.versions.entitle(tx, version.documentId, basename(version.path), title);
    });
    return 'chunk';
  }

  private async chunk(version: PendingVersion): Promise<WorkStage | undefined> {
    const parsed = await this.inTenant((tx) => this.versions.parsed(tx, version.versionId));
    if (!parsed) return undefined;
    const { pool } = await this.models.active();
    const countTokens = (text: string): number => pool.countTokens(text);
    const chunks = chunkDocument(
      { title: null, mediaType: '', ...parsed },
      { target: 160, cap: 192, countTokens },
    );
    if (chunks.length > MOST_CHUNKS) {
      throw new DomainError(
        'documents.too-large',
        `The document has more than ${MOST_CHUNKS} passages. Split it.`,
      );
    }
    if (chunks.length === 0) throw new DomainError('documents.empty', 'The document holds no text.');
    await this.inTenant((tx) => this.versions.saveStaging(tx, version.versionId, 'chunk', 'embed', chunks));
    return 'embed';
  }

  private async embed(version: PendingVersion): Promise<WorkStage | undefined> {
    const chunks = await this.inTenant((tx) => this.versions.staging(tx, version.versionId));
    const staged = await this.withVectors(version, chunks);
    await this.inTenant((tx) => this.versions.saveStaging(tx, version.versionId, 'embed', 'index', staged));
    return 'index';
  }

  // In small transactions, because on the embedded database an open one keeps every question waiting. A first
  // version is found as it grows; a later one replaces the former at once, when it is complete.
  private async index(version: PendingVersion): Promise<undefined> {
    let staged = await this.inTenant((tx) => this.versions.staging(tx, version.versionId));
    for (let isComplete = false; !isComplete;) {
      const state = await this.inTenant((tx) => this.indexBatch(tx, version, staged));
      isComplete = state === 'complete';
      if (state === 'settling') await sleep(SETTLING_MS);
      if (state === 'more') await this.refreshStatistics();
      // Another model is the active one since they were embedded.
      if (state === 'outdated') staged = await this.withVectors(version, staged);
    }
    await this.inTenant((tx) => this.versions.makeCurrent(tx, version, false));
    while ((await this.inTenant((tx) => this.versions.clearOlder(tx, version, BATCH))) > 0);
    await this.inTenant((tx) => this.versions.finish(tx, version.versionId));
    return undefined;
  }

  // Each time the index has doubled since this process began: the planner needs the order of magnitude only.
  private async refreshStatistics(): Promise<void> {
    this.batches += 1;
    if (!Number.isInteger(Math.log2(this.batches))) return;
    await this.inTenant((tx) => this.versions.refreshStatistics(tx));
  }

  /** Chunks with vectors of the generation that is active now. */
  private async withVectors(version: PendingVersion, chunks: readonly StagedChunk[]): Promise<StagedChunk[]> {
    const { row, pool } = await this.models.active();
    const texts = chunks.map((chunk) => passageText(version.title, chunk.heading, chunk.text));
    const vectors = await pool.embed(texts, 'passage', 'ingest');
    return chunks.map((chunk, index) => ({ ...chunk, vector: rounded(vectors[index]), generation: row.id }));
  }

  /** Writes the next chunks of a version, unless their vectors are not those of the active generation. */
  private async indexBatch(
    tx: Transaction,
    version: PendingVersion,
    staged: readonly StagedChunk[],
  ): Promise<'complete' | 'more' | 'outdated' | 'settling'> {
    const place = await this.versions.lockDocument(tx, version.documentId);
    await this.generations.lockShared(tx);
    if (await this.generations.isSettling(tx)) return 'settling';
    const generation = await this.versions.activeGeneration(tx);
    if (!place || !generation) throw new Error('the document or the index is gone');
    const done = await this.versions.indexed(tx, version.versionId);
    if (done >= staged.length) return 'complete';
    const batch = staged.slice(done, done + BATCH);
    if (batch.some((chunk) => chunk.generation !== generation.id)) return 'outdated';
    const language = (await this.versions.language(tx, version.versionId)) ?? 'und';
    await this.writeIndex(tx, { ...version, ...place, language, generation: generation.id }, batch);
    await this.versions.makeCurrent(tx, version, true);
    return 'more';
  }

  private async writeIndex(
    tx: Transaction,
    target: PendingVersion & { scopeId: number; language: string; generation: number },
    staged: readonly StagedChunk[],
  ): Promise<void> {
    const analysed = staged.map((chunk) => ({
      chunk,
      ...postingsOf(chunk.text, chunk.heading, target.title, target.language),
    }));
    const rows = analysed.map(({ chunk, length }) => ({ ...chunk, vector: undefined, length }));
    const ids = new Map(
      (await this.versions.insertChunks(tx, target, rows)).map((row) => [row.ordinal, row.id]),
    );
    const postings = {
      termIds: [] as string[],
      chunkIds: [] as number[],
      frequencies: [] as number[],
      lengths: [] as number[],
    };
    for (const { chunk, postings: own, length } of analysed) {
      for (const posting of own) {
        postings.termIds.push(posting.termId);
        postings.chunkIds.push(ids.get(chunk.ordinal) ?? 0);
        postings.frequencies.push(posting.frequency);
        postings.lengths.push(length);
      }
    }
    await this.versions.insertPostings(tx, target.scopeId, postings);
    const vectors = staged.map((chunk) => ({
      chunkId: ids.get(chunk.ordinal) ?? 0,
      vector: chunk.vector ?? [],
    }));
    await this.versions.insertVectors(tx, target, vectors);
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'worker', tenant: TENANT }, work);
  }
}

function codeOf(error: unknown): string {
  return isDomainError(error) ? error.code : 'internal';
}
