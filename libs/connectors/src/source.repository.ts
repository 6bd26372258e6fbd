import { createHash } from 'node:crypto';
import type { Source } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';
import type { Entry, EntryPermissions } from './connector.js';

/** A source as its sync works on it, under a lease that only this worker holds. */
export interface LeasedSource {
  readonly id: string;
  readonly collection: string;
  readonly owner: number;
  readonly kind: 'folder' | 'git';
  readonly location: string;
  readonly branch: string | null;
  readonly folder: string;
  readonly deletes: boolean;
  readonly removing: boolean;
  readonly forced: boolean;
  readonly run: number;
  readonly listed: boolean;
  readonly cursor: string | null;
  readonly lease: string;
}

/** An entry with what of it was applied. */
export interface EntryRow extends Entry {
  readonly key: string;
  readonly documentId: string | null;
}

/** An entry that a rule restricts, as it was last listed. Its path is empty where its document was deleted in Belay. */
export interface RestrictedRow {
  readonly path: string;
  readonly permissions: EntryPermissions;
  readonly isGone: boolean;
}

const LEASE = sql`interval '60 seconds'`;
const ENTRY = sql`e.entry_key as key, e.entry_id as id, e.path, e.revision, 0 as bytes, e.permissions,
  e.document_id as "documentId"`;

// What a listing said counts too: a file that could not be taken yet is restricted all the same.
const RESTRICTED = sql`(e.permissions ->> 'kind' = 'restricted' or e.applied_permissions like '%restricted%')`;

/** Sources and their entries, for the worker. Every statement that changes something names the lease. */
export class SourceRepository {
  /** Takes the next source that is due, or whose worker died in the middle: that run goes on where it was. */
  lease(tx: Transaction, lease: string): Promise<LeasedSource | undefined> {
    return tx.maybe(sql`
      update source s set lease = ${lease}, lease_until = now() + ${LEASE},
        run = case when s.running then s.run else s.run + 1 end,
        listed = s.running and s.listed, cursor = case when s.running then s.cursor end, running = true
      where s.tenant_id = current_tenant() and s.source_id = (
        select source_id from source where tenant_id = current_tenant()
          and (lease_until is null or lease_until < now()) and (running or next_at <= now())
        order by next_at limit 1 for update skip locked)
      returning s.source_id as id, s.collection_id as collection, s.owner_id as owner, s.kind, s.location, s.branch,
        s.folder, s.deletes, s.removing, s.forced, s.run, s.listed, s.cursor, s.lease`);
  }

  /** Throws where another worker holds the source by now; else the lease is renewed. */
  async hold(tx: Transaction, { id, lease }: LeasedSource): Promise<void> {
    const held = await tx.run(sql`update source set lease_until = now() + ${LEASE}
      where tenant_id = current_tenant() and source_id = ${id} and lease = ${lease}`);
    if (held === 0) throw new Error('the lease of the source is lost');
  }

  saveCursor(tx: Transaction, { id }: LeasedSource, cursor: string | null): Promise<number> {
    return tx.run(sql`update source set cursor = ${cursor}, listed = ${cursor === null}
      where tenant_id = current_tenant() and source_id = ${id}`);
  }

  finish(
    tx: Transaction,
    { id, lease }: LeasedSource,
    outcome: { code: string | null; detail: string | null },
  ): Promise<number> {
    return tx.run(sql`
      update source s set running = false, lease = null, lease_until = null, cursor = null, forced = false,
        error_code = ${outcome.code}, error_detail = ${outcome.detail}, finished_at = now(),
        next_at = greatest(now() + s.every_minutes * interval '1 minute', s.next_at),
        counts = (select jsonb_build_object('rules', coalesce(s.counts -> 'rules', '[]'),
            'documents', count(*) filter (where e.document_id is not null),
            'problems', count(*) filter (where e.problem is not null))
          from source_entry e where e.tenant_id = s.tenant_id and e.source_id = s.source_id)
      where s.tenant_id = current_tenant() and s.source_id = ${id} and s.lease = ${lease}`);
  }

  /** Whether the owner is active and still administers, as whoever adds a source does. */
  async ownerAdministers(tx: Transaction, { owner }: LeasedSource): Promise<boolean> {
    const row = await tx.one<{ may: boolean }>(sql`
      select exists (select from principal p where p.tenant_id = current_tenant() and p.principal_id = ${owner}
        and p.active and exists (select from membership m join principal r on r.tenant_id = m.tenant_id
            and r.principal_id = m.container_id and r.kind = 'role' and r.name = 'admin'
          where m.tenant_id = p.tenant_id and m.member_id = p.principal_id)) as may`);
    return row.may;
  }

