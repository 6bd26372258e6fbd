import { sql, type Transaction } from '@belay/database';
import { SEARCH_DIGEST } from '../documents/search-contract.js';

/** What runs forget of arguments and results. */
export class ForgottenValues {
  /** Forgets what was read of documents: who may read it changes, and what a run read does not. */
  forgetDocuments(tx: Transaction, run: string): Promise<number> {
    return tx.run(sql`update run_value v set result = null from run_step s
      where v.tenant_id = current_tenant() and v.run_id = ${run} and s.tenant_id = v.tenant_id
        and s.run_id = v.run_id and s.step_id = v.step_id and s.digest = ${SEARCH_DIGEST}`);
  }

  /** The same in runs that were over before anybody could. */
  forgetLeftDocuments(tx: Transaction): Promise<number> {
    return tx.run(sql`update run_value v set result = null from run_step s
        join agent_run r on r.tenant_id = s.tenant_id and r.run_id = s.run_id
      where v.tenant_id = current_tenant() and s.tenant_id = v.tenant_id and s.run_id = v.run_id
        and s.step_id = v.step_id and s.digest = ${SEARCH_DIGEST} and v.result is not null
        and r.state in ('completed', 'failed', 'denied', 'killed', 'compensated', 'partially-compensated')`);
  }

  /** Forgets arguments and results that their contracts keep no longer; the journal keeps their digests. */
  expireValues(tx: Transaction): Promise<number> {
    return tx.run(sql`update run_value v set arguments = null, result = null, undo_arguments = null, former = null
      from run_step s
        join tool_contract c on c.tenant_id = s.tenant_id and c.digest = s.digest
        join agent_run r on r.tenant_id = s.tenant_id and r.run_id = s.run_id
      where v.tenant_id = current_tenant() and s.tenant_id = v.tenant_id and s.run_id = v.run_id
        and s.step_id = v.step_id and v.arguments is not null
        and r.state in ('completed', 'failed', 'denied', 'killed', 'compensated', 'partially-compensated')
        and r.changed_at < now() - (c.document ->> 'retentionDays')::int * interval '1 day'`);
  }
}
