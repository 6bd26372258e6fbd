import { type RunState, type StepState, storable, type ToolContract } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { SEARCH_DIGEST } from '../documents/search-contract.js';
import { stopsMore } from './kills/kill.repository.js';
import type { Crowded, Wanting } from './places.js';
import type { NewStep, PlanRecord, RunRecord, StepRecord } from './run-records.js';
import type { RunVault } from './run-vault.js';

const RUN = sql`r.run_id as run, r.requester_id as requester, p.name as "requesterName", r.title, r.planner, r.state,
  r.is_open as "isOpen", r.late_from as "lateFrom", r.read_untrusted as "readUntrusted",
  r.read_private as "readPrivate", r.cost, r.budget, r.fence, r.journal_seq as "journalSeq",
  r.journal_head as "journalHead", r.ending`;

const heldRun = (run: string, fence: number): SqlStatement => sql`select ${RUN} from agent_run r
    join principal p on p.tenant_id = r.tenant_id and p.principal_id = r.requester_id
  where r.tenant_id = current_tenant() and r.run_id = ${run} and r.fence = ${fence}`;

/** A step as it is stored: its values sealed. */
type SealedStep = Omit<StepRecord, 'arguments' | 'result' | 'answer'> &
  Readonly<Record<'arguments' | 'result' | 'answer', Buffer | null>>;

/** Runs for the agent service. Whatever it writes of a run compares the fence of its lease. */
export class RunRepository {
  constructor(private readonly vault: RunVault) {}

  /**
   * Runs that can go on now and would find a place: what is taken back first, then everybody's in turn, the longest
   * waiting of each first.
   */
  due(tx: Transaction, most: number, { doing, undoing }: Crowded): Promise<Wanting[]> {
    return tx.many(sql`select run_id as run, requester_id as requester, state from (
        select run_id, requester_id, state, wake_at, state = 'compensating' as is_undo,
          row_number() over (partition by requester_id, state = 'compensating' order by wake_at) as turn
        from agent_run
        where tenant_id = current_tenant() and state in ('planned', 'running', 'waiting', 'compensating')
          and wake_at <= now() and (lease_until is null or lease_until < now())
          and case when state = 'compensating' then requester_id <> all (${undoing && [...undoing]}::int[])
            else requester_id <> all (${doing && [...doing]}::int[]) end) waiting
      order by is_undo desc, turn, wake_at limit ${most}`);
  }

  /** Takes the lease of a run that can go on; nothing where another has it or there is nothing to do. */
  claim(tx: Transaction, run: string, owner: string, leaseMs: number): Promise<RunRecord | undefined> {
    return tx.maybe(sql`
      update agent_run r set lease_owner = ${owner}, fence = r.fence + 1,
        lease_until = now() + ${leaseMs} * interval '1 millisecond',
        state = case when r.state = 'waiting' then 'running' else r.state end
      from principal p
      where r.tenant_id = current_tenant() and r.run_id = ${run}
        and r.state in ('planned', 'running', 'waiting', 'compensating') and r.wake_at <= now()
        and (r.lease_until is null or r.lease_until < now())
        and p.tenant_id = r.tenant_id and p.principal_id = r.requester_id
      returning ${RUN}`);
  }

  /** Locks a run for whoever holds its lease, and gives its RunRecord; nothing where that is another by now. */
  locking(run: string, fence: number): SqlStatement {
    return sql`${heldRun(run, fence)} for update of r`;
  }

  /** A run as it is now, without locking it; nothing where its lease is another's by now. */
  current(tx: Transaction, run: string, fence: number): Promise<RunRecord | undefined> {
    return tx.maybe(heldRun(run, fence));
  }

  renew(tx: Transaction, run: string, fence: number, leaseMs: number): Promise<number> {
    return tx.run(sql`update agent_run set lease_until = now() + ${leaseMs} * interval '1 millisecond'
      where tenant_id = current_tenant() and run_id = ${run} and fence = ${fence}`);
  }

  release(tx: Transaction, run: string, fence: number): Promise<number> {
    return tx.run(sql`update agent_run set lease_until = null, lease_owner = null
      where tenant_id = current_tenant() and run_id = ${run} and fence = ${fence}`);
  }

  setState(
    tx: Transaction,
    run: string,
    { state, reason, wakeInMs = 0 }: { state: RunState; reason: string | null; wakeInMs?: number },
  ): Promise<number> {
    return tx.run(sql`update agent_run set state = ${state}, reason = ${reason}, changed_at = now(), forget_at = null,
        wake_at = now() + ${wakeInMs} * interval '1 millisecond'
      where tenant_id = current_tenant() and run_id = ${run}`);
  }

  noteRead(tx: Transaction, run: string, isPrivate: boolean): Promise<number> {
    return tx.run(sql`update agent_run set read_untrusted = true, read_private = read_private or ${isPrivate}
      where tenant_id = current_tenant() and run_id = ${run}
        and not (read_untrusted and (read_private or not ${isPrivate}))`);
  }

