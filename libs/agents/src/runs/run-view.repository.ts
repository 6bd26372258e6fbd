import {
  type ApprovalState,
  isOver,
  type JournalEntry,
  type KillScope,
  type RunsQuery,
  RunState,
  type RunStep,
} from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';
import { DENIAL, type Denial } from './approvals/approval.repository.js';
import { stopsMore } from './kills/kill.repository.js';
import type { RunVault } from './run-vault.js';

/** A run as lists have it; what whoever asks may not see is not among the rows. */
export interface RunListRow {
  readonly id: string;
  readonly title: string;
  readonly requester: string;
  readonly requesterId: number;
  readonly planner: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly cost: number;
  readonly budget: number;
}

/** A run as its row says. */
export interface RunViewRow extends RunListRow {
  readonly hasWayBack: boolean;
  readonly journalHead: string;
  readonly forgetAt: Date | null;
  readonly forgottenAt: Date | null;
}

export interface ApprovalViewRow {
  readonly id: string;
  readonly run: string;
  readonly step: string;
  readonly requester: string;
  readonly requesterId: number;
  readonly state: ApprovalState;
  readonly expiresAt: Date;
  readonly digest: string;
  /** Null where it is forgotten, was sealed for something else, or is withheld. */
  readonly text: string | null;
  /** Whether it may hold something of a document that whoever looks may not read. */
  readonly isWithheld: boolean;
  readonly approvers: number;
  readonly separation: boolean;
  readonly granted: string[];
  readonly denied: Denial | null;
  readonly voted: boolean;
  /** A switch that is set and stops its call; those of single runs end the run. */
  readonly stop: { readonly scope: KillScope; readonly reason: string } | null;
  /** How many there are, with those that are not given. */
  readonly total: number;
}

/**
 * A step with its arguments, or what a question takes, and its result as JSON text, and what of them is not shown.
 */
export type StepViewRow = Omit<RunStep, 'arguments' | 'result' | 'choices' | 'asks' | 'backUntil'> & {
  readonly backUntil: Date | null;
  readonly arguments: string | null;
  readonly result: string | null;
  /** Places that are not shown, and documents of which there may be something in the result. */
  readonly kept: Readonly<Record<'redact' | 'documents', readonly string[]>>;
};

type SealedStepView = Omit<StepViewRow, 'arguments' | 'result'> &
  Readonly<Record<'arguments' | 'result', Buffer | null>>;

export interface NewRunRow {
  readonly id: string;
  readonly title: string;
  readonly planner: string;
  readonly isOpen: boolean;
  readonly isOfProgram: boolean;
  readonly budget: number;
  readonly task: string;
  readonly nodes: string;
  readonly slots: string;
  readonly salt: string;
}

const MOST = 200;
const CALLED = { peer: sql`s.peer`, contract: sql`s.contract`, person: sql`p.name` };
const OVER = RunState.options.filter(isOver);
const PLACE = /^(\d+)-(.+)$/;
const LISTED = sql`r.run_id as id, r.title, p.name as requester, r.requester_id as "requesterId", r.planner, r.state,
  r.reason, r.created_at as "createdAt", r.changed_at as "changedAt", r.cost, r.budget`;
const ROW = sql`${LISTED}, r.journal_head as "journalHead", r.forget_at as "forgetAt", r.forgotten_at as "forgottenAt",
  exists (select from run_step s where s.tenant_id = r.tenant_id and s.run_id = r.run_id
    and s.effect <> 'read' and s.way_back is not null
    and s.state in ('succeeded', 'intended', 'unknown', 'compensation-intended', 'compensation-failed')) as "hasWayBack"`;
// As long as its contract lets it be taken back, and what that needs is kept.
const BACK_UNTIL = sql`case when s.effect <> 'read' and s.way_back is not null
    and s.state in ('succeeded', 'unknown', 'compensation-intended', 'compensation-failed')
  then least(coalesce(s.settled_at, s.intended_at)
    + (c.document #>> '{effect,reversibleForHours}')::numeric * interval '1 hour', r.forget_at, r.forgotten_at) end`;
