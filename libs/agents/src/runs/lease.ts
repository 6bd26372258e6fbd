import type { RunState } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { ToolCall } from '../peers/call-tool.js';
import type { SwitchWatch } from './kills/kill-watch.js';
import { Journal } from './journal.js';
import type { RunRecord } from './run-records.js';
import type { RunRepository } from './run.repository.js';

const LEASE_MS = 15_000;

/** Thrown where another process has taken a run over: whoever had it stops at once and writes nothing more. */
export class LeaseLost extends Error {}

/**
 * The right to work on one run. It ends by itself unless it is renewed; everything that is written compares its
 * fence, so that a process that was stopped meanwhile can write nothing (Kleppmann 2016).
 */
export class Lease {
  private until: number;
  private readonly timer: NodeJS.Timeout;
  private readonly controller = new AbortController();
  /** How the run stood when it was taken. */
  readonly begunAs: RunState;

  private constructor(
    private readonly database: Database,
    private readonly runs: RunRepository,
    readonly tenant: number,
    /** As it was when it was last locked. */
    public run: RunRecord,
    claimedAt: number,
    private readonly changed: () => void,
    private readonly switches: SwitchWatch | undefined,
  ) {
    this.begunAs = run.state;
    this.until = claimedAt + LEASE_MS;
    this.timer = setInterval(() => void this.renew(), LEASE_MS / 3);
  }

  /** Takes a run; nothing where there is nothing to do or another works on it. */
  static async claim(
    database: Database,
    runs: RunRepository,
    of: {
      tenant: number;
      run: string;
      owner: string;
      changed?: () => void;
      switches?: SwitchWatch | undefined;
    },
  ): Promise<Lease | undefined> {
    const before = performance.now();
    const run = await database.transaction({ role: 'agent', tenant: of.tenant }, (tx) =>
      runs.claim(tx, of.run, of.owner, LEASE_MS),
    );
    const { tenant, changed = () => undefined, switches } = of;
    return run && new Lease(database, runs, tenant, run, before, changed, switches);
  }

  /** Aborted when the lease is lost or a kill switch stops the run. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  abort(): void {
    this.controller.abort();
  }

  /** By a clock that goes on while a process is stopped. */
  get isHeld(): boolean {
    return performance.now() < this.until && !this.controller.signal.aborted;
  }

  /** What a call under it is bound to: it ends with it, and leaves only while it is held and switches are watched. */
  get bond(): Required<Pick<ToolCall, 'signal' | 'ready' | 'mayLeave'>> {
    const { signal, switches } = this;
    const isFresh = (): boolean => switches?.isFresh ?? true;
    // What cannot be looked for keeps the call from leaving.
    const ready = async (): Promise<void> => {
      if (!isFresh()) await switches?.look().catch(() => undefined);
    };
    return { signal, ready, mayLeave: () => this.isHeld && isFresh() };
  }

  /** Runs `work` with the run's row locked, and then says that it changed; throws LeaseLost where it is another's by now. */
  async write<T>(work: (tx: Transaction, journal: Journal, run: RunRecord) => Promise<T>): Promise<T> {
    const lock = this.runs.locking(this.run.run, this.run.fence);
    const options = { role: 'agent', tenant: this.tenant, lock } as const;
    const done = await this.database.transaction(options, async (tx, run: RunRecord | undefined) => {
      if (!run) throw new LeaseLost();
      this.run = run;
      return work(tx, new Journal(tx, this.tenant, run), run);
    });
    this.changed();
    return done;
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'agent', tenant: this.tenant, readOnly: true }, work);
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.database.transaction({ role: 'agent', tenant: this.tenant }, (tx) =>
      this.runs.release(tx, this.run.run, this.run.fence),
    );
  }

  private async renew(): Promise<void> {
    const before = performance.now();
    try {
      const renewed = await this.database.transaction({ role: 'agent', tenant: this.tenant }, (tx) =>
        this.runs.renew(tx, this.run.run, this.run.fence, LEASE_MS),
      );
      if (renewed > 0) this.until = before + LEASE_MS;
      else this.abort();
    } catch (error) {
      // Without the database nothing can be intended; when the time is over, nothing is sent either.
      if (!(error instanceof DomainError) && performance.now() > this.until) this.abort();
    }
  }
}
