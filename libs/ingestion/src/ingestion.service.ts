import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Database, Transaction } from '@belay/database';
import type { Originals } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import { type EmbeddingPool, embedQueue } from '@belay/inference';
import type { JobQueues } from '@belay/queue';
import { postingsOf } from '@belay/retrieval';
import type { Logger } from '@belay/telemetry';
import { chunkDocument } from './chunk.js';
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

interface StageJob {
  readonly versionId: string;
}

/** The queue that runs one stage. Embedding has the model's own ingest queue. */
export function stageQueue(stage: WorkStage, modelId: string): string {
  return stage === 'embed' ? embedQueue('ingest', modelId) : `ingest.${stage}`;
}

/** Puts one stage of a version on its queue; twice is once. */
export function wakeVersion(
  queues: JobQueues,
  modelId: string,
  versionId: string,
  stage: WorkStage,
): Promise<void> {
  return queues.enqueue(stageQueue(stage, modelId), { versionId }, `${versionId}-${stage}`);
}

/**
 * Parse → chunk → embed → index. Each stage reads what it needs from Postgres by id, writes its result and
 * the next stage in one transaction, and can be repeated at any time.
 */
export class IngestionService {
  private readonly versions = new IngestionRepository();
  private batches = 0;

  constructor(
    private readonly database: Database,
    private readonly queues: JobQueues,
    private readonly pool: EmbeddingPool,
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
      const queue = stageQueue(stage, this.pool.model.id);
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
    for (const { versionId, stage } of pending)
      await wakeVersion(this.queues, this.pool.model.id, versionId, stage);
    return pending.length;
  }

  private async run(
    stage: WorkStage,
    versionId: string,
    work: (version: PendingVersion) => Promise<WorkStage | undefined>,
    last: boolean,
  ): Promise<void> {
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
      if (next) await wakeVersion(this.queues, this.pool.model.id, versionId, next);
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
    const countTokens = (text: string): number => this.pool.countTokens(text);
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
    const texts = chunks.map((chunk) => [version.title, ...chunk.heading, chunk.text].join('\n'));
    const vectors = await this.pool.embed(texts, 'passage', 'ingest');
    const staged = chunks.map((chunk, index) => ({ ...chunk, vector: rounded(vectors[index]) }));
    await this.inTenant((tx) => this.versions.saveStaging(tx, version.versionId, 'embed', 'index', staged));
    return 'index';
  }

  // In small transactions, because on the embedded database an open one keeps every question waiting. A first
  // version is found as it grows; a later one replaces the former at once, when it is complete.
  private async index(version: PendingVersion): Promise<undefined> {
    const staged = await this.inTenant((tx) => this.versions.staging(tx, version.versionId));
    for (let isComplete = false; !isComplete;) {
      isComplete = await this.inTenant((tx) => this.indexBatch(tx, version, staged));
      if (!isComplete) await this.refreshStatistics();
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

  /** Writes the next chunks of a version; true where none was left. */
  private async indexBatch(
    tx: Transaction,
    version: PendingVersion,
    staged: readonly StagedChunk[],
  ): Promise<boolean> {
    const place = await this.versions.lockDocument(tx, version.documentId);
    const generation = await this.versions.activeGeneration(tx);
    if (!place || !generation) throw new Error('the document or the index is gone');
    const done = await this.versions.indexed(tx, version.versionId);
    if (done >= staged.length) return true;
    const language = (await this.versions.language(tx, version.versionId)) ?? 'und';
    const target = { ...version, ...place, language, generation: generation.id };
    await this.writeIndex(tx, target, staged.slice(done, done + BATCH));
    await this.versions.makeCurrent(tx, version, true);
    return false;
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

// halfvec keeps about three digits; more would only make staging larger.
function rounded(vector: Float32Array | undefined): number[] {
  return Array.from(vector ?? [], (value) => Number(value.toPrecision(5)));
}