// Row security shows an approval to whoever could read all that it is made of; what they lost since is not shown.
const isReadableBy = (person: SqlStatement): SqlStatement =>
  sql`cardinality(a.documents) = 0 or still_readable(${person}, a.documents)`;
const WHY_DENIED = sql`(select v.reason from run_approval a
    join run_vote v on v.tenant_id = a.tenant_id and v.approval_id = a.approval_id and v.decision = 'deny'
  where a.tenant_id = s.tenant_id and a.run_id = s.run_id and a.step_id = s.step_id
    and (${isReadableBy(sql`current_person()`)})
  order by v.at desc limit 1)`;
const FROM = sql`from agent_run r
  join principal p on p.tenant_id = r.tenant_id and p.principal_id = r.requester_id`;

/** A query as its statement has it: null where nothing is said. */
function filterOf({ contract, after, ...given }: Omit<RunsQuery, 'mine'>) {
  const [state, person, peer] = [given.state, given.person, given.peer].map((said) => said ?? null);
  const [name = null, version = null] = contract?.split('@', 2) ?? [];
  const [, at = null, id = null] = PLACE.exec(after) ?? [];
  return { state, person, peer, name, version, at, id };
}

/** Runs as people see them. Row security shows a run to its requester, and its outline to whoever oversees tools. */
export class RunViewRepository {
  constructor(private readonly vault: RunVault) {}

  async insert(tx: Transaction, run: NewRunRow, requester: number): Promise<void> {
    await tx.run(sql`
      insert into agent_run (tenant_id, run_id, requester_id, title, planner, is_open, budget)
      values (current_tenant(), ${run.id}, ${requester}, ${run.title}, ${run.planner}, ${run.isOpen}, ${run.budget})`);
    const sealed = (part: 'task' | 'nodes' | 'slots' | 'salt'): Buffer =>
      this.vault.seal(tx, { run: run.id, part }, run[part]);
    await tx.run(sql`insert into run_plan (tenant_id, run_id, task, nodes, slots, salt, is_of_program)
      values (current_tenant(), ${run.id}, ${sealed('task')}, ${sealed('nodes')}, ${sealed('slots')}, ${sealed('salt')},
        ${run.isOfProgram})`);
  }

  /** Runs before a place, the newest first; each with its own place, for the next page. */
  list(
    tx: Transaction,
    query: Omit<RunsQuery, 'mine'>,
    own: number | null,
  ): Promise<(RunListRow & { at: string })[]> {
    const { state, person, peer, name, version, at, id } = filterOf(query);
    return tx.many(sql`select ${LISTED}, (extract(epoch from r.created_at) * 1000000)::bigint::text as at ${FROM}
      where r.tenant_id = current_tenant() and (${own}::int is null or r.requester_id = ${own})
        and (${state}::text is null or r.state = ${state}) and (${person}::text is null or p.name = ${person})
        and (${name}::text is null and ${peer}::text is null or exists (select from run_step s
          where s.tenant_id = r.tenant_id and s.run_id = r.run_id and (${name}::text is null or s.contract = ${name})
            and (${version}::text is null or s.version = ${version}) and (${peer}::text is null or s.peer = ${peer})))
        and (${at}::bigint is null or (r.created_at, r.run_id)
          < (timestamptz 'epoch' + ${at}::bigint * interval '1 microsecond', ${id}::uuid))
      order by r.created_at desc, r.run_id desc limit ${query.limit}`);
  }

  /** Waits until nobody else counts the open runs of a person; until the transaction ends. */
  lockOpen(tx: Transaction, person: number): Promise<number> {
    return tx.run(sql`select pg_advisory_xact_lock(7423, ${person})`);
  }

  /** How many runs of a person are neither over nor taken back. */
  countOpen(tx: Transaction, person: number): Promise<{ open: number }> {
    return tx.one(sql`select count(*)::int as open from agent_run
      where tenant_id = current_tenant() and requester_id = ${person} and state <> all (${OVER})`);
  }

