import type { ToolContract } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** Contracts whose servers turned out to say something else. */
export class DriftRepository {
  /** 0 where it is out of use already. */
  quarantine(tx: Transaction, digest: string, reason: string): Promise<number> {
    return tx.run(sql`update tool_contract set state = 'quarantined', reason = ${reason}, changed_at = now()
      where tenant_id = current_tenant() and digest = ${digest} and state = 'approved'`);
  }

  save(tx: Transaction, contract: ToolContract, changes: string): Promise<number> {
    return tx.run(sql`insert into tool_drift (tenant_id, contract, version, changes)
      values (current_tenant(), ${contract.contract}, ${contract.version}, ${changes}::jsonb)`);
  }
}
