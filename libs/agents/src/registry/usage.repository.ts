import type { ContractCall, ContractState, StepState, ToolContract } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** What was used of a contract that may be, or was, called. */
export interface UsedContract {
  readonly document: ToolContract;
  readonly state: ContractState;
  readonly touchedToday: number;
  readonly callsToday: number;
  readonly calls: Record<StepState, number>;
}

/** A call as it is stored. */
export type StoredCall = Omit<ContractCall, 'at'> & { readonly at: Date };

/** What contracts were used for. Whoever asks sees no run that he may not see. */
export class UsageRepository {
  usage(tx: Transaction): Promise<UsedContract[]> {
    return tx.many(sql`
      with step as (
        select contract, version, state, count(*)::int as calls,
          count(*) filter (where intended_at >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC')::int
            as today
        from run_step
        where tenant_id = current_tenant() and intended_at > now() - interval '30 days'
        group by contract, version, state)
      select c.document, c.state, coalesce(b.used, 0) as "touchedToday",
        coalesce((select sum(s.today)::int from step s
          where s.contract = c.contract and s.version = c.version), 0) as "callsToday",
        coalesce((select jsonb_object_agg(s.state, s.calls) from step s
          where s.contract = c.contract and s.version = c.version), '{}') as calls
      from tool_contract c
        left join blast_use b on b.tenant_id = c.tenant_id and b.day = (now() at time zone 'UTC')::date
          and b.resource = c.document #>> '{effect,blast,resource}'
      where c.tenant_id = current_tenant() and c.state in ('approved', 'quarantined')
      order by c.contract, c.registered_at`);
  }

  /** The latest calls of a contract. */
  calls(
    tx: Transaction,
    { contract, version }: { contract: string; version: string },
  ): Promise<StoredCall[]> {
    return tx.many(sql`
      select r.run_id as run, r.title as "runTitle", r.state as "runState", p.name as requester, s.step_id as step,
        s.state, s.reason, s.intended_at as at
      from run_step s
        join agent_run r on r.tenant_id = s.tenant_id and r.run_id = s.run_id
        join principal p on p.tenant_id = r.tenant_id and p.principal_id = r.requester_id
      where s.tenant_id = current_tenant() and s.contract = ${contract} and s.version = ${version}
        and s.intended_at is not null
      order by s.intended_at desc limit 50`);
  }
}
