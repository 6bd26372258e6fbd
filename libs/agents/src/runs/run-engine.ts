import {
  isDeeperThan,
  isOver,
  isStorable,
  PlanNode,
  type PlannedQuestion,
  type RunState,
} from '@belay/contracts';
import type { Database } from '@belay/database';
import { isDomainError } from '@belay/errors';
import { z } from 'zod';
import { canonicalJson } from '../contracts/canonical-json.js';
import { sayDenial } from './approvals/say-denial.js';
import type { Planner } from '../plans/planner.js';
import { type ReadyStep, unfold } from '../plans/unfold.js';
import { ForgottenValues } from './forgotten-values.repository.js';
import type { SwitchWatch } from './kills/kill-watch.js';
import type { Label } from './labels.js';
import type { Journal } from './journal.js';
import { Lease, LeaseLost } from './lease.js';
import { end, type Next, ON, pause, together } from './next.js';
import { previewPlan } from './preview/preview-plan.js';
import { settleLeft } from './settling/settle-left.js';
import { SettlingRepository } from './settling/settling.repository.js';
import type { RunRecord, StoredLabel } from './run-records.js';
import { type ReadyCall, StepRunner } from './step-runner.js';
import type { StepServices } from './step-services.js';
import { undoRun } from './undo/undo-run.js';
import { Work } from './work.js';

const FORGOTTEN = new ForgottenValues();
const SETTLING = new SettlingRepository();
const MOST_TURNS = 5000;
const FAILED_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 60_000;
// Some nine minutes.
const MOST_FAILURES = 12;
const LOST_RETRY_MS = 60_000;
const MOST_PARTS = 200;
const MOST_DEPTH = 60;
const Proposal = z.array(PlanNode);
type ReadyQuestion = ReadyStep & { readonly node: PlannedQuestion };

export interface EngineServices extends StepServices {
  readonly database: Database;
  readonly planners: ReadonlyMap<string, Planner>;
  /** Is told whenever something of a run was written, for whoever watches it. */
  readonly changed?: (tenant: number, run: string) => void;
  readonly switches?: SwitchWatch;
}

/**
 * Carries out runs: takes the lease of one, works on it until it waits or is over, and gives it back. All that matters
 * is in the database, so that any process may end at any point and another goes on.
 */
export class RunEngine {
  private readonly runner: StepRunner;
  private readonly held = new Map<string, Lease>();
  /** How often in a row something failed here, by run. */
  private readonly failures = new Map<string, number>();

  constructor(
    private readonly services: EngineServices,
    private readonly owner: string,
  ) {
    this.runner = new StepRunner(services);
  }

  /** The runs that this process works on now. */
  get leases(): ReadonlyMap<string, Lease> {
    return this.held;
  }

  /**
   * Works on a run if it can go on, nobody else does, and `hasPlace` says so; whatever fails in between is tried again
   * later, and not for ever.
   */
  async advance(
    tenant: number,
    run: string,
    hasPlace: (run: RunRecord) => boolean = () => true,
  ): Promise<void> {
    const { database, runs, approvals, switches } = this.services;
    const changed = (): void => this.services.changed?.(tenant, run);
    const lease = await Lease.claim(database, runs, { tenant, run, owner: this.owner, changed, switches });
    if (!lease) return;
    if (!hasPlace(lease.run)) return lease.release();
    this.held.set(run, lease);
    try {
      const work = await Work.open(lease, runs, approvals);
      await this.settle(lease, await settleLeft(this.services, work, await this.attempt(work)));
      this.failures.delete(run);
    } catch (error) {
      if (isDomainError(error, 'storage.lost')) await this.waitForKey(lease, error.message);
      else if (error instanceof LeaseLost) await this.noteStopped(lease);
      else await this.failed(lease, error);
    } finally {
      this.held.delete(run);
      lease.abort();
      await lease.release();
    }
  }

