import { randomUUID } from 'node:crypto';
import { Accepted, Collection, Document, IngestionProgress } from '@belay/contracts';
import type { CorpusDocument } from '@belay/evaluation';
import { z } from 'zod';
import { CliError } from '../failure.js';
import { type ApiClient, ApiError } from '../http/api-client.js';
import { inParallel } from '../in-parallel.js';

const Documents = z.object({ documents: z.array(Document) });
const REQUESTS_AT_ONCE = 4;
const LONGEST_TITLE = 300;
const POLL_MS = 500;
const FAILURES_SHOWN = 5;

/** What a trial needs of its surroundings. */
export interface Trial {
  readonly api: ApiClient;
  readonly corpus: readonly CorpusDocument[];
  readonly note: (line: string) => void;
  /** Aborted when the person interrupts the command. */
  readonly interrupted: AbortSignal;
}

/**
 * Runs `work` over the corpus in a private collection of the caller's, made by ordinary uploads and deleted
 * afterwards, whatever happens.
 */
export async function inTrialCollection<Result>(
  trial: Trial,
  work: (collection: TrialCollection) => Promise<Result>,
): Promise<Result> {
  const collection = new TrialCollection(trial);
  try {
    await collection.create();
    await collection.fill();
    return await work(collection);
  } finally {
    await collection.delete();
  }
}

/** A throw-away collection with the way back from its documents to those of the corpus. */
export class TrialCollection {
  readonly name = `eval-${randomUUID()}`;
  private readonly corpusIds = new Map<string, string>();
  private readonly documentIds = new Map<string, string>();
  private created = false;

  constructor(private readonly trial: Trial) {}

  /** The corpus id of a document of this collection. */
  corpusId(documentId: string): string | undefined {
    return this.corpusIds.get(documentId);
  }

  /** The document of a corpus id; undefined where the corpus holds no text for it. */
  documentId(corpusId: string): string | undefined {
    return this.documentIds.get(corpusId);
  }

  /** Throws when the person has interrupted the command. */
  continue(): void {
    if (this.trial.interrupted.aborted) throw new CliError('Interrupted.');
  }

  /** Runs `work` for every item, several at a time, until the person interrupts. */
  each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
    return inParallel(items, REQUESTS_AT_ONCE, (item) => {
      this.continue();
      return work(item);
    });
  }

  async create(): Promise<void> {
    this.continue();
    const body = { name: this.name, title: 'Evaluation (deleted when it ends)' };
    await this.trial.api.call('collections', Collection, { method: 'POST', body });
    this.created = true;
  }

  /** Uploads every document that holds text and waits until all of them are ready. */
  async fill(): Promise<void> {
    const { corpus, note } = this.trial;
    const documents = corpus.filter(({ title, text }) => `${title}${text}`.trim() !== '');
    const blank = corpus.length - documents.length;
    if (blank > 0) note(`${blank} documents of the corpus are empty and are left out.`);
    note(`Uploading ${documents.length} documents …`);
    const started = performance.now();
    await this.each([...documents.entries()], ([index, document]) => this.upload(index, document));
    note(`  uploaded in ${seconds(started)} s`);
    await this.waitUntilReady(documents.length);
    note(`  ready after ${seconds(started)} s`);
  }

  /** Removes every document, then the collection. Throws, naming it, when something is left behind. */
  async delete(): Promise<void> {
    if (!this.created) return;
    const { api, note } = this.trial;
    note('Deleting the collection …');
    try {
      await this.deleteDocuments([...this.corpusIds.keys()]);
      // An upload whose answer was lost is known to the server only.
      await this.deleteDocuments((await this.list()).map((document) => document.id));
      await api.run(`collections/${this.name}`, { method: 'DELETE' });
    } catch (error) {
      const left = `The collection "${this.name}" could not be deleted and is still there`;
      throw new CliError(`${left}: ${(error as Error).message}`);
    }
  }

  private async upload(index: number, { _id, title, text }: CorpusDocument): Promise<void> {
    const form = new FormData();
    form.set('collection', this.name);
    form.set('path', `${index}.txt`);
    if (title.trim() !== '') form.set('title', title.slice(0, LONGEST_TITLE));
    // What does not fit a title, and what has nothing but one, is read as text.
    const whole = title.length > LONGEST_TITLE || text.trim() === '' ? `${title}\n\n${text}` : text;
    form.set('file', new Blob([whole]), `${index}.txt`);
    const { id } = await this.trial.api.call('documents', Accepted, { method: 'POST', form });
    this.corpusIds.set(id, _id);
    this.documentIds.set(_id, id);
  }

  private async waitUntilReady(total: number): Promise<void> {
    const { api, note } = this.trial;
    for (let shown = total; ;) {
      this.continue();
      const { waiting, failed } = await api.call(
        `ingestion/progress?collection=${this.name}`,
        IngestionProgress,
      );
      if (waiting === 0) return failed > 0 ? this.refuseFailures(failed) : undefined;
      if (shown - waiting >= total / 10) note(`  ${waiting} of ${total} documents still to be read …`);
      if (shown - waiting >= total / 10) shown = waiting;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  // A figure over a part of the corpus would not be the corpus's.
  private async refuseFailures(failed: number): Promise<never> {
    const reasons = (await this.list())
      .filter((document) => document.stage === 'failed')
      .slice(0, FAILURES_SHOWN)
      .map((document) => `${this.corpusId(document.id) ?? document.path}: ${document.error?.detail ?? ''}`);
    throw new CliError(`${failed} documents could not be read. ${reasons.join(' · ')}`);
  }

  private async list(): Promise<Document[]> {
    const path = `documents?limit=2000&collection=${this.name}`;
    return (await this.trial.api.call(path, Documents)).documents;
  }

  private async deleteDocuments(ids: readonly string[]): Promise<void> {
    await inParallel(ids, REQUESTS_AT_ONCE, async (id) => {
      try {
        await this.trial.api.run(`documents/${id}`, { method: 'DELETE' });
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'not-found')) throw error;
      }
    });
  }
}

const seconds = (started: number): string => ((performance.now() - started) / 1000).toFixed(1);
