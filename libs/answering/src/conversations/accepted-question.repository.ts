import type { AskRequest } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';

/** How long whoever makes an answer may be silent before another takes over. */
export const LEASE_SECONDS = 4;

/** A question that was accepted and has no answer yet. */
export interface AcceptedQuestion {
  readonly answerId: string;
  readonly request: AskRequest;
  readonly attempts: number;
  readonly errorCode: string | null;
  readonly errorDetail: string | null;
  readonly createdAt: Date;
}

const COLUMNS = sql`answer_id as "answerId", request, attempts, error_code as "errorCode",
  error_detail as "errorDetail", created_at as "createdAt"`;
const OWN = sql`tenant_id = current_tenant() and person_id = current_person()`;

/** Questions that were accepted, in a transaction of the person who asked. One statement a method. */
export class AcceptedQuestionRepository {
  /** Undefined where the person has sent this key before. */
  insert(tx: Transaction, key: string, request: AskRequest): Promise<{ answerId: string } | undefined> {
    return tx.maybe(sql`
      insert into accepted_question (tenant_id, person_id, conversation_id, key, request, lease_until)
      values (current_tenant(), current_person(), ${request.conversation ?? null}, ${key},
        ${JSON.stringify(request)}, now() + make_interval(secs => ${LEASE_SECONDS}))
      on conflict (tenant_id, person_id, key) do nothing returning answer_id as "answerId"`);
  }

  /** `question` as it was asked; null where it was erased. */
  findByKey(
    tx: Transaction,
    key: string,
  ): Promise<{ answerId: string; question: string | null } | undefined> {
    return tx.maybe(sql`select answer_id as "answerId", coalesce(request ->> 'question', (select p.question
        from answer_payload p where p.tenant_id = q.tenant_id and p.answer_id = q.answer_id)) as question
      from accepted_question q where ${OWN} and key = ${key}`);
  }

  find(tx: Transaction, answerId: string): Promise<AcceptedQuestion | undefined> {
    return tx.maybe(
      sql`select ${COLUMNS} from accepted_question where ${OWN} and not done and answer_id = ${answerId}`,
    );
  }

  listOf(tx: Transaction, conversation: string): Promise<AcceptedQuestion[]> {
    return tx.many(sql`select ${COLUMNS} from accepted_question
      where ${OWN} and not done and conversation_id = ${conversation} order by created_at`);
  }

  renew(tx: Transaction, answerId: string): Promise<number> {
    return tx.run(sql`update accepted_question set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
      where ${OWN} and answer_id = ${answerId}`);
  }

  fail(tx: Transaction, answerId: string, code: string, detail: string): Promise<number> {
    return tx.run(sql`update accepted_question set error_code = ${code}, error_detail = ${detail}
      where ${OWN} and answer_id = ${answerId}`);
  }
}

/** The answer is stored in this transaction: nobody makes it again, and its question stands with it alone. */
export async function settleQuestion(tx: Transaction, answerId: string): Promise<void> {
  await tx.run(
    sql`delete from accepted_question where ${OWN} and done and created_at < now() - interval '1 day'`,
  );
  await tx.run(
    sql`update accepted_question set done = true, request = '{}' where ${OWN} and answer_id = ${answerId}`,
  );
}

/** The conversation was spoken in now. */
export function touchConversation(tx: Transaction, conversation: string): Promise<number> {
  return tx.run(
    sql`update conversation set updated_at = now() where ${OWN} and conversation_id = ${conversation}`,
  );
}
