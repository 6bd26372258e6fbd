import type { Run, RunState } from '@belay/contracts';
import { type Database, sql } from '@belay/database';
import { HeldServer } from '@belay/testing/held-server';
import { RunCompany } from '@belay/testing/run-company';
import { READ } from '@belay/testing/tool-company';
import type { CallOutcome } from '../../peers/call-outcome.js';
import type { ToolCall } from '../../peers/call-tool.js';
import type { PeerPool } from '../../peers/peer-pool.js';
import { MAKE, PER_DAY, REMOVE } from './random-contracts-spec.js';
import { type Fate, isDenied, nameOf, type Script } from './random-plans-spec.js';
import { RandomServer } from './random-server-spec.js';
import { RunHost } from '../run-host.js';

/** A process that ends: before or after so many of its transactions that write, or of its calls with an effect. */
export interface Death {
  readonly of: 'transaction' | 'call';
  readonly at: number;
  readonly when: 'before' | 'after';
}
class Dead extends Error {}

/** What happens to a run from outside of it. */
export interface Fortune {
  readonly script: Script;
  /** Of five that are asked for, so many are not allowed. */
  readonly deny: number;
  readonly deaths: readonly Death[];
  /** After so many turns its person is stopped; at such a call it is cancelled. */
  readonly killAt?: number | undefined;
  readonly cancelAt?: number | undefined;
  /** So many things may still be made today. */
  readonly left?: number | undefined;
  /** Taken back at the end, or as soon as it was cancelled; and what becomes of the calls that do so. */
  readonly undo: 'no' | 'end' | 'at-once';
  readonly undoing: readonly Fate[];
}

export interface Move {
  readonly what: 'run' | 'step';
  readonly was: string;
  readonly now: string;
}

const MOST_TURNS = 150;
const MOVING: readonly RunState[] = ['planned', 'running', 'waiting', 'compensating'];

/** A company with a scripted server, whose run is carried out turn by turn by a process that may end anywhere. */
export class RandomWorld {
  /** What was seen on the way that must not be. */
  wrong: string[] = [];
  private server = new RandomServer(
    { nodes: [], fates: new Map(), found: new Map(), answers: new Map() },
    [],
  );
  private deaths: Death[] = [];
  private isDead = false;
  private isKilled = false;
  private count = { transaction: 0, call: 0 };
  private run = '';

  private constructor(
    private readonly company: RunCompany,
    private readonly offering: HeldServer,
  ) {}

  static async start(kind: 'embedded' | 'native'): Promise<RandomWorld> {
    const [company, offering] = await Promise.all([RunCompany.start(kind), HeldServer.start()]);
    company.name(offering);
    for (const [id, decided] of Object.entries(MAKE)) {
      const peer = offering.peer(id);
      await company.tools.approve(peer, 'find', READ);
      await company.tools.approve(peer, 'remove', REMOVE);
      await company.tools.approve(peer, 'make', decided);
    }
    // From here on runs go on when the test says so.
    await company.services.host.stop();
    const world = new RandomWorld(company, offering);
    await world.watchMoves();
    return world;
  }

