import { createHash } from 'node:crypto';
import { type AccessService, CollectionRepository } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type {
  Accepted,
  DeletionReceipt,
  Document,
  DocumentContent,
  GrantRequest,
  IngestionProgress,
} from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { DocumentRepository } from './document.repository.js';
import { mediaTypeOf } from './media-type.js';
import { normalisePath } from './normalise-path.js';

/** A file as it arrives. `access` gives the document permissions of its own before anybody can read it. */
export interface Upload {
  readonly collection: string;
  readonly path: string;
  readonly title?: string | undefined;
  readonly bytes: Buffer;
  readonly access?: { inherits: boolean; grants: Omit<GrantRequest, 'on'>[] } | undefined;
}

const asApi = (actor: SignedIn) => ({ role: 'api', tenant: actor.tenant, person: actor.person }) as const;
const asReader = (actor: SignedIn) =>
  ({ role: 'reader', tenant: actor.tenant, person: actor.person }) as const;
const MISSING = 'There is no such document.';

/** What exists and who may see it: accepting, listing, reading, deleting. `wake` starts ingestion of a version. */
export class DocumentService {
  private readonly documents = new DocumentRepository();
  private readonly collections = new CollectionRepository();

  constructor(
    private readonly database: Database,
    private readonly access: AccessService,
    private readonly wake: (versionId: string) => Promise<void>,
  ) {}

  /** Stores the bytes and answers at once; everything after that is ingestion's. Same bytes are not read twice. */
  async accept(actor: SignedIn, upload: Upload): Promise<Accepted> {
    const collection = await this.access.managedCollection(actor, upload.collection);
    const path = normalisePath(upload.path);
    const sha256 = createHash('sha256').update(upload.bytes).digest('hex');
    const accepted = await this.database.transaction(asApi(actor), async (tx) => {
      const id = await this.place(tx, actor, collection.id, path, upload);
      const latest = await this.documents.latestVersion(tx, id);
      const unchanged = latest?.sha256 === sha256 && latest.stage !== 'failed';
      if (unchanged) return { id, versionId: undefined, stage: latest.stage };
      // Until the new bytes are read, which gives it the title that they carry.
      if (upload.title === undefined) await this.documents.entitle(tx, id, fileName(path));
      const versionId = await this.documents.insertVersion(
        tx,
        id,
        (latest?.number ?? 0) + 1,
        sha256,
        upload.bytes,
      );
      await recordLeaf(tx, actor.tenant, {
        type: 'document.accept',
        actor: actor.person,
        resource: id,
        digests: { sha256 },
      });
      return { id, versionId, stage: 'parse' as const };
    });
    if (accepted.versionId) await this.wake(accepted.versionId);
    return { id: accepted.id, path, stage: accepted.stage, unchanged: accepted.versionId === undefined };
  }

  async list(
    actor: SignedIn,
    filter: { collection?: string | undefined; limit: number },
  ): Promise<Document[]> {
    const collection = filter.collection ? await this.access.collection(actor, filter.collection) : undefined;
    const rows = await this.database.transaction(asReader(actor), (tx) =>
      this.documents.listReadable(tx, collection?.id ?? null, filter.limit),
    );
    return rows.map((row) => this.documents.view(row, actor));
  }

  async get(actor: SignedIn, id: string): Promise<Document> {
    const row = await this.database.transaction(asReader(actor), (tx) => this.documents.findReadable(tx, id));
    if (!row) throw new DomainError('not-found', MISSING);
    return this.documents.view(row, actor);
  }

  /** The stored text of the current or a named version. The read is on the ledger before the text leaves. */
  async content(actor: SignedIn, id: string, version: string | undefined): Promise<DocumentContent> {
    await this.recordRead(actor, id, version);
    const content = await this.database.transaction(asReader(actor), (tx) =>
      this.documents.findContent(tx, id, version),
    );
    if (!content) throw new DomainError('not-found', MISSING);
    return content;
  }

