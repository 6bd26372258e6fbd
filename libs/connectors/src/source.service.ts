import type { AccessService } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type { Config } from '@belay/config';
import type { NewSource, Source } from '@belay/contracts';
import { type Database, sql, type SqlStatement, type Transaction } from '@belay/database';
import { normalisePath } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { FolderConnector } from './folder-connector.js';
import { GitConnector } from './git-connector.js';

const MISSING = 'There is no such source.';
const PROBLEMS = 50;
type Row = Omit<Source, 'problems' | 'finishedAt'> & {
  finishedAt: Date | null;
  ownerId: number;
  rules: Source['problems'];
};

/** Where collections get their documents from. Shown to those who manage the collection, files to the owner alone. */
export class SourceService {
  constructor(
    private readonly database: Database,
    private readonly access: AccessService,
    private readonly settings: Pick<Config, 'sourceRoots' | 'sourceRemotes'>,
  ) {}

  /** The place must be one that the configuration lists; that it is not is all that anybody learns about it. */
  async add(actor: SignedIn, request: NewSource): Promise<Source> {
    const collection = await this.access.managedCollection(actor, request.collection);
    const { kind, location, branch = null, everyMinutes, deletes } = request;
    const folder = request.folder ? normalisePath(request.folder) : '';
    const { sourceRoots: roots, sourceRemotes: remotes } = this.settings;
    if (kind === 'folder') await FolderConnector.open(location, roots);
    else await GitConnector.open({ location, branch, folder: '' }, { roots, remotes });
    const { id } = await this.asApi(actor, async (tx) => {
      const made = await tx.one<{ id: string }>(sql`
        insert into source (tenant_id, collection_id, owner_id, kind, location, branch, folder, every_minutes, deletes)
        values (current_tenant(), ${collection.id}, ${actor.person}, ${kind}, ${location}, ${branch}, ${folder},
          ${everyMinutes}, ${deletes}) returning source_id as id`);
      await this.record(tx, actor, made.id, { what: 'add', kind, collection: collection.id });
      return made;
    });
    return this.get(actor, id);
  }

  /** Sources of the collections that the person manages. */
  async list(actor: SignedIn): Promise<Source[]> {
    const managed = (await this.access.listCollections(actor))
      .filter((row) => row.manages)
      .map((row) => row.id);
    return this.asApi(actor, async (tx) => {
      const rows = await tx.many<Row>(select(sql`s.collection_id = any (${managed}::uuid[])`));
      return Promise.all(rows.map((row) => this.view(tx, actor, row)));
    });
  }

  async get(actor: SignedIn, id: string): Promise<Source> {
    const row = await this.managed(actor, id);
    return this.asApi(actor, (tx) => this.view(tx, actor, row));
  }

  /** Asks the worker for a sync now. `force` lets it delete more than half of what came from the source. */
  async sync(actor: SignedIn, id: string, force: boolean): Promise<Source> {
    await this.managed(actor, id);
    await this.asApi(actor, async (tx) => {
      await tx.run(sql`update source set next_at = now(), forced = ${force}
        where tenant_id = current_tenant() and source_id = ${id}`);
      await this.record(tx, actor, id, { what: 'sync', force });
    });
    return this.get(actor, id);
  }

  /** Ends a source: its documents stay, or the worker deletes them first, each with a receipt. */
  async remove(actor: SignedIn, id: string, documents: 'keep' | 'delete'): Promise<void> {
    await this.managed(actor, id);
    await this.asApi(actor, async (tx) => {
      await tx.run(
        documents === 'keep'
          ? sql`delete from source where tenant_id = current_tenant() and source_id = ${id}`
          : sql`update source set removing = true, next_at = now() where tenant_id = current_tenant() and source_id = ${id}`,
      );
      await this.record(tx, actor, id, { what: 'remove', documents });
    });
  }

  private async managed(actor: SignedIn, id: string): Promise<Row> {
    const managed = (await this.access.listCollections(actor))
      .filter((row) => row.manages)
      .map((row) => row.id);
    const row = await this.asApi(actor, (tx) =>
      tx.maybe<Row>(select(sql`s.source_id = ${id} and s.collection_id = any (${managed}::uuid[])`)),
    );
    if (!row) throw new DomainError('not-found', MISSING);
    return row;
  }

  // Paths are content, which a manager may not be allowed to read: the owner brought them.
  private async view(tx: Transaction, actor: SignedIn, row: Row): Promise<Source> {
    const { ownerId, finishedAt, rules, ...rest } = row;
    const shown = { ...rest, finishedAt: finishedAt?.toISOString() ?? null };
    if (ownerId !== actor.person) return { ...shown, problems: [] };
    const files = await tx.many<
      Source['problems'][number]
    >(sql`select path, problem as reason from source_entry
      where tenant_id = current_tenant() and source_id = ${row.id} and problem is not null
      order by path limit ${PROBLEMS}`);
    return { ...shown, problems: [...rules, ...files] };
  }

  private record(
    tx: Transaction,
    actor: SignedIn,
    id: string,
    payload: Record<string, unknown>,
  ): Promise<string> {
    return recordLeaf(tx, actor.tenant, {
      type: 'source.change',
      actor: actor.person,
      resource: id,
      payload,
    });
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

const select = (where: SqlStatement): SqlStatement => sql`
  select s.source_id as id, c.name as collection, s.collection_id as "collectionId", p.name as owner, s.kind, s.location, s.branch,
    s.folder, s.every_minutes as "everyMinutes", s.deletes, s.running, s.removing,
    case when s.error_code is not null then jsonb_build_object('code', s.error_code, 'detail', s.error_detail) end as error,
    jsonb_build_object('documents', coalesce((s.counts ->> 'documents')::int, 0),
      'problems', coalesce((s.counts ->> 'problems')::int, 0)) as counts,
    coalesce(s.counts -> 'rules', '[]') as rules, s.finished_at as "finishedAt", s.owner_id as "ownerId"
  from source s
  join collection c on c.tenant_id = s.tenant_id and c.collection_id = s.collection_id
  join principal p on p.tenant_id = s.tenant_id and p.principal_id = s.owner_id
  where s.tenant_id = current_tenant() and ${where} order by c.name, s.created_at`;
