import { recordLeaf } from '@belay/audit';
import type { Database } from '@belay/database';
import type { PeerPool } from '../../peers/peer-pool.js';
import { KillRepository } from './kill.repository.js';

/** What a call asks before it leaves: whether somebody looked for switches lately, and that they look again. */
export interface SwitchWatch {
  readonly isFresh: boolean;
  look(): Promise<void>;
}

interface Stoppable {
  abort(): void;
}

interface WatchOptions {
  readonly tenant: number;
  readonly database: Database;
  readonly pool: Pick<PeerPool, 'stop'>;
  /** Milliseconds by a clock that goes on while the process is stopped. */
  readonly clock?: () => number;
}

// A process that was stopped, or whose database was, has not seen what was switched meanwhile.
const FRESH_MS = 2000;

/** Looks for kill switches: aborts what they stop, and ends its servers. Always fresh until it is turned on. */
export class KillWatch implements SwitchWatch {
  private readonly kills = new KillRepository();
  /** When it last began to look; undefined while it is off. */
  private lookedAt: number | undefined;
  private looking: Promise<void> | undefined;
  private readonly now: () => number;

  constructor(
    private readonly options: WatchOptions,
    /** The runs that are worked on here, by their ids. */
    private readonly held: () => ReadonlyMap<string, Stoppable>,
  ) {
    this.now = options.clock ?? (() => performance.now());
  }

  turnOn(): void {
    this.lookedAt = -Infinity;
  }

  get isFresh(): boolean {
    return this.lookedAt === undefined || this.now() - this.lookedAt < FRESH_MS;
  }

  /** Looks now; whoever asks meanwhile waits for the same look. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** Also puts on the ledger what was set in the database itself. */
  private async lookOnce(): Promise<void> {
    const { database, tenant, pool } = this.options;
    const began = this.now();
    const held = [...this.held().keys()];
    const { stopped, isAnySet } = await database.transaction({ role: 'agent', tenant }, async (tx) => {
      for (const kill of await this.kills.unrecorded(tx)) {
        const { id, scope, target, reason } = kill;
        await this.kills.markRecorded(tx, id);
        const payload = { scope, target, reason };
        await recordLeaf(tx, tenant, { type: 'kill.set', actor: null, resource: `kill/${id}`, payload });
      }
      return { stopped: await this.kills.stoppedAmong(tx, held), isAnySet: await this.kills.active(tx) };
    });
    for (const { run } of stopped) this.held().get(run)?.abort();
    this.lookedAt = began;
    for (const { scope, target } of isAnySet) {
      // Not waited for: the next switch is looked for meanwhile.
      if (scope === 'all') void pool.stop();
      if (scope === 'peer' && target !== null) void pool.stop({ peer: target });
    }
  }
}
