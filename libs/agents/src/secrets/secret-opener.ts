import type { Peer } from '@belay/contracts';
import type { Database } from '@belay/database';
import { digestOf } from '../contracts/canonical-json.js';
import { unseal } from './seal.js';
import { secretKey } from './secret-key.js';
import { purposeOf } from './secret.service.js';
import { SecretRepository } from './secret.repository.js';

/** Opens the secrets of servers for the agent service, which alone starts and reaches them. */
export class SecretOpener {
  private readonly secrets = new SecretRepository();

  constructor(
    private readonly database: Database,
    private readonly tenant: number,
    private readonly home: string,
  ) {}

  /** The values of the secrets that a server names and that were set for it as it is now, by their names. */
  async of(peer: Peer): Promise<Record<string, string>> {
    const names = Object.values(peer.secrets ?? {});
    if (names.length === 0) return {};
    const boundTo = digestOf(peer);
    const { tenant } = this;
    const rows = await this.database.transaction({ role: 'agent', tenant, readOnly: true }, (tx) =>
      this.secrets.sealed(tx, names, boundTo),
    );
    const key = secretKey(this.home);
    return Object.fromEntries(
      rows.map(({ name, sealed }) => [name, unseal(key, sealed, purposeOf(tenant, name, boundTo))]),
    );
  }
}
