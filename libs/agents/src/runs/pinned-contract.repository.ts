import type { ToolContract } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';
import type { Definition } from '../contracts/pinned-definition.js';

export interface PinnedContract {
  readonly document: ToolContract;
  readonly definition: Definition;
  readonly digest: string;
  readonly state: string;
}

/** Contracts as runs use them. */
export class PinnedContractRepository {
  approvedContracts(tx: Transaction): Promise<PinnedContract[]> {
    return tx.many(sql`select document, definition, digest, state from tool_contract
      where tenant_id = current_tenant() and state = 'approved'`);
  }

  approvedVersions(
    tx: Transaction,
    contract: string,
  ): Promise<{ contract: string; version: string; digest: string }[]> {
    return tx.many(sql`select contract, version, digest from tool_contract
      where tenant_id = current_tenant() and contract = ${contract} and state = 'approved'`);
  }

  contract(tx: Transaction, digest: string): Promise<PinnedContract | undefined> {
    return tx.maybe(sql`select document, definition, digest, state from tool_contract
      where tenant_id = current_tenant() and digest = ${digest}`);
  }
}