  find(tx: Transaction, id: string): Promise<RunViewRow | undefined> {
    return tx.maybe(sql`select ${ROW} ${FROM} where r.tenant_id = current_tenant() and r.run_id = ${id}`);
  }

  /** What a run would do, and the salt of its digests; null for all but the requester, and where it is forgotten. */
  async plan(tx: Transaction, run: string): Promise<{ preview: string | null; salt: string | null }> {
    const row = await tx.maybe<Record<'preview' | 'salt', Buffer | null>>(sql`
      select preview, salt from run_plan where tenant_id = current_tenant() and run_id = ${run}`);
    return {
      preview: this.vault.openIf(tx, { run, part: 'preview' }, row?.preview ?? null),
      salt: this.vault.openIf(tx, { run, part: 'salt' }, row?.salt ?? null),
    };
  }

  /** What contracts, as NAME@VERSION, do not let pages show. */
  async redact(
    tx: Transaction,
    contracts: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await tx.many<{ name: string; redact: string[] }>(sql`
      select contract || '@' || version as name, coalesce(document -> 'redact', '[]') as redact from tool_contract
      where tenant_id = current_tenant() and contract || '@' || version = any (${[...contracts]})`);
    return new Map(rows.map(({ name, redact }) => [name, redact]));
  }

  /** Steps in their order; arguments and results are null for all but the requester. */
  async steps(tx: Transaction, run: string): Promise<StepViewRow[]> {
    const rows = await tx.many<SealedStepView>(sql`
      select s.step_id as id, s.contract || '@' || s.version as contract, s.title, s.effect, s.state, s.reason,
        s.tainted, s.blast, s.way_back as "wayBack", ${BACK_UNTIL} as "backUntil", s.verified, ${WHY_DENIED} as denial, v.arguments,
        v.result,
        jsonb_build_object('redact', coalesce(c.document -> 'redact', '[]'),
          'documents', coalesce(v.result_label -> 'documents', '[]')) as kept
      from run_step s join agent_run r on r.tenant_id = s.tenant_id and r.run_id = s.run_id
        left join tool_contract c on c.tenant_id = s.tenant_id and c.digest = s.digest
        left join run_value v on v.tenant_id = s.tenant_id and v.run_id = s.run_id and v.step_id = s.step_id
      where s.tenant_id = current_tenant() and s.run_id = ${run} order by s.position`);
    return rows.map((row) => ({
      ...row,
      arguments: this.vault.openIf(tx, { run, step: row.id, part: 'arguments' }, row.arguments),
      result: this.vault.openIf(tx, { run, step: row.id, part: 'result' }, row.result),
    }));
  }

  journal(
    tx: Transaction,
    id: string,
  ): Promise<(Omit<JournalEntry, 'at'> & { at: Date; fence: number; previous: string })[]> {
    return tx.many(sql`select seq, fence, kind, step_id as step, payload, at, previous, hash from run_journal
      where tenant_id = current_tenant() and run_id = ${id} order by seq limit 20000`);
  }

  /** Moves a run that is in one of these states; 0 where it is in none. */
  move(
    tx: Transaction,
    id: string,
    from: readonly RunState[],
    to: { state: RunState; reason: string | null },
  ): Promise<number> {
    return tx.run(sql`update agent_run
      set state = ${to.state}, reason = ${to.reason}, wake_at = now(), changed_at = now(), forget_at = null
      where tenant_id = current_tenant() and run_id = ${id} and state = any (${[...from]})
        and forgotten_at is null`);
  }

  answer(
    tx: Transaction,
    { run, step, isOfProgram }: { run: string; step: string; isOfProgram: boolean },
    answer: string,
  ): Promise<number> {
    const sealed = this.vault.seal(tx, { run, step, part: 'answer' }, answer);
    return tx.run(sql`insert into run_answer (tenant_id, run_id, step_id, answer, is_of_program)
      values (current_tenant(), ${run}, ${step}, ${sealed}, ${isOfProgram}) on conflict do nothing`);
  }

