import { recordLeaf } from '@belay/audit';
import type {
  AccessView,
  Explanation,
  GrantRequest,
  PageQuery,
  Readers,
  RevokeRequest,
} from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import { parsePrincipal, PrincipalRepository, type SignedIn } from '@belay/identity';
import { CollectionRepository, type CollectionRow } from './collection.repository.js';
import { GrantRepository } from './grant.repository.js';
import { alike, listed, type ListedCollection, pickCollection } from './listed-collection.js';
import { loadPermissionGraph } from './permission-graph.repository.js';
import { ReaderRepository } from './reader.repository.js';
import { explained, grantViews, reasonOf } from './show-access.js';

/** A node that permissions stand on. `scopeId` of a document without own grants is its folder's. */
export interface Resource {
  readonly on: string;
  /** The same by ids, whatever it was named by: `COLLECTION_ID[/FOLDER]` or a document id. */
  readonly place: string;
  readonly kind: 'collection' | 'folder' | 'document';
  readonly scopeId: number;
  readonly collection: CollectionRow;
  readonly documentId: string | null;
  readonly manages: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const asApi = (actor: SignedIn) => ({ role: 'api', tenant: actor.tenant, person: actor.person }) as const;
const asReader = (actor: SignedIn) =>
  ({ role: 'reader', tenant: actor.tenant, person: actor.person }) as const;

/** Grants, their effects and their explanation. Every change is one transaction with its ledger leaf. */
export class AccessService {
  private readonly principals = new PrincipalRepository();
  private readonly collections = new CollectionRepository();
  private readonly grants = new GrantRepository();
  private readonly people = new ReaderRepository();

  constructor(private readonly database: Database) {}

  /** Collections that the person may read something of, or manages. */
  async listCollections(actor: SignedIn): Promise<ListedCollection[]> {
    const readable = await this.database.transaction(asReader(actor), async (tx) => ({
      rows: await this.collections.listReadable(tx),
      folders: await this.collections.listReadableFolders(tx),
    }));
    return this.database.transaction(asApi(actor), async (tx) => {
      const managed = (await this.collections.listAll(tx)).filter((row) => manages(actor, row));
      const ids = managed.map((row) => row.id);
      const folders = ids.length > 0 ? await this.collections.listAllFolders(tx, ids) : [];
      const isManaged = new Set(ids);
      const read = readable.rows.filter((row) => !isManaged.has(row.id));
      const all = [...listed(read, readable.folders, false), ...listed(managed, folders, true)];
      const owners = await this.ownersOf(tx, alike(all));
      return all
        .map((row) => ({ ...row, owner: owners.get(row.id) ?? null }))
        .sort((a, b) => a.name.localeCompare(b.name));
    });
  }

  /**
   * A collection by id or name among those that listCollections shows; of several with a name, one's own. Names
   * are unique for an owner only: that a name is taken must not tell what others have. Throws `not-found`, and
   * `conflict` where only ids tell them apart.
   */
  async collection(actor: SignedIn, reference: string): Promise<ListedCollection> {
    return pickCollection(await this.listCollections(actor), reference, actor.person);
  }

  async managedCollection(actor: SignedIn, name: string): Promise<CollectionRow> {
    const collection = await this.collection(actor, name);
    if (!collection.manages)
      throw new DomainError('auth.forbidden', `Only the owner or an admin manages "${name}".`);
    return collection;
  }

  /** The node behind `COLLECTION[/FOLDER]` or a document id. Throws `not-found` unless readable or managed. */
  async resolve(actor: SignedIn, on: string): Promise<Resource> {
    const [name = '', ...rest] = on.split('/');
    const isId = UUID.test(on);
    if (isId && !(await this.listCollections(actor)).some((row) => row.id === on)) {
      return this.resolveDocument(actor, on);
    }
    const collection = await this.collection(actor, name);
    const path = rest.filter(Boolean).join('/');
    const folder = await this.database.transaction(asApi(actor), (tx) =>
      this.collections.findFolder(tx, collection.id, path),
    );
    if (!folder || (path && !collection.folders.includes(path))) {
      throw new DomainError('not-found', `There is no folder "${path}" in "${name}" that you may use.`);
    }
    const kind = path ? 'folder' : 'collection';
    const place = path ? `${collection.id}/${path}` : collection.id;
    const { manages } = collection;
    return { on, place, kind, scopeId: folder.scopeId, collection, documentId: null, manages };
  }

