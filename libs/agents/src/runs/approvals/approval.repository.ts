import { sql, type Transaction } from '@belay/database';
import type { RunVault } from '../run-vault.js';

/** An approval as the agent service needs it. */
export interface ApprovalRecord {
  readonly id: string;
  readonly step: string;
  readonly state: 'pending' | 'granted' | 'denied' | 'used' | 'expired' | 'void';
  /** Null where it is not a text of this step, and where whoever granted it could not do so any more. */
  readonly text: string | null;
  readonly digest: string;
  readonly isExpired: boolean;
  /** Who denied it, and why if they said so. */
  readonly denial: Denial | null;
  /** Whether whoever asked for it may not read any more what may be in it. */
  readonly isLost: boolean;
}

/** A no, as whoever asked is told it. */
export interface Denial {
  readonly by: string;
  readonly reason: string | null;
}

/** The no of an approval `a`; null where there is none. */
export const DENIAL = sql`(select jsonb_build_object('by', d.name, 'reason', v.reason) from run_vote v
  join principal d on d.tenant_id = v.tenant_id and d.principal_id = v.person_id
  where v.tenant_id = a.tenant_id and v.approval_id = a.approval_id and v.decision = 'deny' order by v.at limit 1)`;

export interface NewApproval {
  readonly id: string;
  readonly run: string;
  readonly step: string;
  readonly requester: number;
  readonly text: string;
  readonly digest: string;
  readonly approvers: number;
  readonly separation: boolean;
  readonly readers: readonly number[] | null;
  readonly documents: readonly string[];
  readonly expires: Date;
}

// As many calls of one person wait for somebody; the others are asked for when these are decided.
const MOST_PENDING = 25;

// Whoever granted it is active and, but for the own call, still has a role that decides.
const IS_WITHDRAWN = sql`exists (select from run_vote v
  join principal p on p.tenant_id = v.tenant_id and p.principal_id = v.person_id
  where v.tenant_id = a.tenant_id and v.approval_id = a.approval_id and v.decision = 'grant'
    and not (p.active and (v.person_id = a.requester_id or exists (select from principal_closure c
      join principal r on r.tenant_id = c.tenant_id and r.principal_id = c.principal_id
      where c.tenant_id = v.tenant_id and c.member_id = v.person_id and r.kind = 'role'
        and r.name in ('approver', 'admin')))))`;

const IS_LOST = sql`cardinality(a.documents) > 0 and not still_readable(a.requester_id, a.documents)`;

/** Grants of single calls: made and used up by the agent service, decided by people. */
export class ApprovalRepository {
  constructor(private readonly vault: RunVault) {}

  /** Whether another call of a person may wait for somebody now, and whether one of its run does. */
  async room(tx: Transaction, person: number, run: string): Promise<{ isLeft: boolean; hasOwn: boolean }> {
    await tx.run(sql`select pg_advisory_xact_lock(7424, ${person})`);
    return tx.one(sql`select count(*) < ${MOST_PENDING} as "isLeft",
        count(*) filter (where run_id = ${run}) > 0 as "hasOwn"
      from run_approval where tenant_id = current_tenant() and requester_id = ${person} and state = 'pending'
        and expires_at > now()`);
  }

  insert(tx: Transaction, approval: NewApproval): Promise<number> {
    const { run, step } = approval;
    const sealed = this.vault.seal(tx, { run, step, part: 'approval' }, approval.text);
    return tx.run(sql`
      insert into run_approval (tenant_id, approval_id, run_id, step_id, requester_id, text, digest, approvers,
        separation, readers, documents, expires_at)
      values (current_tenant(), ${approval.id}, ${approval.run}, ${approval.step}, ${approval.requester},
        ${sealed}, ${approval.digest}, ${approval.approvers}, ${approval.separation},
        ${approval.readers === null ? null : [...approval.readers]}, ${[...approval.documents]}::uuid[],
        ${approval.expires})`);
  }

  /** The latest of each step of a run. */
  async ofRun(tx: Transaction, run: string): Promise<ApprovalRecord[]> {
    const rows = await tx.many<
      Omit<ApprovalRecord, 'text'> & { text: Buffer | null; isWithdrawn: boolean }
    >(sql`select distinct on (step_id) approval_id as id, step_id as step, state, text, digest,
        expires_at <= now() as "isExpired", ${DENIAL} as denial, ${IS_LOST} as "isLost",
        state = 'granted' and ${IS_WITHDRAWN} as "isWithdrawn"
      from run_approval a where tenant_id = current_tenant() and run_id = ${run}
      order by step_id, created_at desc`);
    return rows.map(({ isWithdrawn, ...row }) => ({
      ...row,
      text: isWithdrawn
        ? null
        : this.vault.openIfOurs(tx, { run, step: row.step, part: 'approval' }, row.text),
    }));
  }

  /** Uses up a grant of exactly this digest; 0 where it is none, is expired, or was used. */
  use(tx: Transaction, id: string, digest: string): Promise<number> {
    return tx.run(sql`update run_approval a set state = 'used'
      where tenant_id = current_tenant() and approval_id = ${id} and digest = ${digest} and state = 'granted'
        and expires_at > now() and not (${IS_WITHDRAWN}) and not (${IS_LOST})`);
  }

  /** Makes a grant usable again whose call was never sent. */
  giveBack(tx: Transaction, run: string, step: string): Promise<number> {
    return tx.run(sql`update run_approval set state = 'granted'
      where tenant_id = current_tenant() and expires_at > now() and state = 'used' and approval_id = (
        select approval_id from run_approval where tenant_id = current_tenant() and run_id = ${run}
          and step_id = ${step} order by created_at desc limit 1)`);
  }

  end(tx: Transaction, id: string, state: 'expired' | 'void'): Promise<number> {
    return tx.run(sql`update run_approval set state = ${state}
      where tenant_id = current_tenant() and approval_id = ${id} and state in ('pending', 'granted')`);
  }

  /**
   * Runs whose approval ran out undecided or holds what their person may not read any more, whose contract is in use
   * again, or whose question is answered; they are woken to notice it.
   */
  wakeSettled(tx: Transaction): Promise<number> {
    return tx.run(sql`update agent_run r set state = 'running', wake_at = now()
      where r.tenant_id = current_tenant() and ((r.state = 'awaiting-approval' and (not exists (
          select from run_approval a where a.tenant_id = r.tenant_id and a.run_id = r.run_id
            and a.state = 'pending' and a.expires_at > now())
          or exists (select from run_approval a where a.tenant_id = r.tenant_id and a.run_id = r.run_id
            and a.state = 'pending' and ${IS_LOST})))
        or (r.state = 'suspended' and not exists (
          select from run_step s
            join tool_contract c on c.tenant_id = s.tenant_id and c.contract = s.contract and c.version = s.version
          where s.tenant_id = r.tenant_id and s.run_id = r.run_id and s.state in ('proposed', 'awaiting-approval',
            'unknown', 'intended') and c.state <> 'approved'))
        or (r.state = 'needs-input' and exists (
          select from run_answer a join run_step s on s.tenant_id = a.tenant_id and s.run_id = a.run_id
            and s.step_id = a.step_id
          where a.tenant_id = r.tenant_id and a.run_id = r.run_id and s.state = 'asking')))`);
  }
}
