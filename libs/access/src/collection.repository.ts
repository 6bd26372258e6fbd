import { sql, type Transaction } from '@belay/database';

export interface CollectionRow {
  id: string;
  name: string;
  title: string;
  ownerId: number;
}

export interface FolderRow {
  collectionId: string;
  path: string;
}

const COLUMNS = sql`c.collection_id as id, c.name, c.title, c.owner_id as "ownerId"`;

/** Collections and the folders below them. Names are no content, but are shown only to readers and managers. */
export class CollectionRepository {
  /** Collections with at least one scope that the person of this reader transaction may read. */
  listReadable(tx: Transaction): Promise<CollectionRow[]> {
    return tx.many(sql`select ${COLUMNS} from collection c
      where c.tenant_id = current_tenant() and c.collection_id in (
        select s.collection_id from scope s where s.tenant_id = current_tenant()
          and s.scope_id in (select r.scope_id from readable_scopes() r))
      order by c.name, c.collection_id`);
  }

  listAll(tx: Transaction): Promise<CollectionRow[]> {
    return tx.many(
      sql`select ${COLUMNS} from collection c where c.tenant_id = current_tenant() order by c.name`,
    );
  }

  /** Names of people by their ids. */
  async ownerNames(tx: Transaction, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const rows = await tx.many<{
      id: number;
      name: string;
    }>(sql`select principal_id as id, name from principal
      where tenant_id = current_tenant() and principal_id = any (${[...ids]}::int[])`);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  insert(tx: Transaction, name: string, title: string, ownerId: number): Promise<CollectionRow | undefined> {
    return tx.maybe(sql`insert into collection as c (tenant_id, name, title, owner_id)
      values (current_tenant(), ${name}, ${title}, ${ownerId}) on conflict do nothing returning ${COLUMNS}`);
  }

  /** The folder's scope, made with its parents where missing. '' is the collection itself. */
  async ensureFolder(tx: Transaction, collectionId: string, path: string): Promise<number> {
    let parent: number | null = null;
    const parts = path.split('/').filter(Boolean);
    for (let depth = 0; depth <= parts.length; depth += 1) {
      const kind = depth === 0 ? 'collection' : 'folder';
      const here: string = parts.slice(0, depth).join('/');
      const made: { id: number } | undefined = await tx.maybe(sql`
        insert into scope (tenant_id, kind, parent_id, collection_id, path)
        values (current_tenant(), ${kind}, ${parent}, ${collectionId}, ${here})
        on conflict (tenant_id, collection_id, kind, path) do nothing returning scope_id as id`);
      parent = made?.id ?? (await this.findFolder(tx, collectionId, here))?.scopeId ?? null;
    }
    if (parent === null) throw new Error('a folder that was just made is missing');
    return parent;
  }

  findFolder(tx: Transaction, collectionId: string, path: string): Promise<{ scopeId: number } | undefined> {
    const kind = path === '' ? 'collection' : 'folder';
    return tx.maybe(sql`select scope_id as "scopeId" from scope where tenant_id = current_tenant()
      and collection_id = ${collectionId} and kind = ${kind} and path = ${path}`);
  }

  /** The folders that the person of this reader transaction may read, of every collection. */
  listReadableFolders(tx: Transaction): Promise<FolderRow[]> {
    return tx.many(sql`select s.collection_id as "collectionId", s.path from scope s
      where s.tenant_id = current_tenant() and s.kind = 'folder'
        and s.scope_id in (select r.scope_id from readable_scopes() r)
      order by s.path`);
  }

  listAllFolders(tx: Transaction, collectionIds: readonly string[]): Promise<FolderRow[]> {
    return tx.many(sql`select s.collection_id as "collectionId", s.path from scope s
      where s.tenant_id = current_tenant() and s.kind = 'folder'
        and s.collection_id = any (${collectionIds}::uuid[])
      order by s.path`);
  }

  delete(tx: Transaction, collectionId: string): Promise<number> {
    return tx.run(
      sql`delete from collection where tenant_id = current_tenant() and collection_id = ${collectionId}`,
    );
  }
}
