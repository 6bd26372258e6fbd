import { createHash } from 'node:crypto';
import type { AccessService } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type {
  Accepted,
  DeletionReceipt,
  Document,
  DocumentContent,
  GrantRequest,
  IngestionProgress,
  PassageBoxes,
  Uploads,
} from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { DocumentRepository } from './document.repository.js';
import { listUploads, type UploadPage } from './list-uploads.js';
import { moveDocument } from './move-document.js';
import { normalisePath } from './normalise-path.js';
import type { Originals } from './originals/originals.js';
import type { StagedFile } from './originals/staged-file.js';
import { type Passage, readBoxes } from './read-boxes.js';
import { removeDocument } from './remove-document.js';
import { compareStored, storeDocument } from './store-document.js';

/**
 * A file as it arrives. `access` gives the document exactly these permissions of its own, in the place of any that it
 * had, before anybody can read the new bytes.
 */
export interface Upload {
  readonly collection: string;
  readonly path: string;
  readonly title?: string | undefined;
  readonly bytes: Buffer | StagedFile;
  readonly access?: { inherits: boolean; grants: Omit<GrantRequest, 'on'>[] } | undefined;
}

const asApi = (actor: SignedIn) => ({ role: 'api', tenant: actor.tenant, person: actor.person }) as const;
const asReader = (actor: SignedIn) =>
  ({ role: 'reader', tenant: actor.tenant, person: actor.person }) as const;
const MISSING = 'There is no such document.';

/** What exists and who may see it: accepting, listing, reading, deleting. `wake` starts ingestion of a version. */
export class DocumentService {
  private readonly documents = new DocumentRepository();

  constructor(
    private readonly database: Database,
    private readonly access: AccessService,
    private readonly originals: Originals,
    private readonly wake: (versionId: string) => Promise<void>,
  ) {}

  /** Stores the bytes and answers at once; everything after that is ingestion's. Same bytes are not read twice. */
  async accept(actor: SignedIn, upload: Upload): Promise<Accepted> {
    const collection = await this.access.managedCollection(actor, upload.collection);
    const path = normalisePath(upload.path);
    const { size, sha256 } = factsOf(upload.bytes);
    const incoming = {
      collection: collection.id,
      path,
      title: upload.title,
      bytes: size,
      sha256,
    };
    const isUnchanged = await this.database.transaction(asApi(actor), (tx) =>
      compareStored(tx, actor.person, incoming),
    );
    const placed = isUnchanged
      ? undefined
      : await this.originals.place(this.database, asApi(actor), upload.bytes);
    const accepted = await this.database.transaction(asApi(actor), (tx) => {
      const { access } = upload;
      const protect = access && ((id: string) => this.protect(tx, actor, id, access));
      return storeDocument(
        tx,
        actor,
        { ...incoming, reader: actor.person, protect },
        { originals: this.originals, placed },
      );
    });
    if (accepted.versionId) await this.wake(accepted.versionId);
    const { id, versionId, stage, replaces } = accepted;
    return { id, path, stage, unchanged: versionId === undefined, replaces };
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

  /** Where a passage of a version stands on its pages. */
  async boxes(actor: SignedIn, passage: Passage): Promise<PassageBoxes> {
    await this.get(actor, passage.documentId);
    const pages = await this.database.transaction(asReader(actor), (tx) => readBoxes(tx, passage));
    return { pages };
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
    const { mediaType, path, ...row } = original;
    return { bytes: await this.originals.read(row), mediaType, path };
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
    const receipt = await this.database.transaction(asApi(actor), (tx) =>
      removeDocument(tx, actor, id, 'asked'),
    );
    if (!receipt) throw new DomainError('not-found', MISSING);
    return receipt;
  }

  /** Gives a document another path in its collection. */
  async move(actor: SignedIn, id: string, path: string): Promise<void> {
    const resource = await this.access.resolve(actor, id);
    if (!resource.manages || !resource.documentId)
      throw new DomainError('auth.forbidden', 'Only those who manage a document may move it.');
    const document = { id, collection: resource.collection.id };
    await this.database.transaction(asApi(actor), (tx) =>
      moveDocument(tx, actor, document, normalisePath(path)),
    );
  }

  /** How many documents are under way or failed, of those that the person uploaded, or manages and may read. */
  async progress(actor: SignedIn, collection: string | undefined): Promise<IngestionProgress> {
    const within = collection ? await this.access.managedCollection(actor, collection) : undefined;
    const own = await this.database.transaction(asApi(actor), (tx) =>
      this.documents.progressOfOwn(tx, within?.id ?? null),
    );
    const others = await this.database.transaction(asReader(actor), (tx) =>
      this.documents.progressOfOthers(tx, actor, within?.id ?? null),
    );
    return { waiting: own.waiting + others.waiting, failed: own.failed + others.failed };
  }

  /** What became of the documents that the person uploaded or manages, of those that they may read. */
  async uploads(
    actor: SignedIn,
    page: Omit<UploadPage, 'collection'> & { collection?: string | undefined },
  ): Promise<Uploads> {
    const within = page.collection ? await this.access.collection(actor, page.collection) : undefined;
    return this.database.transaction(asReader(actor), (tx) =>
      listUploads(tx, actor, { ...page, collection: within?.id ?? null }),
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

  private async protect(
    tx: Transaction,
    actor: SignedIn,
    id: string,
    access: NonNullable<Upload['access']>,
  ): Promise<void> {
    const { scope } = await tx.one<{ scope: number }>(sql`select own_scope(${id}) as scope`);
    await tx.run(sql`delete from access_grant where tenant_id = current_tenant() and scope_id = ${scope}`);
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

function factsOf(bytes: Buffer | StagedFile): { size: number; sha256: string } {
  if (!Buffer.isBuffer(bytes)) return bytes;
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
