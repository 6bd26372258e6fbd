import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from '@belay/database';
import type { HostedGeneration } from './generations/generation-host.js';
import { GenerationRepository } from './generations/generation.repository.js';
import { IngestionRepository, type PendingVersion } from './ingestion.repository.js';
import { PartRepository } from './part.repository.js';
import { type Passage, preparePassages } from './prepare-passages.js';

// Chunks that one transaction indexes: a thousand or two of postings, some hundredths of a second. On the embedded
// database an open one keeps every question waiting.
const BATCH = 32;

// How long a batch waits while the last vectors before a cut-over are added.
const SETTLING_MS = 200;

type Waiting = NonNullable<Awaited<ReturnType<PartRepository['next']>>>;
type Written = 'written' | 'taken over' | 'outdated' | 'settling';

/**
 * Cuts, embeds and indexes a version part by part. Whole parts that were written stay. One that was interrupted, or
 * that another model became the active one in the midst of, is made again: models cut texts at different places.
 */
export class PartIndexer {
  private readonly versions = new IngestionRepository();
  private readonly parts = new PartRepository();
  private readonly generations = new GenerationRepository();
  private batches = 0;

  constructor(private readonly inTenant: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>) {}

  /** Indexes the next part of a version with a model; true where another one may wait. */
  async indexNext(version: PendingVersion, { row, pool }: HostedGeneration): Promise<boolean> {
    const part = await this.inTenant((tx) => this.next(tx, version));
    if (!part) return false;
    if (part === 'skipped') return true;
    if (part.chunksWithin > 0) await this.clear(version, part.start);
    const passages = await preparePassages(part, version.title, pool);
    return !((await this.write(version, part, passages, row.id)) && part.isLast);
  }

  /** Removes the chunks of a version that begin at `from` or later. */
  clear(version: PendingVersion, from = 0): Promise<void> {
    return this.inSteps(version, (tx) => this.versions.clearChunks(tx, version, BATCH, from));
  }

  /** Makes a version that is indexed whole the current one, and removes the chunks of those that it replaces. */
  finish(version: PendingVersion): Promise<void> {
    return this.inSteps(version, async (tx) => {
      await this.versions.makeCurrent(tx, version, false);
      const removed = await this.versions.clearOlder(tx, version, BATCH);
      if (removed === 0) await this.versions.finish(tx, version.versionId);
      return removed;
    });
  }

  // Under the lock: of two that choose the same rows, the second would find none and take it for the end.
  private async inSteps(version: PendingVersion, step: (tx: Transaction) => Promise<number>): Promise<void> {
    const locked = async (tx: Transaction): Promise<number> => {
      await this.versions.lockDocument(tx, version.documentId);
      return step(tx);
    };
    while ((await this.inTenant(locked)) > 0);
  }

  // The text of an overtaken version is kept, for citations of it may exist; nobody is to find it any more.
  private async next(tx: Transaction, version: PendingVersion): Promise<Waiting | 'skipped' | undefined> {
    const part = await this.parts.next(tx, version.versionId);
    if (!part || !(await this.versions.isOvertaken(tx, version))) return part;
    await this.parts.finish(tx, version.versionId, part.ordinal);
    await this.versions.progressed(tx, version.versionId);
    return 'skipped';
  }

  /** Writes a part; false where another worker goes on with it, or another model is the active one now. */
  private async write(
    version: PendingVersion,
    part: Waiting,
    passages: readonly Passage[],
    generation: number,
  ): Promise<boolean> {
    for (let done = 0; done <= passages.length;) {
      const batch = passages.slice(done, done + BATCH);
      const isLast = done + BATCH > passages.length;
      const state = await this.inTenant(async (tx) => {
        const written = await this.writeBatch(tx, version, batch, {
          generation,
          done: part.chunksBefore + done,
        });
        if (written === 'written' && isLast) await this.parts.finish(tx, version.versionId, part.ordinal);
        return written;
      });
      if (state === 'taken over' || state === 'outdated') return false;
      if (state === 'settling') await sleep(SETTLING_MS);
      else {
        await this.refreshStatistics();
        done += BATCH;
      }
    }
    return true;
  }

  /** Writes the next chunks, unless the index has moved on since they were made. */
  private async writeBatch(
    tx: Transaction,
    version: PendingVersion,
    passages: readonly Passage[],
    made: { readonly generation: number; readonly done: number },
  ): Promise<Written> {
    const place = await this.versions.lockDocument(tx, version.documentId);
    await this.generations.lockShared(tx);
    if (await this.generations.isSettling(tx)) return 'settling';
    const generation = await this.versions.activeGeneration(tx);
    if (!place || !generation) throw new Error('the document or the index is gone');
    if (generation.id !== made.generation) return 'outdated';
    if ((await this.parts.indexed(tx, version.versionId)) !== made.done) return 'taken over';
    if (!(await this.versions.isUnderWay(tx, version.versionId))) return 'taken over';
    if (await this.versions.isOvertaken(tx, version)) return 'taken over';
    const target = { ...version, ...place, generation: generation.id };
    if (passages.length > 0) await this.writeIndex(tx, target, passages);
    await this.versions.makeCurrent(tx, version, true);
    await this.versions.progressed(tx, version.versionId);
    return 'written';
  }

  private async writeIndex(
    tx: Transaction,
    target: PendingVersion & { scopeId: number; generation: number },
    passages: readonly Passage[],
  ): Promise<void> {
    const rows = passages.map(({ ordinal, start, end, page, heading, language, length, text }) => ({
      ordinal,
      start,
      end,
      page,
      heading,
      language,
      length,
      text,
    }));
    const ids = new Map(
      (await this.versions.insertChunks(tx, target, rows)).map((row) => [row.ordinal, row.id]),
    );
    const postings = {
      termIds: [] as string[],
      chunkIds: [] as number[],
      frequencies: [] as number[],
      lengths: [] as number[],
    };
    for (const { ordinal, postings: own, length } of passages) {
      for (const posting of own) {
        postings.termIds.push(posting.termId);
        postings.chunkIds.push(ids.get(ordinal) ?? 0);
        postings.frequencies.push(posting.frequency);
        postings.lengths.push(length);
      }
    }
    await this.versions.insertPostings(tx, target.scopeId, postings);
    const vectors = passages.map(({ ordinal, vectors: own }) => ({ chunkId: ids.get(ordinal) ?? 0, ...own }));
    await this.versions.insertVectors(tx, target, vectors);
  }

  // Each time the index has doubled since this process began: the planner needs the order of magnitude only.
  private async refreshStatistics(): Promise<void> {
    this.batches += 1;
    if (!Number.isInteger(Math.log2(this.batches))) return;
    await this.inTenant((tx) => this.versions.refreshStatistics(tx));
  }
}
