import { sql, type Transaction } from '@belay/database';

/** What calls overwrote, read before them. */
export class FormerRepository {
  save(tx: Transaction, run: string, step: string, former: string): Promise<number> {
    return tx.run(sql`update run_value set former = ${former}
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  find(tx: Transaction, run: string, step: string): Promise<{ former: string | null } | undefined> {
    return tx.maybe(sql`select former from run_value
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }
}
