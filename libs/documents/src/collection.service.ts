import { type AccessService, CollectionRepository } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type { Collection } from '@belay/contracts';
import { type Database, sql } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { normalisePath } from './normalise-path.js';

/** Collections and folders. A new collection is private: its maker alone may read it until they share it. */
export class CollectionService {
  private readonly collections = new CollectionRepository();

  constructor(
    private readonly database: Database,
    private readonly access: AccessService,
  ) {}

  async list(actor: SignedIn): Promise<Collection[]> {
    const rows = await this.access.listCollections(actor);
    return rows.map(({ id, name, title, owner, manages, folders }) => ({
      ...{ id, name, title, owner },
      manages,
      folders,
    }));
  }

  async create(actor: SignedIn, request: { name: string; title: string }): Promise<Collection> {
    return this.database.transaction(
      { role: 'api', tenant: actor.tenant, person: actor.person },
      async (tx) => {
        const row = await this.collections.insert(tx, request.name, request.title, actor.person);
        if (!row) throw new DomainError('conflict', `You already own a collection named "${request.name}".`);
        const scope = await this.collections.ensureFolder(tx, row.id, '');
        await tx.run(sql`insert into access_grant (tenant_id, scope_id, principal_id, effect, granted_by)
        values (${actor.tenant}, ${scope}, ${actor.person}, 'allow', ${actor.person})`);
        const payload = { what: 'collection.create', name: row.name };
        await recordLeaf(tx, actor.tenant, {
          type: 'permission.change',
          actor: actor.person,
          resource: row.id,
          payload,
        });
        return { id: row.id, name: row.name, title: row.title, owner: null, manages: true, folders: [] };
      },
    );
  }

  async createFolder(actor: SignedIn, name: string, path: string): Promise<void> {
    const collection = await this.access.managedCollection(actor, name);
    await this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, (tx) =>
      this.collections.ensureFolder(tx, collection.id, normalisePath(path)),
    );
  }

  /** Deletes a collection that holds no document: documents are deleted one by one, each with its receipt. */
  async delete(actor: SignedIn, name: string): Promise<void> {
    const collection = await this.access.managedCollection(actor, name);
    await this.database.transaction(
      { role: 'api', tenant: actor.tenant, person: actor.person },
      async (tx) => {
        const held = await tx.maybe(sql`select 1 as found from document
        where tenant_id = ${actor.tenant} and collection_id = ${collection.id} limit 1`);
        if (held) throw new DomainError('conflict', `"${name}" still holds documents. Delete them first.`);
        await this.collections.delete(tx, collection.id);
        const payload = { what: 'collection.delete', name };
        await recordLeaf(tx, actor.tenant, {
          type: 'permission.change',
          actor: actor.person,
          resource: collection.id,
          payload,
        });
      },
    );
  }
}