  /** Notes a page of the listing. What was deleted in Belay stays unnamed. */
  sight(
    tx: Transaction,
    { id, run }: LeasedSource,
    rows: readonly (Entry & { key: string })[],
  ): Promise<number> {
    return tx.run(sql`
      insert into source_entry as e (tenant_id, source_id, entry_key, entry_id, path, revision, permissions, run)
      select current_tenant(), ${id}, r.key, r.id, r.path, r.revision, r.permissions, ${run}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as r (key text, id text, path text, revision text, permissions jsonb)
      on conflict (tenant_id, source_id, entry_key) do update set run = excluded.run, revision = excluded.revision,
        permissions = excluded.permissions, entry_id = case when e.excluded then '' else excluded.entry_id end,
        path = case when e.excluded then '' else excluded.path end`);
  }

  /** Entries whose document was deleted in Belay: they are not brought again, and their names are forgotten. */
  exclude(tx: Transaction, { id }: LeasedSource): Promise<number> {
    return tx.run(sql`
      update source_entry e set excluded = true, document_id = null, path = '', entry_id = '', problem = null
      where e.tenant_id = current_tenant() and e.source_id = ${id} and e.document_id is not null
        and not exists (select from document d where d.tenant_id = e.tenant_id and d.document_id = e.document_id)`);
  }

  /** Whether restrictions stood, of what is there or was, and the source now says nothing of permissions at all. */
  async lostPermissions(tx: Transaction, { id, run }: LeasedSource): Promise<boolean> {
    const row = await tx.one<{ lost: boolean }>(sql`
      select count(*) filter (where e.run = ${run} and e.permissions ->> 'kind' = 'unsaid') > 0
        and count(*) filter (where ${RESTRICTED}) > 0 as lost
      from source_entry e where e.tenant_id = current_tenant() and e.source_id = ${id}`);
    return row.lost;
  }

  /** What rules restrict in the listing, and what they restricted that is gone from it. */
  restricted(tx: Transaction, { id, run }: LeasedSource): Promise<RestrictedRow[]> {
    return tx.many(sql`
      select e.path, e.run < ${run} as "isGone", case when e.permissions ->> 'kind' = 'restricted'
        then e.permissions else e.applied_permissions::jsonb end as permissions
      from source_entry e where e.tenant_id = current_tenant() and e.source_id = ${id}
        and case when e.run = ${run} then e.permissions ->> 'kind' = 'restricted' else ${RESTRICTED} end`);
  }

  /** Rules that match no file, for the owner to see; those of the last look are replaced. */
  noteRules(tx: Transaction, { id }: LeasedSource, rules: Source['problems']): Promise<number> {
    return tx.run(sql`update source set counts = counts || jsonb_build_object('rules', ${JSON.stringify(rules)}::jsonb)
      where tenant_id = current_tenant() and source_id = ${id}`);
  }

  /** Ends what rules meant for files that are gone and whose documents are kept: a rule then waits for new ones. */
  settle(tx: Transaction, { id, run }: LeasedSource): Promise<number> {
    return tx.run(sql`
      update source_entry e set permissions = '{"kind": "unsaid"}', applied_permissions = null
      where e.tenant_id = current_tenant() and e.source_id = ${id} and e.run < ${run} and ${RESTRICTED}`);
  }

  tally(tx: Transaction, { id, run }: LeasedSource): Promise<{ known: number; gone: number; seen: number }> {
    return tx.one(sql`
      select count(*) filter (where document_id is not null) as known,
        count(*) filter (where document_id is not null and run < ${run}) as gone,
        count(*) filter (where run = ${run}) as seen
      from source_entry where tenant_id = current_tenant() and source_id = ${id}`);
  }

  /** Entries that are there no longer, with their documents or without. */
  gone(tx: Transaction, { id, run }: LeasedSource): Promise<EntryRow[]> {
    return tx.many(sql`select ${ENTRY} from source_entry e
      where e.tenant_id = current_tenant() and e.source_id = ${id} and e.run < ${run} order by e.entry_key limit 200`);
  }

