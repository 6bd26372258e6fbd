import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { moveDocument, removeDocument } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import { applyPermissions } from './apply-permissions.js';
import type { Connector } from './connector.js';
import { FetchEntries } from './fetch-entries.js';
import { FolderConnector } from './folder-connector.js';
import { GitConnector } from './git-connector.js';
import { refuseLostRules } from './refuse-lost-rules.js';
import { type EntryRow, type LeasedSource, SourceRepository } from './source.repository.js';
import { placeOf, storable, SyncSteps, type SyncTools } from './sync-steps.js';

const MOST_GONE = 0.5;

/**
 * Brings collections to what their sources hold: list, permissions, moves, deletions, bytes. Each step commits by
 * itself and can be repeated; a killed worker's run is taken up by the next after its lease.
 */
export class SourceSync {
  private readonly sources = new SourceRepository();
  private readonly steps: SyncSteps;
  private readonly fetching: FetchEntries;

  constructor(
    private readonly tools: SyncTools,
    tenant: number,
  ) {
    this.steps = new SyncSteps(tools, tenant);
    this.fetching = new FetchEntries(tools, this.steps);
  }

  /** Runs one source that is due; false where none is. */
  async runNext(): Promise<boolean> {
    const source = await this.steps.inTenant((tx) => this.sources.lease(tx, randomUUID()));
    if (!source) return false;
    const outcome = await this.run(source).then(
      () => ({ code: null, detail: null }),
      (error: Error) => {
        const code = isDomainError(error) ? error.code : 'internal';
        this.tools.log.warn('source.failed', {
          source: source.id,
          code,
          reason: isDomainError(error) ? code : error.message,
        });
        const detail = isDomainError(error)
          ? error.message
          : 'The sync failed. It is tried again; see the log of the worker.';
        return { code, detail };
      },
    );
    // A source that was removed has nothing to finish, nor has one that another worker took over.
    const isOurs = await this.steps.inTenant(
      async (tx) => (await this.sources.finish(tx, source, outcome)) > 0,
    );
    if (!isOurs) this.tools.log.info('source.left', { source: source.id });
    return true;
  }

  private async run(source: LeasedSource): Promise<void> {
    if (source.removing) return this.removeAll(source);
    if (!(await this.steps.inTenant((tx) => this.sources.ownerAdministers(tx, source))))
      throw new DomainError(
        'auth.forbidden',
        'The owner of this source is no administrator any more. Nothing is changed; an administrator can add it anew.',
      );
    const connector = await (this.tools.connect ?? ((one) => this.connect(one)))(source);
    if (!source.listed) await this.list(source, connector);
    await this.steps.step(source, (tx) => this.sources.exclude(tx, source));
    await refuseLostRules(this.steps, source, await connector.rules());
    await this.repermit(source);
    // What moved may lie under another rule now.
    if (await this.move(source)) await this.repermit(source);
    await this.removeGone(source);
    await this.fetching.run(source, connector);
    await connector.close();
  }

  private connect(source: LeasedSource): Promise<Connector> {
    const {
      home,
      sourceRoots: roots,
      sourceRemotes: remotes,
      maxUploadBytes: mostBytes,
    } = this.tools.settings;
    if (source.kind === 'folder') return FolderConnector.open(source.location, roots, mostBytes);
    const folder = join(home, 'sources', source.id);
    return GitConnector.open({ ...source, folder }, { roots, remotes, trust: join(home, 'git') });
  }

  private async list(source: LeasedSource, connector: Connector): Promise<void> {
    let { cursor } = source;
    do {
      const page = await this.steps.holding(source, () => connector.list(cursor));
      const rows = page.entries.map((entry) => ({
        ...entry,
        path: storable(entry.path),
        id: storable(entry.id),
        key: keyOf(entry.id),
      }));
      const unique = [...new Map(rows.map((row) => [row.key, row])).values()];
      await this.steps.step(source, async (tx) => {
        await this.sources.sight(tx, source, unique);
        await this.sources.saveCursor(tx, source, page.cursor);
      });
      ({ cursor } = page);
    } while (cursor !== null);
  }

  // Before anything else: a narrower right must not wait for the bytes of a thousand files.
  private async repermit(source: LeasedSource): Promise<void> {
    for (let after = ''; ;) {
      const rows = await this.steps.inTenant((tx) => this.sources.repermit(tx, source, after));
      for (const row of rows) {
        await this.steps.step(source, async (tx) => {
          await applyPermissions(tx, this.steps.granting(source), row.documentId ?? '', row.permissions);
          await this.sources.permitted(tx, source, row.key);
        });
      }
      const last = rows.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  private async move(source: LeasedSource): Promise<boolean> {
    const moves = await this.steps.inTenant((tx) => this.sources.moved(tx, source));
    for (const move of moves) {
      const document = { id: move.documentId, collection: source.collection };
      await this.steps
        .step(source, async (tx) => {
          await moveDocument(tx, this.steps.actor(source), document, placeOf(source, move.path));
          await this.sources.takeOver(tx, source, move);
        })
        .catch((error: unknown) => {
          if (!isDomainError(error)) throw error;
        });
    }
    return moves.length > 0;
  }

  private async removeGone(source: LeasedSource): Promise<void> {
    const { known, gone, seen } = await this.steps.inTenant((tx) => this.sources.tally(tx, source));
    if (gone > 0 && source.deletes) refuseMassDeletion({ known, gone, seen }, source.forced);
    if (!source.deletes) {
      // A source that is away says nothing: its rules stand.
      if (seen > 0) await this.steps.step(source, (tx) => this.sources.settle(tx, source));
      if (gone > 0) return;
    }
    for (let rows = await this.goneRows(source); rows.length > 0; rows = await this.goneRows(source)) {
      for (const row of rows) await this.removeOne(source, row, 'gone-from-source');
    }
  }

  private goneRows(source: LeasedSource): Promise<EntryRow[]> {
    return this.steps.inTenant((tx) => this.sources.gone(tx, source));
  }

  private async removeAll(source: LeasedSource): Promise<void> {
    const all = { ...source, run: source.run + 1 };
    for (let rows = await this.goneRows(all); rows.length > 0; rows = await this.goneRows(all)) {
      for (const row of rows) await this.removeOne(source, row, 'source-removed');
    }
    await this.steps.inTenant((tx) => this.sources.remove(tx, source));
  }

  private removeOne(
    source: LeasedSource,
    row: EntryRow,
    reason: 'gone-from-source' | 'source-removed',
  ): Promise<void> {
    return this.steps.step(source, async (tx) => {
      if (row.documentId) await removeDocument(tx, this.steps.actor(source), row.documentId, reason);
      await this.sources.forget(tx, source.id, row.key);
    });
  }
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('hex');

function refuseMassDeletion(
  { known, gone, seen }: { known: number; gone: number; seen: number },
  forced: boolean,
): void {
  if (seen === 0)
    throw new DomainError(
      'conflict',
      'The source is empty. Is it mounted? Nothing is deleted because of an empty source.',
    );
  if (forced || gone <= 1 || gone <= known * MOST_GONE) return;
  throw new DomainError(
    'conflict',
    `${gone} of ${known} documents are gone from the source. Nothing is changed; if that is right, sync it with force.`,
  );
}
