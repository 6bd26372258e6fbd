import type { AccessService } from '@belay/access';
import { recordLeaf } from '@belay/audit';
import type { AnswerThreshold } from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';

/** Thresholds of refusal that were measured on a collection's own questions. */
export class CalibrationService {
  constructor(
    private readonly database: Database,
    private readonly access: AccessService,
  ) {}

  /** Sets the threshold of a collection that the person manages, with a leaf in the same transaction. */
  async set(actor: SignedIn, reference: string, request: AnswerThreshold): Promise<AnswerThreshold> {
    const collection = await this.access.managedCollection(actor, reference);
    const identity = { role: 'api', tenant: actor.tenant, person: actor.person } as const;
    await this.database.transaction(identity, async (tx) => {
      await storeThreshold(tx, collection.id, request);
      await recordLeaf(tx, actor.tenant, {
        type: 'collection.calibrate',
        actor: actor.person,
        resource: collection.id,
        payload: { ...request },
      });
    });
    return request;
  }
}

function storeThreshold(tx: Transaction, collectionId: string, request: AnswerThreshold): Promise<number> {
  return tx.run(sql`
    insert into answer_threshold (tenant_id, collection_id, model_id, threshold, questions, set_by)
    values (current_tenant(), ${collectionId}, ${request.model}, ${request.threshold}, ${request.questions},
      current_person())
    on conflict (tenant_id, collection_id, model_id) do update
      set threshold = excluded.threshold, questions = excluded.questions, set_by = excluded.set_by, set_at = now()`);
}

/**
 * The threshold of a collection by name or id, for a `reader` transaction; undefined where none was measured or the
 * person may read nothing of it. Where several collections of one name are readable, the strictest counts.
 */
export async function thresholdOf(
  tx: Transaction,
  collection: string,
  modelId: string,
): Promise<number | undefined> {
  const row = await tx.maybe<{ threshold: number | null }>(sql`
    select max(t.threshold) as threshold from answer_threshold t
    join collection c on c.tenant_id = t.tenant_id and c.collection_id = t.collection_id
    where t.tenant_id = current_tenant() and t.model_id = ${modelId}
      and ${collection} in (c.name, c.collection_id::text)
      and c.collection_id in (select s.collection_id from scope s where s.tenant_id = current_tenant()
        and s.scope_id in (select r.scope_id from readable_scopes() r))`);
  return row?.threshold ?? undefined;
}