  async plan(tx: Transaction, run: string): Promise<PlanRecord> {
    const row = await tx.one<
      Record<'task' | 'nodes' | 'slots', Buffer> &
        Record<'preview' | 'salt', Buffer | null> & { isOfProgram: boolean }
    >(
      sql`select task, nodes, slots, preview, salt, is_of_program as "isOfProgram" from run_plan
        where tenant_id = current_tenant() and run_id = ${run}`,
    );
    return {
      task: this.vault.open(tx, { run, part: 'task' }, row.task),
      nodes: this.vault.open(tx, { run, part: 'nodes' }, row.nodes),
      slots: this.vault.open(tx, { run, part: 'slots' }, row.slots),
      preview: this.vault.openIf(tx, { run, part: 'preview' }, row.preview),
      isOfProgram: row.isOfProgram,
      salt: this.vault.openIf(tx, { run, part: 'salt' }, row.salt) ?? '',
    };
  }

  async extend(tx: Transaction, run: string, nodes: string, lateFrom: number | null): Promise<void> {
    const sealed = this.vault.seal(tx, { run, part: 'nodes' }, nodes);
    await tx.run(sql`update run_plan set nodes = ${sealed}
      where tenant_id = current_tenant() and run_id = ${run}`);
    await tx.run(sql`update agent_run set late_from = ${lateFrom}
      where tenant_id = current_tenant() and run_id = ${run}`);
  }

  async steps(tx: Transaction, run: string): Promise<StepRecord[]> {
    const rows = await tx.many<SealedStep>(sql`
      select s.step_id as id, s.position, s.contract, s.version, s.digest, s.call_digest as "callDigest", s.effect,
        s.state, s.attempts, s.key, s.intended_at as "intendedAt", s.settled_at as "settledAt", v.arguments, v.result,
        v.result_label as "resultLabel", a.answer, coalesce(a.is_of_program, false) as "isOfProgram",
        s.found_before as "foundBefore"
      from run_step s
        left join run_value v on v.tenant_id = s.tenant_id and v.run_id = s.run_id and v.step_id = s.step_id
        left join run_answer a on a.tenant_id = s.tenant_id and a.run_id = s.run_id and a.step_id = s.step_id
      where s.tenant_id = current_tenant() and s.run_id = ${run} order by s.position`);
    return rows.map((row) => ({
      ...row,
      arguments: this.vault.openIf(tx, { run, step: row.id, part: 'arguments' }, row.arguments),
      result: this.vault.openIf(tx, { run, step: row.id, part: 'result' }, row.result),
      answer: this.vault.openIf(tx, { run, step: row.id, part: 'answer' }, row.answer),
    }));
  }

  /** The calls of a run but one. */
  otherCalls(
    tx: Transaction,
    run: string,
    step: string,
  ): Promise<{ contract: string | null; callDigest: string | null }[]> {
    return tx.many(sql`select contract, call_digest as "callDigest" from run_step
      where tenant_id = current_tenant() and run_id = ${run} and step_id <> ${step} and contract is not null`);
  }

  async insertStep(tx: Transaction, run: string, step: NewStep): Promise<void> {
    const of = columnsOf(step);
    const given = step.arguments;
    const sealed =
      given === null ? null : this.vault.seal(tx, { run, step: step.id, part: 'arguments' }, given);
    await Promise.all([
      tx.run(sql`
      insert into run_step (tenant_id, run_id, step_id, position, contract, version, digest, call_digest, title,
        effect, peer, state, reason, tainted, blast, way_back, is_late, key, attempts, intended_at)
      select current_tenant(), ${run}, ${step.id},
        coalesce((select max(position) + 1 from run_step where tenant_id = current_tenant() and run_id = ${run}), 0),
        ${of.contract}, ${of.version}, ${step.digest}, ${step.callDigest}, ${step.title}, ${of.effect}, ${of.peer},
        ${step.state}, ${step.reason && storable(step.reason)}, ${[...step.tainted]}, ${of.blast}::jsonb,
        ${step.wayBack}, ${step.isLate}, ${step.key},
        case when ${step.state} = 'intended' then 1 else 0 end,
        case when ${step.state} = 'intended' then now() end`),
      tx.run(sql`insert into run_value (tenant_id, run_id, step_id, arguments)
      values (current_tenant(), ${run}, ${step.id}, ${sealed})`),
    ]);
  }

