import type { RunState } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** How a run ends once nothing of it is open any more. */
export interface Ending {
  readonly state: RunState;
  readonly reason: string | null;
}

/** What is known for settling what became of calls. */
export class SettlingRepository {
  saveEnding(tx: Transaction, run: string, ending: Ending): Promise<number> {
    return tx.run(sql`update agent_run set ending = ${JSON.stringify(ending)}::jsonb
      where tenant_id = current_tenant() and run_id = ${run}`);
  }

  /** Whether nobody knows of a call with an effect what came of it. */
  async hasOpenCalls(tx: Transaction, run: string): Promise<boolean> {
    const { isOpen } = await tx.one<{ isOpen: boolean }>(sql`select exists (select from run_step
      where tenant_id = current_tenant() and run_id = ${run} and effect <> 'read'
        and state in ('intended', 'unknown')) as "isOpen"`);
    return isOpen;
  }

  saveFoundBefore(tx: Transaction, run: string, step: string, found: boolean | null): Promise<number> {
    return tx.run(sql`update run_step set found_before = ${found}
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }

  /** Whether taking a step back was intended before, and may have been sent. */
  async hasUndo(tx: Transaction, run: string, step: string): Promise<boolean> {
    const { isThere } = await tx.one<{ isThere: boolean }>(sql`select exists (select from run_value
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}
        and undo_arguments is not null) as "isThere"`);
    return isThere;
  }

  /** Of what was intended and never sent. */
  forgetUndo(tx: Transaction, run: string, step: string): Promise<number> {
    return tx.run(sql`update run_value set undo_arguments = null
      where tenant_id = current_tenant() and run_id = ${run} and step_id = ${step}`);
  }
}