  /** Pairs of a vanished and a new entry with the same revision, where no other has it: files that were moved. */
  moved(
    tx: Transaction,
    { id, run }: LeasedSource,
  ): Promise<{ fromKey: string; toKey: string; documentId: string; path: string }[]> {
    return tx.many(sql`
      select min(e.entry_key) filter (where e.run < ${run}) as "fromKey",
        min(e.entry_key) filter (where e.run = ${run}) as "toKey",
        (array_agg(e.document_id) filter (where e.document_id is not null))[1] as "documentId",
        min(e.path) filter (where e.run = ${run}) as path
      from source_entry e where e.tenant_id = current_tenant() and e.source_id = ${id} and not e.excluded
      group by coalesce(e.applied_revision, e.revision)
      having count(*) = 2 and count(*) filter (where e.run < ${run} and e.document_id is not null) = 1
        and count(*) filter (where e.run = ${run} and e.document_id is null) = 1
        and min(substring(e.path from '\\.[^./]*$')) is not distinct from max(substring(e.path from '\\.[^./]*$'))`);
  }

  /** The vanished entry takes the place of the new one, with its document. */
  async takeOver(
    tx: Transaction,
    { id }: LeasedSource,
    move: { fromKey: string; toKey: string },
  ): Promise<void> {
    await tx.run(sql`
      update source_entry t set document_id = f.document_id, applied_revision = f.applied_revision,
        applied_permissions = f.applied_permissions
      from source_entry f where f.tenant_id = t.tenant_id and f.source_id = t.source_id and f.entry_key = ${move.fromKey}
        and t.tenant_id = current_tenant() and t.source_id = ${id} and t.entry_key = ${move.toKey}`);
    await this.forget(tx, id, move.fromKey);
  }

  forget(tx: Transaction, id: string, key: string): Promise<number> {
    return tx.run(sql`delete from source_entry
      where tenant_id = current_tenant() and source_id = ${id} and entry_key = ${key}`);
  }

  /** Entries whose permissions are to be written on a document that is there. */
  repermit(tx: Transaction, { id, run }: LeasedSource, after: string): Promise<EntryRow[]> {
    return tx.many(sql`select ${ENTRY} from source_entry e
      where e.tenant_id = current_tenant() and e.source_id = ${id} and e.run = ${run} and e.document_id is not null
        and e.permissions ->> 'kind' <> 'unsaid' and e.applied_permissions is distinct from e.permissions::text
        and e.entry_key > ${after} order by e.entry_key limit 200`);
  }

  /** Entries whose bytes are to be fetched. */
  due(tx: Transaction, { id, run }: LeasedSource, after: string): Promise<EntryRow[]> {
    return tx.many(sql`select ${ENTRY} from source_entry e
      where e.tenant_id = current_tenant() and e.source_id = ${id} and e.run = ${run} and not e.excluded
        and e.applied_revision is distinct from e.revision and e.entry_key > ${after}
      order by e.entry_key limit 200`);
  }

  /** The document of a path in the collection of a source, wherever it comes from. */
  async documentAt(tx: Transaction, { collection }: LeasedSource, path: string): Promise<string | undefined> {
    const key = createHash('sha256').update(path).digest('hex');
    const row = await tx.maybe<{ id: string }>(sql`select document_id as id from document
      where tenant_id = current_tenant() and collection_id = ${collection} and path_key = ${key}`);
    return row?.id;
  }

  applied(tx: Transaction, { id }: LeasedSource, entry: EntryRow, documentId: string): Promise<number> {
    return tx.run(sql`update source_entry set document_id = ${documentId}, applied_revision = ${entry.revision},
        applied_permissions = permissions::text, problem = null, attempts = 0
      where tenant_id = current_tenant() and source_id = ${id} and entry_key = ${entry.key}`);
  }

  permitted(tx: Transaction, { id }: LeasedSource, key: string): Promise<number> {
    return tx.run(sql`update source_entry set applied_permissions = permissions::text
      where tenant_id = current_tenant() and source_id = ${id} and entry_key = ${key}`);
  }

  trouble(tx: Transaction, { id }: LeasedSource, key: string, problem: string): Promise<number> {
    return tx.run(sql`update source_entry set problem = ${problem}, attempts = attempts + 1
      where tenant_id = current_tenant() and source_id = ${id} and entry_key = ${key}`);
  }

  remove(tx: Transaction, { id, lease }: LeasedSource): Promise<number> {
    return tx.run(sql`delete from source
      where tenant_id = current_tenant() and source_id = ${id} and lease = ${lease}`);
  }
}
