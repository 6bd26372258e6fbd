import { recordLeaf } from '@belay/audit';
import type { StdioPeer } from '@belay/contracts';
import type { Database } from '@belay/database';
import { SecretOpener } from '../secrets/secret-opener.js';
import type { Grounds } from './connect-peer.js';

/**
 * What servers of a tenant are given, and whether they may start without a sandbox where none works: only if whoever
 * runs Belay said so, and each time with a leaf on the ledger before.
 */
export function groundsOf(
  database: Database,
  tenant: number,
  {
    home,
    unsandboxedTools,
    privateServers,
  }: {
    readonly home: string;
    readonly unsandboxedTools: boolean;
    readonly privateServers?: readonly string[];
  },
): Grounds {
  const opener = new SecretOpener(database, tenant, home);
  const secretsOf: Grounds['secretsOf'] = (peer) => opener.of(peer);
  if (!unsandboxedTools) return { secretsOf, privateServers };
  return {
    secretsOf,
    privateServers,
    async onUnsandboxed({ id, artifact, integrity }: StdioPeer): Promise<void> {
      const payload = { artifact, integrity };
      await database.transaction({ role: 'agent', tenant }, (tx) =>
        recordLeaf(tx, tenant, { type: 'tool.unsandboxed', actor: null, resource: `peer/${id}`, payload }),
      );
    },
  };
}
