import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@belay/config';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { DiskStore } from './disk-store.js';
import { S3Store } from './s3-store.js';
import type { StagedFile } from './staged-file.js';
import type { StoredObject } from './stored-object.js';

type ObjectStore = DiskStore | S3Store;
type StoreName = 'database' | 'disk' | 's3';

/** A version's original on its way into the database: its bytes, or the object that already holds them. */
export interface PlacedOriginal {
  readonly versionId: string;
  readonly store: StoreName;
  readonly key: string | null;
  readonly bytes: Buffer | null;
}

/** An original as its row tells it; read under the caller's rights, or by the worker. */
export interface OriginalRow {
  readonly store: StoreName;
  readonly key: string | null;
  readonly bytes: Buffer | null;
  readonly sha256: string;
}

// A row goes through the memory of several processes, more than once in each.
const MOST_ROW_BYTES = 200_000_000;
const LOST =
  'The original of this document is missing or altered in its store. Restore it, or upload the document again.';

/** Where originals lie: rows of the database, files below BELAY_HOME, or a bucket. */
export class Originals {
  private readonly stores = new Map<StoreName, ObjectStore>();

  constructor(private readonly config: Pick<Config, 'home' | 'originals' | 's3'>) {
    this.stores.set('disk', new DiskStore(join(config.home, 'originals')));
    if (config.s3) this.stores.set('s3', new S3Store(config.s3));
  }

  /**
   * Stores bytes before the row that names them commits. An object's removal is queued first, an hour ahead:
   * where the row never comes, the object goes.
   */
  async place(
    database: Database,
    actor: { tenant: number; role: 'api' | 'worker' },
    source: Buffer | StagedFile,
  ): Promise<PlacedOriginal> {
    const versionId = randomUUID();
    const store = this.config.originals;
    if (store === 'database') return { versionId, store, key: null, bytes: await rowBytes(source) };
    const key = `${actor.tenant}/${versionId.slice(0, 2)}/${versionId}`;
    await database.transaction(actor, (tx) =>
      tx.run(sql`insert into original_removal (tenant_id, store, object_key, due_at)
        values (current_tenant(), ${store}, ${key}, now() + interval '1 hour')`),
    );
    await this.write(store, key, source);
    return { versionId, store, key, bytes: null };
  }

  /** In the transaction that inserts the row: the object stays. */
  async keep(tx: Transaction, { store, key }: PlacedOriginal): Promise<void> {
    if (key === null) return;
    await tx.run(sql`delete from original_removal
      where tenant_id = current_tenant() and store = ${store} and object_key = ${key}`);
  }

  /** The bytes of a row, compared with the digest of the version. Throws `storage.lost`. */
  async read(row: OriginalRow): Promise<Buffer> {
    const bytes = row.key === null ? row.bytes : await this.store(row.store).get(row.key);
    const isWhole = bytes && createHash('sha256').update(bytes).digest('hex') === row.sha256;
    if (!isWhole) throw new DomainError('storage.lost', LOST);
    return bytes;
  }

  remove(store: StoreName, key: string): Promise<void> {
    return this.store(store).remove(key);
  }

  has(store: StoreName, key: string): Promise<boolean> {
    return this.store(store).has(key);
  }

  /** Every object of every store that this configuration reaches. */
  async *list(): AsyncGenerator<StoredObject & { store: StoreName }> {
    for (const [store, objects] of this.stores) {
      for await (const object of objects.list()) yield { ...object, store };
    }
  }

  private async write(name: StoreName, key: string, source: Buffer | StagedFile): Promise<void> {
    const store = this.store(name);
    if (Buffer.isBuffer(source)) return store.put(key, source);
    if (store.name === 'disk') return store.put(key, createReadStream(source.path));
    return store.put(key, await readFile(source.path));
  }

  private store(name: StoreName): ObjectStore {
    const store = this.stores.get(name);
    if (store) return store;
    throw new DomainError('storage.unavailable', `This server is not configured for the store "${name}".`);
  }
}

async function rowBytes(source: Buffer | StagedFile): Promise<Buffer> {
  if (Buffer.isBuffer(source)) return source;
  if (source.size <= MOST_ROW_BYTES) return readFile(source.path);
  throw new DomainError(
    'documents.too-large',
    `Files of more than ${MOST_ROW_BYTES / 1e6} MB are not kept in the database. Set BELAY_ORIGINALS to disk or s3.`,
  );
}
