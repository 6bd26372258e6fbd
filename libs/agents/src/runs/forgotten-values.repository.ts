import { sql, type Transaction } from '@belay/database';
import { SEARCH_DIGEST } from '../documents/search-contract.js';

// Of a run that called nothing.
const UNSAID_DAYS = 90;
const AT_ONCE = 500;
const IS_OVER = sql`r.state in ('completed', 'failed', 'denied', 'killed', 'compensated', 'partially-compensated',
  'not-compensated', 'needs-operator')`;

/** What runs forget of what they held. */
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
        and s.step_id = v.step_id and s.digest = ${SEARCH_DIGEST} and v.result is not null and ${IS_OVER}`);
  }

  /** Says of runs that are over when they are forgotten: when the shortest retention of their contracts is. */
  setDates(tx: Transaction): Promise<number> {
    return tx.run(sql`update agent_run r set forget_at = r.changed_at + interval '1 day' * coalesce((
        select min((c.document ->> 'retentionDays')::int) from run_step s
          join tool_contract c on c.tenant_id = s.tenant_id and c.digest = s.digest
        where s.tenant_id = r.tenant_id and s.run_id = r.run_id), ${UNSAID_DAYS})
      where r.tenant_id = current_tenant() and r.forget_at is null and r.forgotten_at is null and ${IS_OVER}`);
  }

  /**
   * Forgets the runs whose time is over, some at a time: plan, answers, values, and the words of approvals. Outline,
   * journal, digests and votes stay, and so does the ledger.
   */
  forgetRuns(tx: Transaction): Promise<number> {
    return tx.run(sql`
      with gone as (
        update agent_run r set forgotten_at = now()
        where r.tenant_id = current_tenant() and r.forgotten_at is null and r.forget_at <= now() and ${IS_OVER}
          and r.run_id in (select due.run_id from agent_run due
            where due.tenant_id = current_tenant() and due.forgotten_at is null and due.forget_at <= now()
            order by due.forget_at limit ${AT_ONCE})
        returning r.tenant_id, r.run_id),
      plans as (delete from run_plan p using gone where p.tenant_id = gone.tenant_id and p.run_id = gone.run_id),
      answers as (delete from run_answer a using gone where a.tenant_id = gone.tenant_id and a.run_id = gone.run_id),
      held as (delete from run_value v using gone where v.tenant_id = gone.tenant_id and v.run_id = gone.run_id),
      words as (update run_approval a set text = null from gone
        where a.tenant_id = gone.tenant_id and a.run_id = gone.run_id)
      select from gone`);
  }

  /** Forgets recorded calls that are older than their contract keeps what it was called with. */
  forgetRecordedCalls(tx: Transaction): Promise<number> {
    return tx.run(sql`
      delete from tool_fixture f using tool_contract c
      where f.tenant_id = current_tenant() and c.tenant_id = f.tenant_id and c.contract = f.contract
        and c.version = f.version
        and f.recorded_at < now() - make_interval(days => (c.document ->> 'retentionDays')::int)`);
  }
}
