import type { KillScope } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';

export interface KillRow {
  readonly id: number;
  readonly scope: KillScope;
  readonly target: string | null;
  readonly reason: string;
  readonly by: string | null;
  readonly at: Date;
  readonly liftedAt: Date | null;
}

/** Whether a switch `k` of the database stops what is named; one of a single run does not. */
export const stopsMore = (
  of: Readonly<Record<'peer' | 'contract' | 'person', SqlStatement | string>>,
): SqlStatement =>
  sql`(k.scope = 'all' or (k.scope = 'peer' and k.target = ${of.peer})
    or (k.scope = 'contract' and k.target = ${of.contract}) or (k.scope = 'person' and k.target = ${of.person}))`;

/** Switches that stop effects. */
export class KillRepository {
  list(tx: Transaction): Promise<KillRow[]> {
    return tx.many(sql`select k.kill_id as id, k.scope, k.target, k.reason, p.name as by, k.set_at as at,
        k.lifted_at as "liftedAt"
      from kill_switch k
        left join principal p on p.tenant_id = k.tenant_id and p.principal_id = k.set_by
      where k.tenant_id = current_tenant() and k.scope <> 'run' order by k.kill_id desc limit 200`);
  }

  async set(
    tx: Transaction,
    { scope, target, reason }: { scope: KillScope; target: string | null; reason: string },
    by: number,
  ): Promise<number> {
    const { id } = await tx.one<{ id: number }>(sql`
      insert into kill_switch (tenant_id, scope, target, reason, set_by, is_recorded)
      values (current_tenant(), ${scope}, ${target}, ${reason}, ${by}, true) returning kill_id as id`);
    return id;
  }

  /** Whether there is what a switch is to stop: one that names nothing would stop nothing. */
  isKnown(tx: Transaction, scope: KillScope, target: string): Promise<{ isKnown: boolean }> {
    return tx.one(sql`select case ${scope}
      when 'person' then exists (select from principal
        where tenant_id = current_tenant() and kind = 'person' and name = ${target})
      when 'contract' then exists (select from tool_contract
        where tenant_id = current_tenant() and contract = ${target}) or ${target} = 'belay.documents.search'
      when 'peer' then exists (select from tool_contract
        where tenant_id = current_tenant() and document -> 'peer' ->> 'id' = ${target}) or ${target} = 'belay'
      else exists (select from agent_run where tenant_id = current_tenant() and run_id::text = ${target}) end
      as "isKnown"`);
  }

  /** 0 where there is none, it is lifted, or it stops a single run, which is for good. */
  lift(tx: Transaction, id: number, by: number): Promise<number> {
    return tx.run(sql`update kill_switch set lifted_by = ${by}, lifted_at = now()
      where tenant_id = current_tenant() and kill_id = ${id} and lifted_at is null and scope <> 'run'`);
  }

  active(tx: Transaction): Promise<{ scope: KillScope; target: string | null }[]> {
    return tx.many(sql`select distinct scope, target from kill_switch
      where tenant_id = current_tenant() and lifted_at is null and scope <> 'run'`);
  }

  unrecorded(tx: Transaction): Promise<KillRow[]> {
    return tx.many(sql`select kill_id as id, scope, target, reason from kill_switch
      where tenant_id = current_tenant() and not is_recorded for update skip locked`);
  }

  markRecorded(tx: Transaction, id: number): Promise<number> {
    return tx.run(sql`update kill_switch set is_recorded = true
      where tenant_id = current_tenant() and kill_id = ${id}`);
  }

  /** Of some runs, those that a switch stops whole; a contract or server that is stopped stops its calls alone. */
  stoppedAmong(tx: Transaction, runs: readonly string[]): Promise<{ run: string }[]> {
    return tx.many(sql`select r.run_id as run from agent_run r
        join principal p on p.tenant_id = r.tenant_id and p.principal_id = r.requester_id
      where r.tenant_id = current_tenant() and r.run_id = any (${[...runs]}::uuid[]) and r.state <> 'compensating'
        and exists (select from kill_switch k where k.tenant_id = r.tenant_id and k.lifted_at is null
          and (k.scope = 'all' or (k.scope = 'person' and k.target = p.name)
            or (k.scope = 'run' and k.target = r.run_id::text)
            or exists (select from run_step s where s.tenant_id = r.tenant_id and s.run_id = r.run_id
              and s.state = 'intended' and ((k.scope = 'peer' and k.target = s.peer)
                or (k.scope = 'contract' and k.target = s.contract)))))`);
  }
}
