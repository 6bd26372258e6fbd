import { recordLeaf } from '@belay/audit';
import type { SweepReport } from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import type { Originals } from './originals/originals.js';

// An object may be written before its row; one that is younger than this is not yet an orphan.
const GRACE_MS = 2 * 3600 * 1000;
const PAGE = 500;

interface ObjectRow {
  readonly versionId: string;
  readonly store: 'disk' | 's3';
  readonly key: string;
}

/** Looks for what belongs to nothing: rows, statistics, vectors and objects. Says numbers, never names. */
export class SweepService {
  constructor(
    private readonly database: Database,
    private readonly originals: Originals,
  ) {}

  async sweep(actor: SignedIn, dryRun: boolean): Promise<SweepReport> {
    const stray = await this.strayObjects(actor);
    const lost = await this.lostObjects(actor);
    const report = await this.asApi(actor, async (tx) => {
      const { rows } = await tx.one<{ rows: Record<string, number> }>(sql`select count_orphans() as rows`);
      const waiting = await tx.one<{ waiting: number; failing: number }>(sql`
        select count(*) filter (where due_at <= now()) as waiting, count(*) filter (where attempts > 0) as failing
        from original_removal where tenant_id = current_tenant()`);
      if (!dryRun) {
        await tx.run(sql`select remove_orphans()`);
        for (const { store, key } of stray) await queueRemoval(tx, store, key);
      }
      const payload = { dryRun, rows, stray: stray.length, lost };
      await recordLeaf(tx, actor.tenant, {
        type: 'audit.read',
        actor: actor.person,
        resource: 'sweep',
        payload,
      });
      return { rows, objects: { stray: stray.length, lost, ...waiting } };
    });
    const { waiting, ...found } = report.objects;
    const counts = [...Object.values(report.rows), ...Object.values(found)];
    return {
      dryRun,
      clean: counts.every((count) => count === 0),
      rows: report.rows,
      objects: { ...found, waiting },
    };
  }

  /** Objects that no row names and whose removal is not queued. */
  private async strayObjects(actor: SignedIn): Promise<{ store: 'database' | 'disk' | 's3'; key: string }[]> {
    const stray = [];
    for await (const { store, key, modifiedAt } of this.originals.list()) {
      if (!key.startsWith(`${actor.tenant}/`) || modifiedAt.getTime() > Date.now() - GRACE_MS) continue;
      const isNamed = await this.asApi(actor, (tx) =>
        tx.maybe(sql`select 1 as named from document_version
          where tenant_id = current_tenant() and version_id = ${key.split('/').at(-1) ?? ''}::uuid
          union all select 1 from original_removal
          where tenant_id = current_tenant() and store = ${store} and object_key = ${key}`),
      );
      if (!isNamed) stray.push({ store, key });
    }
    return stray;
  }

  /** How many rows name an object that is not there. */
  private async lostObjects(actor: SignedIn): Promise<number> {
    let lost = 0;
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const page = await this.asApi(actor, (tx) =>
        tx.many<ObjectRow>(sql`select version_id as "versionId", store, object_key as key from stored_object
          where tenant_id = current_tenant() and version_id > ${after}::uuid order by version_id limit ${PAGE}`),
      );
      for (const { store, key } of page) lost += (await this.originals.has(store, key)) ? 0 : 1;
      after = page.at(-1)?.versionId ?? after;
      if (page.length < PAGE) return lost;
    }
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

async function queueRemoval(tx: Transaction, store: string, key: string): Promise<void> {
  await tx.run(sql`insert into original_removal (tenant_id, store, object_key)
    values (current_tenant(), ${store}, ${key}) on conflict do nothing`);
}