  /** One, or all that wait: the oldest of everybody, then the second oldest, so that nobody's keep others' away. */
  async approvals(tx: Transaction, person: number, id: string | null = null): Promise<ApprovalViewRow[]> {
    const isReadable = isReadableBy(sql`${person}`);
    const rows = await tx.many<Omit<ApprovalViewRow, 'text'> & { text: Buffer | null }>(sql`
      select a.approval_id as id, a.run_id as run, a.step_id as step, p.name as requester,
        a.requester_id as "requesterId", case when a.state = 'pending' and a.expires_at <= now() then 'expired'
          else a.state end as state, a.expires_at as "expiresAt", a.digest, a.approvers, a.separation,
        case when ${isReadable} then a.text end as text, not (${isReadable}) as "isWithheld",
        (select coalesce(array_agg(g.name order by v.at), '{}') from run_vote v
          join principal g on g.tenant_id = v.tenant_id and g.principal_id = v.person_id
          where v.tenant_id = a.tenant_id and v.approval_id = a.approval_id and v.decision = 'grant') as granted,
        case when ${isReadable} then ${DENIAL} end as denied,
        exists (select from run_vote v where v.tenant_id = a.tenant_id and v.approval_id = a.approval_id
          and v.person_id = ${person}) as voted,
        (select jsonb_build_object('scope', k.scope, 'reason', k.reason) from kill_switch k
          where k.tenant_id = a.tenant_id and k.lifted_at is null and a.state = 'pending' and ${stopsMore(CALLED)}
          order by k.kill_id limit 1) as stop, count(*) over ()::int as total
      from run_approval a
        join principal p on p.tenant_id = a.tenant_id and p.principal_id = a.requester_id
        join agent_run r on r.tenant_id = a.tenant_id and r.run_id = a.run_id
        join run_step s on s.tenant_id = a.tenant_id and s.run_id = a.run_id and s.step_id = a.step_id
      where a.tenant_id = current_tenant() and (a.approval_id = ${id}::uuid or (${id}::uuid is null
        and a.state = 'pending' and a.expires_at > now() and r.state <> all (${OVER})))
      order by row_number() over (partition by a.requester_id order by a.created_at), a.created_at limit ${MOST}`);
    return rows.map((row) => {
      const place = { run: row.run, step: row.step, part: 'approval' } as const;
      return { ...row, text: this.vault.openIfOurs(tx, place, row.text) };
    });
  }

  /** Locks the run that an approval is of, which its engine and whoever stops it lock first, too. */
  lockRunOf(tx: Transaction, approval: string): Promise<{ state: RunState } | undefined> {
    return tx.maybe(sql`select r.state from agent_run r
        join run_approval a on a.tenant_id = r.tenant_id and a.run_id = r.run_id
      where r.tenant_id = current_tenant() and a.approval_id = ${approval} for update of r`);
  }

  /** Locks one that can be decided now. */
  lockApproval(tx: Transaction, id: string): Promise<{ id: string } | undefined> {
    return tx.maybe(sql`select approval_id as id from run_approval
      where tenant_id = current_tenant() and approval_id = ${id} and state = 'pending' and expires_at > now()
      for update`);
  }

  vote(
    tx: Transaction,
    id: string,
    person: number,
    { decision, reason }: { decision: 'grant' | 'deny'; reason: string | null },
  ): Promise<number> {
    return tx.run(sql`insert into run_vote (tenant_id, approval_id, person_id, decision, reason)
      values (current_tenant(), ${id}, ${person}, ${decision}, ${reason}) on conflict do nothing`);
  }

  decide(tx: Transaction, id: string, state: 'granted' | 'denied'): Promise<number> {
    return tx.run(sql`update run_approval set state = ${state}
      where tenant_id = current_tenant() and approval_id = ${id} and state = 'pending'`);
  }
}
