import { recordLeaf } from '@belay/audit';
import type { DefinitionChange, ToolContract } from '@belay/contracts';
import type { Database } from '@belay/database';
import { digestOf } from '../contracts/canonical-json.js';
import { DriftRepository } from './drift.repository.js';

const REASON = 'Its server announced that it describes the tool in another way than was approved.';

/** Takes a contract out of use whose server turned out to say something else while nobody called it. */
export async function quarantineDrifted(
  database: Database,
  tenant: number,
  contract: ToolContract,
  changes: readonly DefinitionChange[],
): Promise<void> {
  const drifts = new DriftRepository();
  await database.transaction({ role: 'agent', tenant }, async (tx) => {
    // Once: whoever finds it after that finds it out of use.
    if ((await drifts.quarantine(tx, digestOf(contract), REASON)) === 0) return;
    await drifts.save(tx, contract, JSON.stringify(changes));
    const resource = `${contract.contract}@${contract.version}`;
    await recordLeaf(tx, tenant, { type: 'tool.drift', actor: null, resource, payload: { changes } });
  });
}