  private attempt(work: Work): Promise<Next> {
    const { state, ending } = work.lease.run;
    if (state === 'planned') return this.preview(work);
    if (ending && state !== 'compensating') return Promise.resolve(end(ending.state, ending.reason));
    return state === 'compensating' ? undoRun(this.services, work) : this.carryOut(work);
  }

  /** Puts a run off, each time for longer, and in the end gives it up; throws what failed. */
  private async failed(lease: Lease, error: unknown): Promise<never> {
    const { run, state } = lease.run;
    const failures = (this.failures.get(run) ?? 0) + 1;
    this.failures.set(run, failures);
    if (failures >= MOST_FAILURES) await this.giveUp(lease);
    else {
      const reason = 'Something failed here; it is tried again.';
      const wakeInMs = Math.min(FAILED_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
      await this.settle(lease, pause(state === 'running' ? 'waiting' : state, reason, wakeInMs));
    }
    throw error;
  }

  private async giveUp(lease: Lease): Promise<void> {
    const { run, state } = lease.run;
    const reason = 'Something failed here again and again. Somebody must look.';
    const isOpen = await lease.read((tx) => SETTLING.hasOpenCalls(tx, run));
    const ending = isOpen ? 'needs-operator' : 'failed';
    await this.settle(lease, end(state === 'compensating' ? 'partially-compensated' : ending, reason));
    this.failures.delete(run);
  }

  private async preview(work: Work): Promise<Next> {
    // What a planner means to do is shown before it is started, like any other plan.
    if (work.nodes.length === 0) {
      const asked = await this.askPlanner(work);
      if (asked.kind !== 'on') return asked;
      await work.reload();
    }
    const { problem, ...found } = await previewPlan(this.services, work);
    await work.lease.write(async (tx, journal, run) => {
      await this.services.runs.savePreview(tx, run.run, canonicalJson(found));
      await journal.append({
        kind: 'preview',
        payload: { steps: found.steps.length + found.bounds.notShown },
      });
    });
    return problem === null ? pause('ready', null) : end('failed', problem);
  }

  private async carryOut(work: Work): Promise<Next> {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const unfolded = unfold(work.nodes, work.outcomes(), work.slots, work.literal);
      if (unfolded.problem !== undefined)
        return work.denied
          ? end('denied', sayDenial('A step', work.denied.denial))
          : end('failed', unfolded.problem);
      const next = unfolded.isDone
        ? await this.askPlanner(work)
        : await this.sideBySide(work, unfolded.ready);
      if (next.kind !== 'on') return next;
      await work.reload();
    }
    return end('failed', `A run has ${MOST_TURNS} turns.`);
  }

