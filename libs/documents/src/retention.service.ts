import type { AccessService } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type { Retention } from '@belay/contracts';
import { type Database, sql, type SqlStatement, type Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { removeDocument } from './remove-document.js';

const SHOWN = 100;
const BATCH = 100;

// The age of a document is that of its newest bytes: uploading the same again makes nothing younger.
const isOlder = (days: SqlStatement): SqlStatement => sql`(
  select max(v.created_at) from document_version v
  where v.tenant_id = d.tenant_id and v.document_id = d.document_id) < now() - ${days} * interval '1 day'`;

/** How long the documents of a collection are kept. Its managers decide, and first see what would go. */
export class RetentionService {
  constructor(
    private readonly database: Database,
    private readonly access: AccessService,
  ) {}

  /**
   * The rule as it stands, and what is due by it or by `days` instead, of what the person may read: those who manage
   * a collection need not know of everything in it. The rule itself spares nothing.
   */
  async preview(actor: SignedIn, name: string, days?: number): Promise<Retention> {
    const { id } = await this.access.managedCollection(actor, name);
    const asApi = { role: 'api', tenant: actor.tenant, person: actor.person } as const;
    const stored = await this.database.transaction(asApi, (tx) =>
      tx.one<{ days: number | null }>(sql`select retention_days as days from collection
        where tenant_id = current_tenant() and collection_id = ${id}`),
    );
    const rule = days ?? stored.days;
    if (rule === null) return { days: null, due: 0, documents: [] };
    const rows = await this.database.transaction({ ...asApi, role: 'reader' }, (tx) =>
      tx.many<{ id: string; title: string; path: string; due: number }>(sql`
        select d.document_id as id, d.title, d.path, count(*) over () as due from document d
        where d.tenant_id = current_tenant() and d.scope_id in (select r.scope_id from readable_scopes() r)
          and d.collection_id = ${id} and ${isOlder(sql`${rule}::int`)}
        order by d.path limit ${SHOWN}`),
    );
    const documents = rows.map((row) => ({ id: row.id, title: row.title, path: row.path }));
    return { days: stored.days, due: rows[0]?.due ?? 0, documents };
  }

  /** Sets or lifts the rule, on the ledger. The worker applies it. */
  async set(actor: SignedIn, name: string, days: number | null): Promise<Retention> {
    const { id } = await this.access.managedCollection(actor, name);
    await this.database.transaction(
      { role: 'api', tenant: actor.tenant, person: actor.person },
      async (tx) => {
        await tx.run(sql`update collection set retention_days = ${days}
          where tenant_id = current_tenant() and collection_id = ${id}`);
        const payload = { days };
        await recordLeaf(tx, actor.tenant, {
          type: 'retention.change',
          actor: actor.person,
          resource: id,
          payload,
        });
      },
    );
    return this.preview(actor, name);
  }
}

/** Deletes what is older than its collection allows, each with a receipt of its own; returns how many. */
export async function enforceRetention(database: Database, tenant: number): Promise<number> {
  const due = await database.transaction({ role: 'worker', tenant }, (tx) => dueDocuments(tx));
  let deleted = 0;
  for (const { id } of due) {
    deleted += await database.transaction({ role: 'worker', tenant }, async (tx) => {
      // A new version, or another rule, may have come since.
      if (!(await isStillDue(tx, id))) return 0;
      return (await removeDocument(tx, { tenant, person: null }, id, 'retention')) ? 1 : 0;
    });
  }
  return deleted;
}

function dueDocuments(tx: Transaction): Promise<{ id: string }[]> {
  return tx.many(sql`
    select d.document_id as id from document d
    join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
    where d.tenant_id = current_tenant() and c.retention_days is not null and ${isOlder(sql`c.retention_days`)}
    limit ${BATCH}`);
}

async function isStillDue(tx: Transaction, id: string): Promise<boolean> {
  const row = await tx.maybe(sql`
    select d.document_id from document d
    join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
    where d.tenant_id = current_tenant() and d.document_id = ${id}
      and c.retention_days is not null and ${isOlder(sql`c.retention_days`)}
    for update of d`);
  return row !== undefined;
}