  async original(
    actor: SignedIn,
    id: string,
    version: string | undefined,
  ): Promise<{ bytes: Buffer; mediaType: string; path: string }> {
    await this.recordRead(actor, id, version);
    const original = await this.database.transaction(asReader(actor), (tx) =>
      this.documents.findOriginal(tx, id, version),
    );
    if (!original) throw new DomainError('not-found', MISSING);
    return original;
  }

  /** Starts a failed document again. */
  async retry(actor: SignedIn, id: string): Promise<void> {
    const resource = await this.access.resolve(actor, id);
    if (!resource.manages)
      throw new DomainError('auth.forbidden', 'Only those who manage a document may retry it.');
    const versionId = await this.database.transaction(asApi(actor), (tx) => this.documents.restart(tx, id));
    if (!versionId) throw new DomainError('conflict', 'Only a failed document can be retried.');
    await this.wake(versionId);
  }

  /** Removes text, chunks, postings, vectors and original in one transaction, with a receipt on the ledger. */
  async delete(actor: SignedIn, id: string): Promise<DeletionReceipt> {
    const resource = await this.access.resolve(actor, id);
    if (!resource.manages)
      throw new DomainError('auth.forbidden', 'Only those who manage a document may delete it.');
    return this.database.transaction(asApi(actor), async (tx) => {
      const { removed } = await tx.one<{ removed: Record<string, number> | null }>(
        sql`select delete_document(${id}) as removed`,
      );
      if (!removed) throw new DomainError('not-found', MISSING);
      const draft = {
        type: 'document.delete',
        actor: actor.person,
        resource: id,
        payload: { removed },
      } as const;
      const leafId = await recordLeaf(tx, actor.tenant, draft);
      return { document: id, deletedAt: new Date().toISOString(), leafId, removed };
    });
  }

  /** How many documents of what the person manages or uploaded are under way or failed. */
  async progress(actor: SignedIn, collection: string | undefined): Promise<IngestionProgress> {
    const within = collection ? await this.access.managedCollection(actor, collection) : undefined;
    return this.database.transaction(asApi(actor), (tx) =>
      this.documents.progress(tx, actor, within?.id ?? null),
    );
  }

  private async recordRead(actor: SignedIn, id: string, version: string | undefined): Promise<void> {
    await this.get(actor, id);
    await this.database.transaction(asApi(actor), (tx) =>
      recordLeaf(tx, actor.tenant, {
        type: 'document.read',
        actor: actor.person,
        resource: id,
        ...(version ? { digests: { version } } : {}),
      }),
    );
  }

  private async place(
    tx: Transaction,
    actor: SignedIn,
    collection: string,
    path: string,
    upload: Upload,
  ): Promise<string> {
    const folder = await this.collections.ensureFolder(
      tx,
      collection,
      path.split('/').slice(0, -1).join('/'),
    );
    const facts = {
      path,
      pathKey: createHash('sha256').update(path).digest('hex'),
      title: upload.title ?? fileName(path),
      mediaType: mediaTypeOf(path),
      bytes: upload.bytes.length,
    };
    const known = await this.documents.findByPath(tx, collection, facts.pathKey);
    if (known) {
      await this.documents.touch(tx, known, facts);
      if (upload.title !== undefined) await this.documents.entitle(tx, known, upload.title);
      return known;
    }
    const id = await this.documents.insert(tx, { collection, folder, uploadedBy: actor.person, ...facts });
    if (upload.access) await this.protect(tx, actor, id, upload.access);
    return id;
  }

  private async protect(
    tx: Transaction,
    actor: SignedIn,
    id: string,
    access: NonNullable<Upload['access']>,
  ): Promise<void> {
    const { scope } = await tx.one<{ scope: number }>(sql`select own_scope(${id}) as scope`);
    await this.access.writeGrants(tx, actor, scope, access);
    const payload = { what: 'protect', ...access };
    await recordLeaf(tx, actor.tenant, {
      type: 'permission.change',
      actor: actor.person,
      resource: id,
      payload,
    });
  }
}

const fileName = (path: string): string => path.split('/').at(-1) ?? path;
