import type { Config } from '@belay/config';
import type { Database, Transaction } from '@belay/database';
import { normalisePath, type Originals } from '@belay/documents';
import type { Logger } from '@belay/telemetry';
import type { Connector } from './connector.js';
import { type LeasedSource, SourceRepository } from './source.repository.js';

const RENEW_MS = 20_000;
// A call that says nothing for a quarter of an hour hangs: somebody else may try.
const MOST_RENEWALS = 45;

type Settings = Pick<Config, 'home' | 'sourceRoots' | 'sourceRemotes' | 'maxUploadBytes'>;

/** What a sync needs besides its source. `connect` is there for connectors of other kinds. */
export interface SyncTools {
  readonly database: Database;
  readonly originals: Originals;
  readonly settings: Settings;
  readonly log: Logger;
  readonly wake: (versionId: string) => Promise<void>;
  readonly connect?: (source: LeasedSource) => Promise<Connector>;
  /** How often a lease is renewed while a connector is waited for; 20 s unless it is said. */
  readonly renewEveryMs?: number;
}

/** The transactions of a sync, each under the lease of its source. */
export class SyncSteps {
  private readonly sources = new SourceRepository();

  constructor(
    private readonly tools: Pick<SyncTools, 'database' | 'renewEveryMs'>,
    readonly tenant: number,
  ) {}

  /** As whom it changes documents: its owner. */
  actor(source: LeasedSource): { tenant: number; person: number } {
    return { tenant: this.tenant, person: source.owner };
  }

  /** Whose the grants are that it writes. */
  granting(source: LeasedSource): { id: string; owner: number; tenant: number } {
    return { id: source.id, owner: source.owner, tenant: this.tenant };
  }

  /** Waits for a connector and renews the lease meanwhile. One that is lost all the same is noticed by the next step. */
  async holding<T>(source: LeasedSource, work: () => Promise<T>): Promise<T> {
    let renewals = 0;
    const timer = setInterval(() => {
      renewals += 1;
      if (renewals >= MOST_RENEWALS) clearInterval(timer);
      this.step(source, () => Promise.resolve()).catch(() => clearInterval(timer));
    }, this.tools.renewEveryMs ?? RENEW_MS);
    timer.unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  /** One transaction of a run. It fails, and with it the run, where another worker took the source over. */
  step<T>(source: LeasedSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.inTenant(async (tx) => {
      await this.sources.hold(tx, source);
      return work(tx);
    });
  }

  inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.tools.database.transaction({ role: 'worker', tenant: this.tenant }, work);
  }
}

/** Where an entry lies in its collection. Throws where a path cannot lie anywhere. */
export const placeOf = ({ folder }: LeasedSource, path: string): string =>
  normalisePath(folder ? `${folder}/${path}` : path);

/** PostgreSQL stores no NUL and no half of a surrogate pair; such a path is refused when it is placed. */
export const storable = (text: string): string =>
  text.replaceAll('\0', '\u0001').replace(/\p{Cs}/gu, '\u0001');