  /** What became of a run that all this happened to. */
  async live(
    fortune: Fortune,
  ): Promise<{ run: Run; server: RandomServer; moves: Move[]; keys: Map<string, string> }> {
    const { runs, kills } = this.company.services;
    const [ada, boss] = [this.company.by('ada'), this.company.by('boss')];
    this.server = new RandomServer(fortune.script, fortune.undoing);
    [this.deaths, this.count, this.wrong] = [[...fortune.deaths], { transaction: 0, call: 0 }, []];
    await this.execute(sql`delete from blast_use where tenant_id = 1`);
    await this.execute(sql`insert into blast_use (tenant_id, resource, day, used)
      values (1, 'things', (now() at time zone 'utc')::date, ${PER_DAY - (fortune.left ?? PER_DAY)})`);
    this.run = (await runs.create(ada, { title: 'Random', steps: [...fortune.script.nodes] })).id;
    await this.carry(fortune);
    for (const { id, liftedAt } of await kills.list(boss)) if (liftedAt === null) await kills.lift(boss, id);
    this.isKilled = false;
    if (fortune.undo === 'end' && (await this.look()).mayUndo) {
      await runs.undo(ada, this.run);
      await this.carry({ ...fortune, killAt: undefined, cancelAt: undefined });
    }
    // Throws where the chain is broken.
    await runs.journal(ada, this.run);
    const rows = await this.rows<{ key: string; state: string }>(sql`select key, state from run_step
      where run_id = ${this.run} and key is not null and effect <> 'read'`);
    const moves = await this.rows<Move>(sql`select distinct what, was, now from test_move
      where run_id = ${this.run}`);
    const keys = new Map(rows.map(({ key, state }) => [key, state]));
    return { run: await this.look(), server: this.server, moves, keys };
  }

