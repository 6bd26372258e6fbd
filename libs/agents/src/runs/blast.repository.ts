import { sql, type Transaction } from '@belay/database';

/** How much of what is touched on a day, and what a run costs. */
export class BlastRepository {
  /** Counts what is touched of a resource today; false where that would be more than a day allows. */
  async count(tx: Transaction, resource: string, items: number, perDay: number): Promise<boolean> {
    if (items > perDay) return false;
    const touched = await tx.run(sql`
      insert into blast_use (tenant_id, resource, day, used)
      values (current_tenant(), ${resource}, (now() at time zone 'utc')::date, ${items})
      on conflict (tenant_id, resource, day) do update set used = blast_use.used + excluded.used
      where blast_use.used + excluded.used <= ${perDay}`);
    return touched > 0;
  }

  /** Gives back what was counted for a call that was never sent, on the day when it was counted. */
  uncount(
    tx: Transaction,
    { run, step }: { run: string; step: string },
    { resource, items }: { resource: string; items: number },
  ): Promise<number> {
    return tx.run(sql`update blast_use set used = greatest(used - ${items}, 0)
      where tenant_id = current_tenant() and resource = ${resource}
        and day = (select (intended_at at time zone 'utc')::date from run_step
          where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step})`);
  }

  /** Adds what a step costs to its run; 0 where the budget does not hold it. */
  charge(tx: Transaction, run: string, cost: number): Promise<number> {
    return tx.run(sql`update agent_run set cost = cost + ${cost}
      where tenant_id = current_tenant() and run_id = ${run} and cost + ${cost} <= budget`);
  }
}