  setStep(
    tx: Transaction,
    run: string,
    step: string,
    {
      state,
      reason = null,
      verified = null,
    }: { state: StepState; reason?: string | null; verified?: boolean | null },
  ): Promise<number> {
    return tx.run(sql`update run_step set state = ${state}, reason = ${reason && storable(reason)}, verified = ${verified},
        attempts = attempts + case when ${state} in ('intended', 'compensation-intended') then 1 else 0 end,
        intended_at = case when ${state} = 'intended' then now() else intended_at end,
        settled_at = case when ${state} = 'succeeded' then coalesce(settled_at, now()) else settled_at end
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  /** Keeps what is known by now of the way back of a call. */
  saveWayBack(tx: Transaction, run: string, step: string, wayBack: string | null): Promise<number> {
    return tx.run(sql`update run_step set way_back = ${wayBack}
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  saveResult(tx: Transaction, run: string, step: string, result: string, label: string): Promise<number> {
    const sealed = this.vault.seal(tx, { run, step, part: 'result' }, result);
    return tx.run(sql`update run_value set result = ${sealed}, result_label = ${label}::jsonb
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  savePreview(tx: Transaction, run: string, preview: string): Promise<number> {
    const sealed = this.vault.seal(tx, { run, part: 'preview' }, preview);
    return tx.run(sql`update run_plan set preview = ${sealed}
      where tenant_id = current_tenant() and run_id = ${run}`);
  }

  saveUndo(tx: Transaction, run: string, step: string, args: string): Promise<number> {
    const sealed = this.vault.seal(tx, { run, step, part: 'undo' }, args);
    return tx.run(sql`update run_value set undo_arguments = ${sealed}
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  /** Keeps what a call is about to overwrite, read before it. */
  saveFormer(tx: Transaction, run: string, step: string, former: string): Promise<number> {
    const sealed = this.vault.seal(tx, { run, step, part: 'former' }, former);
    return tx.run(sql`update run_value set former = ${sealed}
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  async former(tx: Transaction, run: string, step: string): Promise<string | null> {
    const found = await tx.maybe<{ former: Buffer | null }>(sql`select former from run_value
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
    return this.vault.openIf(tx, { run, step, part: 'former' }, found?.former ?? null);
  }

  /**
   * What decides in the transaction of an intent: a switch that is set for it (and whether none is wider than the run),
   * whether its contract is in use, and whether its person is active and among its users.
   */
  guard(
    tx: Transaction,
    of: { run: string; requester: number; requesterName: string; contract: ToolContract; digest: string },
  ): Promise<{ kill: string | null; isOnlyOwn: boolean; contract: string | null; isUser: boolean }> {
    const { contract, requesterName: person } = of;
    const stops = stopsMore({ peer: contract.peer.id, contract: contract.contract, person });
    return tx.one(sql`select
      (select reason from kill_switch k where k.tenant_id = current_tenant() and k.lifted_at is null
        and (${stops} or (k.scope = 'run' and k.target = ${of.run}))
        order by k.scope = 'run', k.kill_id limit 1) as kill,
      not exists (select from kill_switch k where k.tenant_id = current_tenant() and k.lifted_at is null
        and ${stops}) as "isOnlyOwn",
      case when ${of.digest} = ${SEARCH_DIGEST} then 'approved' else (select state from tool_contract
        where tenant_id = current_tenant() and digest = ${of.digest}) end as contract,
      exists (select from principal p where p.tenant_id = current_tenant() and p.principal_id = ${of.requester}
        and p.active) and exists (
        select from principal_closure c
          join principal p on p.tenant_id = c.tenant_id and p.principal_id = c.principal_id
        where c.tenant_id = current_tenant() and c.member_id = ${of.requester}
          and (p.kind = 'everyone' or p.kind || ':' || p.name = any (${[...contract.users]}))
          and (p.kind <> 'everyone' or 'everyone' = any (${[...contract.users]}))) as "isUser"`);
  }

  /** Who may read all of some documents, as far as it is needed: everybody (null), or the one who just did. */
  async readersOf(
    tx: Transaction,
    documents: readonly string[],
    person: number,
  ): Promise<ReadonlySet<number> | null> {
    const { isOpen } = await tx.one<{ isOpen: boolean }>(
      sql`select read_by_everybody(${[...documents]}::uuid[]) as "isOpen"`,
    );
    return isOpen ? null : new Set([person]);
  }

  /** The persons that principals stand for; null where everybody is among them. */
  async persons(tx: Transaction, principals: readonly string[]): Promise<ReadonlySet<number> | null> {
    if (principals.includes('everyone')) return null;
    const rows = await tx.many<{ id: number }>(sql`
      select distinct m.principal_id as id from principal_closure c
        join principal p on p.tenant_id = c.tenant_id and p.principal_id = c.principal_id
        join principal m on m.tenant_id = c.tenant_id and m.principal_id = c.member_id and m.kind = 'person'
      where c.tenant_id = current_tenant() and p.kind || ':' || p.name = any (${[...principals]})`);
    return new Set(rows.map(({ id }) => id));
  }
}

type Columns = Record<'contract' | 'version' | 'effect' | 'peer' | 'blast', string | null>;

/** What a step's row says of its contract; nothing of a question. */
function columnsOf({ contract, items }: NewStep): Columns {
  if (!contract) return { contract: null, version: null, effect: null, peer: null, blast: null };
  const { effect, peer, version } = contract;
  const blast = JSON.stringify({ resource: effect.blast.resource, items });
  return { contract: contract.contract, version, effect: effect.class, peer: peer.id, blast };
}