  /** Turn by turn, until nobody does anything more. */
  private async carry(fortune: Fortune): Promise<void> {
    let host = this.process(fortune);
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      if (turn === fortune.killAt) await this.kill();
      const { state } = await this.look();
      if (!MOVING.includes(state)) {
        if (await this.respond(state, fortune)) continue;
        return;
      }
      await this.pass();
      await host.engine.advance(1, this.run).catch((error: unknown) => {
        if (!(error instanceof Dead)) throw error;
      });
      if (this.isDead) host = this.process(fortune);
    }
    this.wrong.push('the run does not end');
  }

  /** What people do about a run that rests; false where it is over. */
  private async respond(state: RunState, fortune: Fortune): Promise<boolean> {
    const { runs } = this.company.services;
    const ada = this.company.by('ada');
    if (state === 'ready') return (await runs.start(ada, this.run)) !== undefined;
    if (!['awaiting-approval', 'needs-input', 'suspended'].includes(state)) return false;
    await this.execute(sql`update tool_contract set state = 'approved' where state = 'quarantined'`);
    await this.decide(fortune);
    for (const step of (await this.look()).steps.filter((one) => one.state === 'asking')) {
      const answer = fortune.script.answers.get(nameOf(step.id)) ?? true;
      // It may be answered already, and the run wait for something else.
      await runs.answer(ada, this.run, { step: step.id, answer }).catch(() => undefined);
    }
    // As the agent service notices it by itself.
    await this.execute(sql`update agent_run set state = 'running' where run_id = ${this.run}
      and state in ('awaiting-approval', 'needs-input', 'suspended')`);
    return true;
  }

  private async decide({ deny }: Fortune): Promise<void> {
    const { approvals } = this.company.services;
    const boss = this.company.by('boss');
    for (const { id, run, step, digest, stopped } of (await approvals.pending(boss)).approvals) {
      // What a switch stops cannot be allowed.
      const decision = stopped !== null || isDenied(step, deny) ? 'deny' : 'grant';
      if (run === this.run) await approvals.decide(boss, id, { digest, decision });
    }
  }

  private look(): Promise<Run> {
    return this.company.services.runs.get(this.company.by('ada'), this.run);
  }

  private async kill(): Promise<void> {
    const asked = { scope: 'person', target: 'ada', reason: 'a drill' } as const;
    await this.company.services.kills.set(this.company.by('boss'), asked);
    this.isKilled = true;
  }

  private async cancel({ undo }: Fortune): Promise<void> {
    const { runs } = this.company.services;
    const ada = this.company.by('ada');
    await runs.cancel(ada, this.run).catch(() => undefined);
    if (undo === 'at-once') await runs.undo(ada, this.run).catch(() => undefined);
  }

  /** Time passes: what waits is due, no server is still at anything, and the lease of whoever ended is over. */
  private async pass(): Promise<void> {
    await this.execute(
      sql`update agent_run set wake_at = now(), lease_until = null where run_id = ${this.run}`,
    );
    await this.execute(
      sql`update run_step set intended_at = intended_at - interval '1 hour' where run_id = ${this.run}`,
    );
  }

  /** An agent service on the same data, with all that it can reach. */
  private process(fortune: Fortune): RunHost {
    this.isDead = false;
    const { options } = this.company.services;
    const pool = { call: (call: ToolCall) => this.call(call, fortune) } as unknown as PeerPool;
    const holds = (bound: string): boolean => bound !== 'rate';
    return new RunHost({ ...options, database: this.mortal(options.database), pool, holds });
  }

  private mortal(database: Database): Database {
    const transaction: Database['transaction'] = async (options, work) => {
      if (this.isDead) throw new Dead();
      if (options.readOnly) return database.transaction(options, work);
      return this.lived('transaction', () => database.transaction(options, work));
    };
    return Object.assign(Object.create(database) as Database, { transaction });
  }

  /** Does something, unless the process ends before it; it may also end after it. */
  private async lived<T>(of: Death['of'], work: () => Promise<T>): Promise<T> {
    this.count[of] += 1;
    const at = this.count[of];
    this.dieIf({ of, at, when: 'before' });
    const done = await work();
    this.dieIf({ of, at, when: 'after' });
    return done;
  }

  private dieIf({ of, at, when }: Death): void {
    const death = this.deaths.findIndex((one) => one.of === of && one.at === at && one.when === when);
    if (death >= 0) this.deaths.splice(death, 1);
    this.isDead ||= death >= 0;
    if (this.isDead) throw new Dead();
  }

  private async call(call: ToolCall, fortune: Fortune): Promise<CallOutcome> {
    if (this.isDead) throw new Dead();
    const { name } = call.contract.tool;
    if (name === 'find') return this.server.find(call);
    return this.lived('call', async () => {
      const step = await this.intended(name, call.key);
      if (this.count.call === fortune.cancelAt) await this.cancel(fortune);
      return name === 'make' ? this.server.make(call, step) : this.server.remove(call);
    });
  }

  /** The step that a call belongs to, whose intent must stand. */
  private async intended(tool: string, key: string): Promise<string> {
    const [kind, state] =
      tool === 'make' ? ['intent', 'intended'] : ['compensation-intent', 'compensation-intended'];
    const found = await this.rows<{ id: string }>(sql`select s.step_id as id from run_journal j
        join run_step s on s.tenant_id = j.tenant_id and s.run_id = j.run_id and s.step_id = j.step_id
      where j.run_id = ${this.run} and j.kind = ${kind} and j.payload ->> 'key' = ${key} and s.state = ${state}`);
    if (found.length === 0) this.wrong.push(`${tool} was called without an intent`);
    if (this.isKilled) this.wrong.push(`${tool} was called after everything was stopped`);
    return found[0]?.id ?? '';
  }

  private execute(statement: ReturnType<typeof sql>): Promise<number> {
    return this.company.execute(statement);
  }

  private rows<T extends object>(statement: ReturnType<typeof sql>): Promise<T[]> {
    const { database } = this.company.services;
    return database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.many<T>(statement));
  }

  /** Each move of a run and of a step is written down by the database itself. */
  private async watchMoves(): Promise<void> {
    await this.execute(sql`create table test_move (run_id uuid, what text, was text, now text)`);
    await this
      .execute(sql`create function note_move() returns trigger language plpgsql security definer as $$ begin
      insert into test_move
      values (new.run_id, case tg_table_name when 'agent_run' then 'run' else 'step' end, old.state, new.state);
      return null; end $$`);
    for (const table of [sql`agent_run`, sql`run_step`])
      await this.execute(sql`create trigger note_move after update on ${table} for each row
        when (old.state is distinct from new.state) execute function note_move()`);
  }

  async stop(): Promise<void> {
    await this.company.stop();
    await this.offering.stop();
  }
}
