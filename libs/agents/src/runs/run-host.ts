import { hostname } from 'node:os';
import type { Database } from '@belay/database';
import { CallLimiter, type JobQueues, type Redis, Signals } from '@belay/queue';
import type { RetrievalService } from '@belay/retrieval';
import type { Logger } from '@belay/telemetry';
import { DocumentSearch } from '../documents/document-search.js';
import { SEARCH_CONTRACT } from '../documents/search-contract.js';
import type { PeerPool } from '../peers/peer-pool.js';
import type { Planner } from '../plans/planner.js';
import { AdmissionDesk } from './admission.js';
import { ApprovalRepository } from './approvals/approval.repository.js';
import { ALL_HOLD, type Holds } from './bounds.js';
import { ContractLibrary } from './contract-library.js';
import { ForgottenValues } from './forgotten-values.repository.js';
import { KillWatch } from './kills/kill-watch.js';
import { MOST_AT_ONCE, Places, type Wanting } from './places.js';
import { RunEngine } from './run-engine.js';
import { RunRepository } from './run.repository.js';
import { RunVault } from './run-vault.js';

const QUEUE = 'run.wake';
const MOST_WAKES = 16;
const SWEEP_MS = 500;
const KILL_MS = 400;
const EXPIRE_MS = 60_000;

export interface HostOptions {
  readonly tenant: number;
  /** BELAY_HOME, where the key is that seals what runs hold. */
  readonly home: string;
  readonly database: Database;
  readonly redis: Redis;
  readonly queues: JobQueues;
  readonly pool: PeerPool;
  readonly log: Logger;
  readonly retrieval: Pick<RetrievalService, 'search'>;
  readonly planners?: ReadonlyMap<string, Planner>;
  readonly holds?: Holds;
}

/** Tells the agent service that a run may go on. It finds that out by itself, a moment later. */
export async function wakeRun(queues: JobQueues, run: string): Promise<void> {
  await queues.enqueue(QUEUE, { run }).catch(() => undefined);
}

/** Under which name it is said that a run changed. */
export const runSignal = (tenant: number, run: string): string => `run:${tenant}:${run}`;

/**
 * The agent service: works on the runs that can go on, told by the queue and by looking at the database again and
 * again, and stops what a kill switch stops. Neither needs Redis.
 */
export class RunHost {
  readonly engine: RunEngine;
  private readonly kills: KillWatch;
  private readonly approvals: ApprovalRepository;
  private readonly runs: RunRepository;
  private readonly forgotten = new ForgottenValues();
  private readonly working = new Map<string, Promise<void>>();
  private readonly places = new Places();
  private isLooking = false;
  private mustLookAgain = false;
  private isStopping = false;

  constructor(private readonly options: HostOptions) {
    const { database, redis, pool, planners = new Map<string, Planner>(), holds = ALL_HOLD } = options;
    const vault = new RunVault(options.home);
    this.runs = new RunRepository(vault);
    this.approvals = new ApprovalRepository(vault);
    const library = new ContractLibrary();
    const desk = new AdmissionDesk(new CallLimiter(redis), holds);
    const documents = new DocumentSearch(options.retrieval);
    const callers: Pick<PeerPool, 'call'> = {
      call: (call) => (call.contract === SEARCH_CONTRACT ? documents.call(call) : pool.call(call)),
    };
    const { runs, approvals } = this;
    const services = { runs, approvals, library, pool: callers, desk, holds };
    const signals = new Signals(redis);
    const changed = (tenant: number, run: string): void => signals.send(runSignal(tenant, run));
    this.kills = new KillWatch(options, () => this.engine.leases);
    const all = { ...services, database, planners, changed, switches: this.kills };
    this.engine = new RunEngine(all, `${hostname()}:${process.pid}`);
  }

  start(): void {
    this.kills.turnOn();
    // Not waited for: no run may hold up that another one is woken.
    const wake = ({ run }: { run: string }): Promise<void> => Promise.resolve(this.work(run));
    this.options.queues.handle<{ run: string }, void>(QUEUE, wake, MOST_WAKES);
    this.repeat(SWEEP_MS, () => this.sweep());
    this.repeat(KILL_MS, () => this.kills.look());
    this.repeat(EXPIRE_MS, () => this.expire());
  }

  /** Ends what is under way; what was sent is found out about when it is taken up again. */
  async stop(): Promise<void> {
    this.isStopping = true;
    for (const lease of this.engine.leases.values()) lease.abort();
    await Promise.all(this.working.values());
  }

  /** Works on a run, if there is a place for it; whose it is may turn out when it is claimed. */
  private work(run: string, wanting?: Wanting): void {
    if (this.working.has(run) || this.working.size >= 2 * MOST_AT_ONCE || this.isStopping) return;
    if (wanting && !this.places.take(wanting)) return;
    const { tenant, log } = this.options;
    const task = this.engine
      .advance(tenant, run, (claimed) => wanting !== undefined || this.places.take(claimed))
      .catch((error: unknown) => log.warn('run.failed', { run, reason: (error as Error).message }))
      .finally(() => this.leave(run));
    this.working.set(run, task);
  }

  private leave(run: string): void {
    const isMissed = this.places.isMissed(run);
    this.working.delete(run);
    this.places.give(run);
    if (isMissed) this.look().catch(() => undefined);
  }

  private async sweep(): Promise<void> {
    const { database, tenant } = this.options;
    await database.transaction({ role: 'agent', tenant }, (tx) => this.approvals.wakeSettled(tx));
    await this.look();
  }

  /** Takes up what can go on; whoever asks meanwhile has it looked again. */
  private async look(): Promise<void> {
    this.mustLookAgain = true;
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      while (this.mustLookAgain && !this.isStopping) await this.takeUp();
    } finally {
      this.isLooking = false;
    }
  }

  private async takeUp(): Promise<void> {
    this.mustLookAgain = false;
    const { database, tenant } = this.options;
    const due = await database.transaction({ role: 'agent', tenant, readOnly: true }, (tx) =>
      this.runs.due(tx, MOST_AT_ONCE, this.places.crowded),
    );
    for (const wanting of due) this.work(wanting.run, wanting);
  }

  private async expire(): Promise<void> {
    const { database, tenant } = this.options;
    await database.transaction({ role: 'agent', tenant }, async (tx) => {
      await this.forgotten.forgetLeftDocuments(tx);
      await this.forgotten.setDates(tx);
      await this.forgotten.forgetRuns(tx);
      await this.forgotten.forgetRecordedCalls(tx);
    });
  }

  private repeat(pause: number, task: () => Promise<void>): void {
    const turn = async (): Promise<void> => {
      await task().catch((error: unknown) =>
        this.options.log.warn('runs.sweep-failed', { reason: (error as Error).message }),
      );
      if (!this.isStopping) setTimeout(() => void turn(), pause).unref();
    };
    void turn();
  }
}