  /** Waits for every branch, also where one fails: none may act on when the run is given back. */
  private async sideBySide(work: Work, ready: readonly ReadyStep[]): Promise<Next> {
    const all = await Promise.allSettled(ready.map((step) => this.step(work, step)));
    const failed = all.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return together(all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  }

  private step(work: Work, ready: ReadyStep): Promise<Next> {
    return 'ask' in ready.node
      ? this.ask(work, ready as ReadyQuestion)
      : this.runner.take(work, ready as ReadyCall);
  }

  private ask(work: Work, { id, node: question, part }: ReadyQuestion): Promise<Next> {
    const known = work.steps.get(id);
    const { runs } = this.services;
    return work.lease.write(async (tx, journal, run) => {
      if (!known) {
        await runs.insertStep(tx, run.run, askedStep(id, question));
        await journal.append({ kind: 'asked', step: id });
        return pause('needs-input', question.ask);
      }
      if (known.answer === null) return pause('needs-input', question.ask);
      const isLate = run.lateFrom !== null && part >= run.lateFrom;
      const label = asStored(work.labelOfAnswer(question, known, isLate));
      await runs.saveResult(tx, run.run, id, known.answer, JSON.stringify(label));
      await runs.setStep(tx, run.run, id, { state: 'succeeded' });
      await journal.append({ kind: 'answered', step: id });
      return ON;
    });
  }

  /** An open run goes on as its planner says, which is judged like any other plan. */
  private async askPlanner(work: Work): Promise<Next> {
    const { run } = work.lease;
    const planner = run.isOpen ? this.services.planners.get(run.planner) : undefined;
    if (!planner) return end('completed', null);
    const approved = await work.lease.read((tx) => this.services.library.approved(tx));
    const proposed = await planner.next({
      task: work.task,
      contracts: approved.map(({ contract, version, title, description, effect, input }) => ({
        contract: `${contract}@${version}`,
        title,
        description,
        effect: effect.class,
        input: input.schema,
      })),
      steps: [...work.steps.values()].map(({ id, state, result }) => ({
        id,
        state,
        result: result === null ? null : (JSON.parse(result) as unknown),
      })),
    });
    if (proposed.length === 0) return end('completed', null);
    const { data } = Proposal.safeParse(proposed);
    if (data === undefined || isDeeperThan(proposed, MOST_DEPTH) || !isStorable(data))
      return end('failed', 'What the planner said is no plan.');
    return this.extend(work, data);
  }

  private async extend(work: Work, proposed: readonly PlanNode[]): Promise<Next> {
    const nodes = [...work.nodes, ...proposed];
    if (nodes.length > MOST_PARTS) return end('failed', `A plan has ${MOST_PARTS} parts at most.`);
    return work.lease.write(async (tx, journal, run) => {
      // Whatever is added from now on may have been put there by what was read.
      const lateFrom = run.lateFrom ?? (run.readUntrusted ? work.nodes.length : null);
      await this.services.runs.extend(tx, run.run, JSON.stringify(nodes), lateFrom);
      await journal.append({ kind: 'extended', payload: { parts: proposed.length } });
      return ON;
    });
  }

  /** What is sealed with another key waits until that is put back. */
  private waitForKey(lease: Lease, reason: string): Promise<void> {
    return this.settle(lease, pause(lease.run.state, reason, LOST_RETRY_MS));
  }

  private async settle(lease: Lease, next: Next): Promise<void> {
    if (next.kind === 'on') return;
    const { state, reason, wakeInMs = 0, ending } = next;
    await lease.write(async (tx, journal, run) => {
      // Whoever stopped it meanwhile, or has it taken back, has the last word.
      if (run.state !== lease.begunAs) return this.noteEnd(journal, run.state);
      await this.services.runs.setState(tx, run.run, { state, reason, wakeInMs });
      if (ending) await SETTLING.saveEnding(tx, run.run, ending);
      if (next.kind === 'pause') return;
      await FORGOTTEN.forgetDocuments(tx, run.run);
      await journal.append({ kind: 'end', payload: { state, reason } });
      await journal.record('run.end', { state } satisfies { state: RunState });
    });
  }

  /** Whoever stops a run aborts its lease; what was written of it until then is put on the ledger. */
  private async noteStopped(lease: Lease): Promise<void> {
    await lease
      .write((_, journal, run) => this.noteEnd(journal, run.state))
      .catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) throw error;
      });
  }

  private async noteEnd(journal: Journal, state: RunState): Promise<void> {
    if (!isOver(state)) return;
    await journal.append({ kind: 'end', payload: { state, reason: null } });
    await journal.record('run.end', { state });
  }
}

function askedStep(
  id: string,
  { ask, choices, type }: PlannedQuestion,
): Parameters<StepServices['runs']['insertStep']>[2] {
  return {
    id,
    contract: null,
    digest: null,
    callDigest: null,
    title: ask,
    state: 'asking',
    reason: null,
    tainted: [],
    items: 1,
    wayBack: null,
    isLate: false,
    key: null,
    arguments: canonicalJson({ type, choices: choices ?? null }),
  };
}

const asStored = ({ integrity, readers, origins, documents }: Label): StoredLabel => ({
  integrity,
  readers: readers && [...readers],
  origins: [...origins],
  documents: [...documents],
});
