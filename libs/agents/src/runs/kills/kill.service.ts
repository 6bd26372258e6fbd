import { recordLeaf } from '@belay/audit';
import type { Kill, SetKill } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { KillRepository, type KillRow } from './kill.repository.js';

/**
 * Switches that stop effects at once: all of them, or those of one server, contract or person. They are rows of the
 * database that every intent reads in its own transaction, so that neither planner nor page nor Redis is needed.
 */
export class KillService {
  private readonly kills = new KillRepository();

  constructor(private readonly database: Database) {}

  /** All of them for administrators; whom else one stops is nobody else's business. */
  async list(actor: SignedIn): Promise<Kill[]> {
    const rows = await this.asApi(actor, (tx) => this.kills.list(tx));
    const isFor = ({ scope, target }: KillRow): boolean =>
      scope !== 'person' || target === actor.name || actor.roles.includes('admin');
    return rows.filter(isFor).map((row) => ({
      ...row,
      at: row.at.toISOString(),
      liftedAt: row.liftedAt?.toISOString() ?? null,
    }));
  }

  async set(actor: SignedIn, { scope, reason, ...named }: SetKill): Promise<Kill[]> {
    // All versions of a contract are stopped.
    const target = (scope === 'contract' ? named.target?.split('@')[0] : named.target) ?? null;
    if ((scope === 'all') !== (target === null))
      throw new DomainError('request.invalid', 'Name what is stopped, or stop all without a name.');
    await this.asApi(actor, async (tx) => {
      if (target !== null && !(await this.kills.isKnown(tx, scope, target)).isKnown)
        throw new DomainError('not-found', `There is no ${scope} ${target}.`);
      const id = await this.kills.set(tx, { scope, target, reason }, actor.person);
      await this.record(tx, actor, 'kill.set', id, { scope, target, reason });
    });
    return this.list(actor);
  }

  async lift(actor: SignedIn, id: number): Promise<Kill[]> {
    await this.asApi(actor, async (tx) => {
      if ((await this.kills.lift(tx, id, actor.person)) === 0)
        throw new DomainError('conflict', 'There is no such switch that is set.');
      await this.record(tx, actor, 'kill.lift', id, {});
    });
    return this.list(actor);
  }

  private record(
    tx: Transaction,
    actor: SignedIn,
    type: 'kill.set' | 'kill.lift',
    id: number,
    payload: Record<string, unknown>,
  ): Promise<string> {
    return recordLeaf(tx, actor.tenant, { type, actor: actor.person, resource: `kill/${id}`, payload });
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}
