import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '@belay/config';
import { type Database, sql, type Transaction } from '@belay/database';
import { moveDocument, normalisePath, type Originals, removeDocument, storeDocument } from '@belay/documents';
import { DomainError, isDomainError } from '@belay/errors';
import type { Logger } from '@belay/telemetry';
import { applyPermissions } from './apply-permissions.js';
import type { Connector } from './connector.js';
import { FolderConnector } from './folder-connector.js';
import { GitConnector } from './git-connector.js';
import { type EntryRow, type LeasedSource, SourceRepository } from './source.repository.js';

const TRIES = 3;
const PAUSE_MS = 250;
const MOST_GONE = 0.5;
const RENEW_MS = 20_000;
// A call that says nothing for a quarter of an hour hangs: somebody else may try.
const MOST_RENEWALS = 45;

type Settings = Pick<Config, 'home' | 'sourceRoots' | 'sourceRemotes' | 'maxUploadBytes'>;

/** What a sync needs besides its source. `connect` is there for connectors of other kinds. */
export interface SyncTools {
  readonly database: Database;
  readonly originals: Originals;
  readonly settings: Settings;
  readonly log: Logger;
  readonly wake: (versionId: string) => Promise<void>;
  readonly connect?: (source: LeasedSource) => Promise<Connector>;
  /** How often a lease is renewed while a connector is waited for; 20 s unless it is said. */
  readonly renewEveryMs?: number;
}

/**
 * Brings collections to what their sources hold: list, permissions, moves, deletions, bytes. Each step commits by
 * itself and can be repeated; a killed worker's run is taken up by the next after its lease.
 */
export class SourceSync {
  private readonly sources = new SourceRepository();

  constructor(
    private readonly tools: SyncTools,
    private readonly tenant: number,
  ) {}

  /** Runs one source that is due; false where none is. */
  async runNext(): Promise<boolean> {
    const source = await this.inTenant((tx) => this.sources.lease(tx, randomUUID()));
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
    const isOurs = await this.inTenant(async (tx) => (await this.sources.finish(tx, source, outcome)) > 0);
    if (!isOurs) this.tools.log.info('source.left', { source: source.id });
    return true;
  }

