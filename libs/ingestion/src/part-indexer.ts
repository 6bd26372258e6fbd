import type { Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { EmbeddingPool } from '@belay/inference';
import { postingsOf } from '@belay/retrieval';
import { type Chunk, chunkPart } from './chunk.js';
import { IngestionRepository, type PendingVersion } from './ingestion.repository.js';
import { languageOfPassage } from './language.js';
import { PartRepository } from './part.repository.js';

const MOST_CHUNKS = 60_000;
// Chunks that one transaction indexes: some thousands of postings, a tenth of a second. On the embedded database an
// open one keeps every question waiting.
const BATCH = 64;

type Waiting = NonNullable<Awaited<ReturnType<PartRepository['next']>>>;
type Passage = Chunk & { readonly language: string; readonly vector: readonly number[] };

/** Cuts, embeds and indexes a version part by part. What was written stays; it goes on where it was interrupted. */
export class PartIndexer {
  private readonly versions = new IngestionRepository();
  private readonly parts = new PartRepository();
  private batches = 0;

  constructor(
    private readonly inTenant: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>,
    private readonly pool: EmbeddingPool,
  ) {}

  /** Indexes the next part of a version; false where none waits. */
  async indexNext(version: PendingVersion): Promise<boolean> {
    const part = await this.inTenant((tx) => this.parts.next(tx, version.versionId));
    if (!part) return false;
    const countTokens = (text: string): number => this.pool.countTokens(text);
    const chunks = chunkPart(part, { target: 160, cap: 192, countTokens });
    if (part.chunksBefore + chunks.length > MOST_CHUNKS) {
      throw new DomainError(
        'documents.too-large',
        `The document has more than ${MOST_CHUNKS} passages. Split it.`,
      );
    }
    const waiting = chunks.slice(part.chunksWithin);
    const passages = await this.embed(version, part.language, waiting);
    const numbered = passages.map((passage) => ({
      ...passage,
      ordinal: passage.ordinal + part.chunksBefore,
    }));
    await this.write(version, part, numbered);
    return true;
  }

  /** Writes what is left of a part; ends early where another worker goes on with it. */
  private async write(version: PendingVersion, part: Waiting, passages: readonly Passage[]): Promise<void> {
    const first = part.chunksBefore + part.chunksWithin;
    for (let done = 0; done <= passages.length; done += BATCH) {
      const batch = passages.slice(done, done + BATCH);
      const isLast = done + BATCH > passages.length;
      const isOurs = await this.inTenant(async (tx) => {
        if (!(await this.writeBatch(tx, version, batch, first + done))) return false;
        if (isLast) await this.parts.finish(tx, version.versionId, part.ordinal);
        return true;
      });
      if (!isOurs) return;
      await this.refreshStatistics();
    }
  }

  private async embed(
    version: PendingVersion,
    language: string,
    chunks: readonly Chunk[],
  ): Promise<Passage[]> {
    const texts = chunks.map((chunk) => [version.title, ...chunk.heading, chunk.text].join('\n'));
    const vectors = await this.pool.embed(texts, 'passage', 'ingest');
    return chunks.map((chunk, index) => ({
      ...chunk,
      language: languageOfPassage(chunk.text, language),
      vector: Array.from(vectors[index] ?? []),
    }));
  }

  /** Writes the next chunks; false where the index has moved on since they were made. */
  private async writeBatch(
    tx: Transaction,
    version: PendingVersion,
    passages: readonly Passage[],
    done: number,
  ): Promise<boolean> {
    const place = await this.versions.lockDocument(tx, version.documentId);
    const generation = await this.versions.activeGeneration(tx);
    if (!place || !generation) throw new Error('the document or the index is gone');
    if ((await this.parts.indexed(tx, version.versionId)) !== done) return false;
    if (!(await this.versions.isUnderWay(tx, version.versionId))) return false;
    const target = { ...version, ...place, generation: generation.id };
    if (passages.length > 0) await this.writeIndex(tx, target, passages);
    await this.versions.makeCurrent(tx, version, true);
    await this.versions.progressed(tx, version.versionId);
    return true;
  }

  private async writeIndex(
    tx: Transaction,
    target: PendingVersion & { scopeId: number; generation: number },
    passages: readonly Passage[],
  ): Promise<void> {
    const analysed = passages.map((passage) => ({
      passage,
      ...postingsOf(passage.text, passage.heading, target.title, passage.language),
    }));
    const rows = analysed.map(({ passage, length }) => ({ ...passage, vector: undefined, length }));
    const ids = new Map(
      (await this.versions.insertChunks(tx, target, rows)).map((row) => [row.ordinal, row.id]),
    );
    const postings = {
      termIds: [] as string[],
      chunkIds: [] as number[],
      frequencies: [] as number[],
      lengths: [] as number[],
    };
    for (const { passage, postings: own, length } of analysed) {
      for (const posting of own) {
        postings.termIds.push(posting.termId);
        postings.chunkIds.push(ids.get(passage.ordinal) ?? 0);
        postings.frequencies.push(posting.frequency);
        postings.lengths.push(length);
      }
    }
    await this.versions.insertPostings(tx, target.scopeId, postings);
    const vectors = passages.map(({ ordinal, vector }) => ({ chunkId: ids.get(ordinal) ?? 0, vector }));
    await this.versions.insertVectors(tx, target, vectors);
  }

  // Each time the index has doubled since this process began: the planner needs the order of magnitude only.
  private async refreshStatistics(): Promise<void> {
    this.batches += 1;
    if (!Number.isInteger(Math.log2(this.batches))) return;
    await this.inTenant((tx) => this.versions.refreshStatistics(tx));
  }
}