  async grant(actor: SignedIn, request: GrantRequest): Promise<AccessView> {
    refusePast(request);
    const resource = await this.managed(actor, request.on);
    await this.database.transaction(asApi(actor), async (tx) => {
      const scope = await this.ownScope(tx, resource);
      await this.writeOne(tx, actor, scope, request);
      await this.record(tx, actor, resource, { what: 'grant', ...request });
    });
    return this.view(actor, request.on);
  }

  async revoke(actor: SignedIn, request: RevokeRequest): Promise<AccessView> {
    const resource = await this.managed(actor, request.on);
    await this.database.transaction(asApi(actor), async (tx) => {
      const scope = await this.ownScope(tx, resource);
      const principal = await this.principal(tx, request.principal);
      if ((await this.grants.remove(tx, scope, { principal, effect: request.effect })) === 0) {
        const hint = 'It may be inherited: revoke it where it is written, or deny here.';
        throw new DomainError(
          'not-found',
          `${request.principal} has no ${request.effect} of its own here. ${hint}`,
        );
      }
      await this.record(tx, actor, resource, { what: 'revoke', ...request });
    });
    return this.view(actor, request.on);
  }

  async setInheritance(actor: SignedIn, on: string, inherits: boolean): Promise<AccessView> {
    const resource = await this.managed(actor, on);
    if (resource.kind === 'collection')
      throw new DomainError('request.invalid', 'A collection inherits from nothing.');
    await this.database.transaction(asApi(actor), async (tx) => {
      const scope = await this.ownScope(tx, resource);
      await this.grants.setInherits(tx, scope, inherits);
      await this.record(tx, actor, resource, { what: 'inheritance', on, inherits });
    });
    return this.view(actor, on);
  }

  /** Writes a new node's own grants inside the caller's transaction, which also records them. */
  async writeGrants(
    tx: Transaction,
    actor: SignedIn,
    scope: number,
    access: { inherits: boolean; grants: readonly Omit<GrantRequest, 'on'>[] },
  ): Promise<void> {
    await this.grants.setInherits(tx, scope, access.inherits);
    for (const grant of access.grants) await this.writeOne(tx, actor, scope, grant);
  }

  /** Grants on a resource, inherited ones included. */
  async view(actor: SignedIn, on: string): Promise<AccessView> {
    const resource = await this.managed(actor, on);
    return this.database.transaction(asApi(actor), async (tx) => {
      const graph = await loadPermissionGraph(tx, resource.scopeId, []);
      const own = graph.scopes.get(resource.scopeId);
      const ownNode = await this.isOwnNode(tx, resource);
      return {
        on: resource.on,
        kind: resource.kind,
        inherits: ownNode ? (own?.inherits ?? true) : true,
        grants: grantViews(graph, resource.scopeId, ownNode),
      };
    });
  }

  /** A page of the people who may read a resource, with the reason. */
  async readers(actor: SignedIn, on: string, page: PageQuery): Promise<Readers> {
    const resource = await this.managed(actor, on);
    const { scopeId } = resource;
    return this.database.transaction(asApi(actor), async (tx) => {
      const rows = await this.people.list(tx, scopeId, page);
      const total = await this.people.count(tx, scopeId, page.search);
      const ids = rows.map((row) => row.id);
      const graph = await loadPermissionGraph(tx, scopeId, ids);
      const ownNode = await this.isOwnNode(tx, resource);
      const readers = rows.map(({ id, name, displayName }) => ({
        person: name,
        displayName,
        ...reasonOf(graph, id, scopeId, ownNode),
      }));
      return { readers, total, next: rows.length === page.limit ? (rows.at(-1)?.name ?? null) : null };
    });
  }

  /** Why a person may or may not read a document. Asked about oneself, or by someone who manages it. */
  async explain(actor: SignedIn, personName: string, documentId: string): Promise<Explanation> {
    const resource = await this.resolve(actor, documentId);
    if (personName !== actor.name && !resource.manages) {
      throw new DomainError('auth.forbidden', 'Only those who manage a document see why others may read it.');
    }
    return this.database.transaction(asApi(actor), async (tx) => {
      const person = await this.principal(tx, `person:${personName}`);
      const graph = await loadPermissionGraph(tx, resource.scopeId, [person]);
      const ownNode = await this.isOwnNode(tx, resource);
      const shown = explained(graph, person, resource.scopeId, ownNode);
      return { person: personName, document: documentId, ...shown };
    });
  }

