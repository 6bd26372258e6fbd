import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from '@belay/database';
import type { GenerationHost, HostedGeneration } from './generation-host.js';
import { GenerationRepository } from './generation.repository.js';
import { embedPassages, type PassageVectors } from './embed-passages.js';

const TENANT = 1;
// Passages that one statement looks through, and that one transaction fills: a few milliseconds each, because on the
// embedded database an open transaction keeps every question waiting.
const PAGE = 256;
const BATCH = 16;
// Of every turn this share is left to questions.
const REST = 0.15;
const LOOK_AGAIN_MS = 2000;

/** How far a generation has been looked through by rising ids, and when the end was last met. */
interface Cursor {
  after: number;
  endedAt: number;
}

/**
 * Adds the vectors that live generations lack. What is missing is read from the index itself, so that it goes on
 * wherever it was ended. Questions go first.
 */
export class GenerationFiller {
  private readonly repository = new GenerationRepository();
  private readonly cursors = new Map<number, Cursor>();

  constructor(
    private readonly database: Database,
    private readonly host: GenerationHost,
  ) {}

  /** Fills all generations, page by page in turn, until nothing is missing or `stopping` says so. */
  async fill(stopping: () => boolean): Promise<number> {
    let added = 0;
    for (let isMore = true; isMore && !stopping();) {
      isMore = false;
      for (const generation of this.host.generations()) {
        const filled = stopping() ? undefined : await this.fillPage(generation, stopping);
        isMore ||= filled !== undefined;
        added += filled ?? 0;
      }
    }
    return added;
  }

  /** Fills the next page; undefined where there is none. */
  private async fillPage(hosted: HostedGeneration, stopping: () => boolean): Promise<number | undefined> {
    const { id } = hosted.row;
    const cursor = this.cursors.get(id) ?? { after: 0, endedAt: 0 };
    this.cursors.set(id, cursor);
    const page = await this.inTenant((tx) =>
      this.repository.page(tx, id, cursor.after, PAGE, hosted.pool.model.sentences),
    );
    if (page.length === 0) return this.lookAgain(id, cursor);
    const missing = page.filter(({ filled }) => !filled).map(({ chunkId }) => chunkId);
    let added = 0;
    for (let start = 0; start < missing.length && !stopping(); start += BATCH)
      added += await this.fillBatch(hosted, missing.slice(start, start + BATCH));
    if (!stopping()) cursor.after = page.at(-1)?.chunkId ?? cursor.after;
    return added;
  }

  // What was committed out of the order of its ids lies before the cursor.
  private async lookAgain(id: number, cursor: Cursor): Promise<undefined> {
    if (Date.now() - cursor.endedAt < LOOK_AGAIN_MS) return;
    cursor.endedAt = Date.now();
    const progress = await this.inTenant((tx) => this.repository.progress(tx));
    if (progress.some((row) => row.id === id && row.filled < row.total)) cursor.after = 0;
  }

  private async fillBatch({ row, pool }: HostedGeneration, chunkIds: readonly number[]): Promise<number> {
    await this.host.afterQuestions();
    const started = performance.now();
    const passages = await this.inTenant((tx) => this.repository.texts(tx, chunkIds));
    const embedded = await embedPassages(pool, passages);
    const rows = passages.map(({ chunkId }, index) => ({ chunkId, ...(embedded[index] as PassageVectors) }));
    const added = await this.inTenant((tx) => this.repository.fill(tx, row.id, rows));
    await sleep((performance.now() - started) * REST);
    return added;
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'worker', tenant: TENANT }, work);
  }
}
