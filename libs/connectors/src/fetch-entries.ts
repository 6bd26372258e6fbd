import { createHash } from 'node:crypto';
import type { Transaction } from '@belay/database';
import { storeDocument, tooLarge } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import { applyPermissions } from './apply-permissions.js';
import type { Connector } from './connector.js';
import { type EntryRow, type LeasedSource, SourceRepository } from './source.repository.js';
import { placeOf, type SyncSteps, type SyncTools } from './sync-steps.js';

const TRIES = 3;
const PAUSE_MS = 250;

/** Brings the bytes of what is new in a source, and makes them documents of its collection. */
export class FetchEntries {
  private readonly sources = new SourceRepository();

  constructor(
    private readonly tools: SyncTools,
    private readonly steps: SyncSteps,
  ) {}

  async run(source: LeasedSource, connector: Connector): Promise<void> {
    for (let after = ''; ;) {
      const rows = await this.steps.inTenant((tx) => this.sources.due(tx, source, after));
      for (const row of rows) await this.bring(source, connector, row);
      const last = rows.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  /** One entry. What is wrong with it is noted on it and does not stop the others; a store that fails does. */
  private async bring(source: LeasedSource, connector: Connector, row: EntryRow): Promise<void> {
    try {
      const path = placeOf(source, row.path);
      const bytes = await this.patiently(source, () => connector.fetch(row));
      const { maxUploadBytes } = this.tools.settings;
      if (bytes.length > maxUploadBytes) throw tooLarge(maxUploadBytes);
      await this.store(source, row, path, bytes);
    } catch (error) {
      if (isDomainError(error) && error.code.startsWith('storage.')) throw error;
      const problem = isDomainError(error)
        ? error.message
        : 'It could not be read. It is tried again at the next sync.';
      await this.steps.step(source, (tx) => this.sources.trouble(tx, source, row.key, problem));
    }
  }

  private async patiently(source: LeasedSource, fetch: () => Promise<Buffer>): Promise<Buffer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.steps.holding(source, fetch);
      } catch (error) {
        if (attempt >= TRIES || (isDomainError(error) && error.code !== 'service.unavailable')) throw error;
        await this.steps.step(source, () => Promise.resolve());
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      }
    }
  }

  private async store(source: LeasedSource, row: EntryRow, path: string, bytes: Buffer): Promise<void> {
    const { database, originals } = this.tools;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const placed = await originals.place(database, { tenant: this.steps.tenant, role: 'worker' }, bytes);
    const stored = await this.steps.step(source, async (tx) => {
      await this.refuseForeign(tx, source, row, path);
      // Those of a document that is there are written already: see repermit.
      const protect = async (id: string, isNew: boolean): Promise<void> => {
        if (isNew) await applyPermissions(tx, this.steps.granting(source), id, row.permissions);
      };
      const incoming = { collection: source.collection, path, bytes: bytes.length, sha256, protect };
      const made = await storeDocument(tx, this.steps.actor(source), incoming, { originals, placed });
      await this.sources.applied(tx, source, row, made.id);
      return made;
    });
    if (stored.versionId) await this.tools.wake(stored.versionId);
  }

  // A document that somebody else put there is not overwritten.
  private async refuseForeign(
    tx: Transaction,
    source: LeasedSource,
    row: EntryRow,
    path: string,
  ): Promise<void> {
    const there = await this.sources.documentAt(tx, source, path);
    if (there !== undefined && there !== row.documentId)
      throw new DomainError(
        'conflict',
        'A document of that path is there already and does not come from this source.',
      );
  }
}