  // A document without grants of its own stands on the node of what is around it.
  private async isOwnNode(tx: Transaction, { kind, scopeId }: Resource): Promise<boolean> {
    return kind !== 'document' || (await this.grants.isOfDocument(tx, scopeId));
  }

  /** Names of owners by the id of their collection. */
  private async ownersOf(
    tx: Transaction,
    rows: readonly CollectionRow[],
  ): Promise<ReadonlyMap<string, string>> {
    if (rows.length === 0) return new Map();
    const names = await this.collections.ownerNames(
      tx,
      rows.map(({ ownerId }) => ownerId),
    );
    return new Map(rows.map(({ id, ownerId }) => [id, names.get(ownerId) ?? '']));
  }

  private async writeOne(
    tx: Transaction,
    actor: SignedIn,
    scope: number,
    grant: Omit<GrantRequest, 'on'>,
  ): Promise<void> {
    const principal = await this.principal(tx, grant.principal);
    await this.grants.put(tx, scope, { ...grant, principal }, actor.person);
  }

  private async managed(actor: SignedIn, on: string): Promise<Resource> {
    const resource = await this.resolve(actor, on);
    if (!resource.manages)
      throw new DomainError('auth.forbidden', 'Only the owner or an admin manages permissions here.');
    return resource;
  }

  private async resolveDocument(actor: SignedIn, id: string): Promise<Resource> {
    const readable = await this.database.transaction(asReader(actor), (tx) =>
      tx.maybe(sql`select document_id as found from document where tenant_id = current_tenant() and document_id = ${id}
        and scope_id in (select r.scope_id from readable_scopes() r)`),
    );
    const row = await this.database.transaction(asApi(actor), (tx) =>
      tx.maybe<CollectionRow & { scopeId: number; uploadedBy: number }>(sql`
        select d.scope_id as "scopeId", d.uploaded_by as "uploadedBy", c.collection_id as id, c.name, c.title,
          c.owner_id as "ownerId"
        from document d join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
        where d.tenant_id = current_tenant() and d.document_id = ${id}`),
    );
    if (!row || (!readable && !manages(actor, row)))
      throw new DomainError('not-found', 'There is no such document.');
    const { scopeId, ...collection } = row;
    const named = { on: id, place: id, kind: 'document', documentId: id } as const;
    return { ...named, scopeId, collection, manages: manages(actor, row) };
  }

  private async ownScope(tx: Transaction, resource: Resource): Promise<number> {
    if (!resource.documentId) return resource.scopeId;
    const id = await this.grants.scopeOfDocument(tx, resource.documentId);
    if (id === null) throw new DomainError('not-found', 'There is no such document.');
    return id;
  }

  private async principal(tx: Transaction, reference: string): Promise<number> {
    const { kind, name } = parsePrincipal(reference);
    const row = await this.principals.find(tx, kind, name);
    if (!row) throw new DomainError('not-found', `There is no ${reference}.`);
    return row.id;
  }

  private record(
    tx: Transaction,
    actor: SignedIn,
    resource: Resource,
    payload: Record<string, unknown>,
  ): Promise<string> {
    // By its id: several collections may have a name, and one may get another's later.
    const draft = {
      type: 'permission.change',
      actor: actor.person,
      resource: resource.place,
      payload,
    } as const;
    return recordLeaf(tx, actor.tenant, draft);
  }
}

// A grant that is over when it is written does nothing, which its writer would not notice.
function refusePast({ expires }: GrantRequest): void {
  if (expires === undefined || Date.parse(expires) > Date.now()) return;
  throw new DomainError(
    'request.invalid',
    `"expires" is in the past (${expires}): the grant would never count. Name a later time, or leave it out.`,
  );
}

/** Whether the person may add to, delete from and share a collection. It says nothing about reading. */
function manages(actor: SignedIn, collection: CollectionRow): boolean {
  return collection.ownerId === actor.person || actor.roles.includes('admin');
}
