import { recordLeaf } from '@belay/audit';
import type { AnswerReceipt } from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { lockQuestions } from './history.js';

/**
 * Erases an answer of one's own with its question, on the ledger too: its leaf stays, with digests that say nothing.
 * A question that failed goes as well; one that is being answered is refused as `conflict`.
 */
export async function eraseAnswer(
  database: Database,
  { tenant, person }: SignedIn,
  answerId: string,
): Promise<AnswerReceipt> {
  return database.transaction({ role: 'api', tenant, person }, async (tx) => {
    await lockQuestions(tx);
    const removed = (await eraseAnswered(tx, answerId)) ?? (await eraseFailed(tx, answerId));
    const draft = { actor: person, resource: answerId, payload: { removed } };
    const leafId = await recordLeaf(tx, tenant, { type: 'answer.delete', ...draft });
    return { answer: answerId, deletedAt: new Date().toISOString(), leafId, removed };
  });
}

async function eraseAnswered(tx: Transaction, id: string): Promise<Record<string, number> | null> {
  const { removed } = await tx.one<{ removed: Record<string, number> | null }>(
    sql`select erase_answer(${id}) as removed`,
  );
  return removed;
}

async function eraseFailed(tx: Transaction, id: string): Promise<Record<string, number>> {
  const waiting = await tx.maybe<{ failed: boolean }>(sql`
    select error_code is not null as failed from accepted_question
    where tenant_id = current_tenant() and person_id = current_person() and not done and answer_id = ${id} for update`);
  if (!waiting) throw new DomainError('not-found', 'You have no such answer.');
  if (!waiting.failed)
    throw new DomainError('conflict', 'This question is being answered. Delete it when it is done.');
  return {
    question: await tx.run(sql`delete from accepted_question
    where tenant_id = current_tenant() and person_id = current_person() and answer_id = ${id}`),
  };
}