  private async run(source: LeasedSource): Promise<void> {
    if (source.removing) return this.removeAll(source);
    if (!(await this.inTenant((tx) => this.sources.ownerAdministers(tx, source))))
      throw new DomainError(
        'auth.forbidden',
        'The owner of this source is no administrator any more. Nothing is changed; an administrator can add it anew.',
      );
    const connector = await (this.tools.connect ?? ((one) => this.connect(one)))(source);
    if (!source.listed) await this.list(source, connector);
    await this.step(source, (tx) => this.sources.exclude(tx, source));
    await this.repermit(source);
    // What moved may lie under another rule now.
    if (await this.move(source)) await this.repermit(source);
    await this.removeGone(source);
    await this.fetch(source, connector);
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
      const page = await this.holding(source, () => connector.list(cursor));
      const rows = page.entries.map((entry) => ({
        ...entry,
        path: storable(entry.path),
        id: storable(entry.id),
        key: keyOf(entry.id),
      }));
      const unique = [...new Map(rows.map((row) => [row.key, row])).values()];
      await this.step(source, async (tx) => {
        await this.sources.sight(tx, source, unique);
        await this.sources.saveCursor(tx, source, page.cursor);
      });
      ({ cursor } = page);
    } while (cursor !== null);
  }

  // Before anything else: a narrower right must not wait for the bytes of a thousand files.
  private async repermit(source: LeasedSource): Promise<void> {
    if ((await this.inTenant((tx) => this.sources.lostPermissions(tx, source))) > 0) {
      const detail =
        'The source said who may read what and no longer does. Nothing is changed. Put its permissions back, or say {"rules":[]}.';
      throw new DomainError('conflict', detail);
    }
    for (let after = ''; ;) {
      const rows = await this.inTenant((tx) => this.sources.repermit(tx, source, after));
      for (const row of rows) {
        await this.step(source, async (tx) => {
          await applyPermissions(tx, this.granting(source), row.documentId ?? '', row.permissions);
          await this.sources.permitted(tx, source, row.key);
        });
      }
      const last = rows.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  private async move(source: LeasedSource): Promise<boolean> {
    const moves = await this.inTenant((tx) => this.sources.moved(tx, source));
    for (const move of moves) {
      const document = { id: move.documentId, collection: source.collection };
      await this.step(source, async (tx) => {
        await moveDocument(tx, this.actor(source), document, place(source, move.path));
        await this.sources.takeOver(tx, source, move);
      }).catch((error: unknown) => {
        if (!isDomainError(error)) throw error;
      });
    }
    return moves.length > 0;
  }

  private async removeGone(source: LeasedSource): Promise<void> {
    const { known, gone, seen } = await this.inTenant((tx) => this.sources.tally(tx, source));
    if (gone > 0 && source.deletes) refuseMassDeletion({ known, gone, seen }, source.forced);
    if (!source.deletes && gone > 0) return;
    for (let rows = await this.goneRows(source); rows.length > 0; rows = await this.goneRows(source)) {
      for (const row of rows) await this.removeOne(source, row, 'gone-from-source');
    }
  }

  private goneRows(source: LeasedSource): Promise<EntryRow[]> {
    return this.inTenant((tx) => this.sources.gone(tx, source));
  }

  private async removeAll(source: LeasedSource): Promise<void> {
    const all = { ...source, run: source.run + 1 };
    for (let rows = await this.goneRows(all); rows.length > 0; rows = await this.goneRows(all)) {
      for (const row of rows) await this.removeOne(source, row, 'source-removed');
    }
    await this.inTenant((tx) => this.sources.remove(tx, source));
  }

  private removeOne(
    source: LeasedSource,
    row: EntryRow,
    reason: 'gone-from-source' | 'source-removed',
  ): Promise<void> {
    return this.step(source, async (tx) => {
      if (row.documentId) await removeDocument(tx, this.actor(source), row.documentId, reason);
      await this.sources.forget(tx, source.id, row.key);
    });
  }

  private async fetch(source: LeasedSource, connector: Connector): Promise<void> {
    for (let after = ''; ;) {
      const rows = await this.inTenant((tx) => this.sources.due(tx, source, after));
      for (const row of rows) await this.bring(source, connector, row);
      const last = rows.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  /** One entry. What is wrong with it is noted on it and does not stop the others; a store that fails does. */
  private async bring(source: LeasedSource, connector: Connector, row: EntryRow): Promise<void> {
    try {
      const path = place(source, row.path);
      const bytes = await this.patiently(source, () => connector.fetch(row));
      if (bytes.length > this.tools.settings.maxUploadBytes)
        throw new DomainError('documents.too-large', 'The file is larger than this server accepts.');
      await this.store(source, row, path, bytes);
    } catch (error) {
      if (isDomainError(error) && error.code.startsWith('storage.')) throw error;
      const problem = isDomainError(error)
        ? error.message
        : 'It could not be read. It is tried again at the next sync.';
      await this.step(source, (tx) => this.sources.trouble(tx, source, row.key, problem));
    }
  }

  private async patiently(source: LeasedSource, fetch: () => Promise<Buffer>): Promise<Buffer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.holding(source, fetch);
      } catch (error) {
        if (attempt >= TRIES || (isDomainError(error) && error.code !== 'service.unavailable')) throw error;
        await this.step(source, () => Promise.resolve());
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      }
    }
  }

  private async store(source: LeasedSource, row: EntryRow, path: string, bytes: Buffer): Promise<void> {
    const { database, originals } = this.tools;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const placed = await originals.place(database, { tenant: this.tenant, role: 'worker' }, bytes);
    const stored = await this.step(source, async (tx) => {
      await this.refuseForeign(tx, source, row, path);
      // Those of a document that is there are written already: see repermit.
      const protect = async (id: string, isNew: boolean): Promise<void> => {
        if (isNew) await applyPermissions(tx, this.granting(source), id, row.permissions);
      };
      const incoming = { collection: source.collection, path, bytes: bytes.length, sha256, protect };
      const made = await storeDocument(tx, this.actor(source), incoming, { originals, placed });
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
    const key = createHash('sha256').update(path).digest('hex');
    const there = await tx.maybe<{ id: string }>(sql`select document_id as id from document
      where tenant_id = current_tenant() and collection_id = ${source.collection} and path_key = ${key}`);
    if (there && there.id !== row.documentId)
      throw new DomainError(
        'conflict',
        'A document of that path is there already and does not come from this source.',
      );
  }

  private actor(source: LeasedSource): { tenant: number; person: number } {
    return { tenant: this.tenant, person: source.owner };
  }

  private granting(source: LeasedSource): { id: string; owner: number; tenant: number } {
    return { id: source.id, owner: source.owner, tenant: this.tenant };
  }

  /** Waits for a connector and renews the lease meanwhile. One that is lost all the same is noticed by the next step. */
  private async holding<T>(source: LeasedSource, work: () => Promise<T>): Promise<T> {
    let renewals = 0;
    const timer = setInterval(() => {
      renewals += 1;
      if (renewals >= MOST_RENEWALS) clearInterval(timer);
      this.step(source, () => Promise.resolve()).catch(() => clearInterval(timer));
    }, this.tools.renewEveryMs ?? RENEW_MS);
    timer.unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  /** One transaction of a run. It fails, and with it the run, where another worker took the source over. */
  private step<T>(source: LeasedSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.inTenant(async (tx) => {
      await this.sources.hold(tx, source);
      return work(tx);
    });
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.tools.database.transaction({ role: 'worker', tenant: this.tenant }, work);
  }
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('hex');
// PostgreSQL stores no NUL and no half of a surrogate pair; such a path is refused when it is placed.
const storable = (text: string): string => text.replaceAll('\0', '\u0001').replace(/\p{Cs}/gu, '\u0001');
const place = ({ folder }: LeasedSource, path: string): string =>
  normalisePath(folder ? `${folder}/${path}` : path);

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
