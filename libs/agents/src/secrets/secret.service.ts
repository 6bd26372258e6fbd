import { recordLeaf } from '@belay/audit';
import type { Peer, SecretInfo } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { digestOf } from '../contracts/canonical-json.js';
import { seal } from './seal.js';
import { secretKey } from './secret-key.js';
import { SecretRepository } from './secret.repository.js';

/**
 * Secrets that servers are given under a name. A value goes in and never comes out again but to the server that it was
 * set for, with exactly the settings that it was set for: whoever may try out servers must not learn it by naming it
 * for one of his own.
 */
export class SecretService {
  private readonly secrets = new SecretRepository();

  /** @param home BELAY_HOME, where the key is */
  constructor(
    private readonly database: Database,
    private readonly home: string,
  ) {}

  async list(actor: SignedIn): Promise<SecretInfo[]> {
    const rows = await this.asApi(actor, (tx) => this.secrets.list(tx));
    return rows.map(({ setAt, ...row }) => ({ ...row, setAt: setAt.toISOString() }));
  }

  /** Sets a secret of a server, or changes it. The ledger says that, and not what it is. */
  async set(actor: SignedIn, name: string, { value, peer }: { value: string; peer: Peer }): Promise<void> {
    if (!Object.values(peer.secrets ?? {}).includes(name)) {
      throw new DomainError(
        'request.invalid',
        `The server's "secrets" do not name ${name}: it would not get it.`,
      );
    }
    const boundTo = digestOf(peer);
    const sealed = seal(secretKey(this.home), value, purposeOf(actor.tenant, name, boundTo));
    await this.asApi(actor, async (tx) => {
      await this.refuseOthers(tx, actor, name);
      await this.secrets.remove(tx, name);
      if ((await this.secrets.insert(tx, { name, boundTo, sealed }, peer.id, actor.person)) === 0)
        throw new DomainError(
          'conflict',
          `Somebody else is setting ${name} at this moment. Look, and try again.`,
        );
      await this.record(tx, actor, name, { change: 'set', peer: peer.id, settings: boundTo });
    });
  }

  async remove(actor: SignedIn, name: string): Promise<void> {
    await this.asApi(actor, async (tx) => {
      await this.refuseOthers(tx, actor, name);
      if ((await this.secrets.remove(tx, name)) === 0)
        throw new DomainError('not-found', `There is no secret ${name}.`);
      await this.record(tx, actor, name, { change: 'remove' });
    });
  }

  /** What somebody else set, a server in use may depend on: an administrator may change it, and nobody else. */
  private async refuseOthers(
    tx: Transaction,
    { person, roles, actions }: SignedIn,
    name: string,
  ): Promise<void> {
    const known = await this.secrets.setter(tx, name);
    const administers = roles.includes('admin') && (actions === null || actions.includes('administer'));
    if (known && known.person !== person && !administers)
      throw new DomainError(
        'auth.forbidden',
        `${known.setBy} set ${name}: ${known.setBy} or an administrator changes it. Take another name.`,
      );
  }

  private record(
    tx: Transaction,
    actor: SignedIn,
    name: string,
    payload: Record<string, unknown>,
  ): Promise<string> {
    return recordLeaf(tx, actor.tenant, {
      type: 'tool.secret',
      actor: actor.person,
      resource: `secret/${name}`,
      payload,
    });
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

/** What a secret is sealed for: its bytes under another name, tenant or server open nothing. */
export const purposeOf = (tenant: number, name: string, boundTo: string): string =>
  JSON.stringify([tenant, name, boundTo]);
