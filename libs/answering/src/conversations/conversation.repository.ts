import { sql, type Transaction } from '@belay/database';

/** A conversation as it is stored; its title is the person's own words, or null before the first question. */
export interface ConversationRow {
  readonly conversationId: string;
  readonly title: string | null;
  readonly turns: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const OWN = sql`c.tenant_id = current_tenant() and c.person_id = current_person()`;
const select = (where = sql`true`) => sql`
  select c.conversation_id as "conversationId", c.created_at as "createdAt", c.updated_at as "updatedAt",
    coalesce(c.title, (select p.question from answer a
      join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
      where a.tenant_id = c.tenant_id and a.conversation_id = c.conversation_id
      order by a.created_at, a.answer_id limit 1)) as title,
    (select count(*) from answer a where a.tenant_id = c.tenant_id and a.conversation_id = c.conversation_id)::int as turns
  from conversation c where ${OWN} and ${where}`;

/** The conversations of the person of this transaction. One statement a method. */
export class ConversationRepository {
  /** Newest first; those that hold `words` in their title or a question of theirs where words are given. */
  list(tx: Transaction, limit: number, words: string | undefined): Promise<ConversationRow[]> {
    const pattern = `%${(words ?? '').replace(/[\\%_]/g, String.raw`\$&`)}%`;
    const holds = sql`(c.title ilike ${pattern} or exists (select from answer a
      join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
      where a.tenant_id = c.tenant_id and a.conversation_id = c.conversation_id and p.question ilike ${pattern}))`;
    return tx.many(sql`${select(words ? holds : undefined)}
      order by c.updated_at desc, c.conversation_id limit ${limit}`);
  }

  find(tx: Transaction, id: string): Promise<ConversationRow | undefined> {
    return tx.maybe(select(sql`c.conversation_id = ${id}`));
  }

  async insert(tx: Transaction, title: string | undefined): Promise<string> {
    const { id } = await tx.one<{ id: string }>(sql`insert into conversation (tenant_id, person_id, title)
      values (current_tenant(), current_person(), ${title ?? null}) returning conversation_id as id`);
    return id;
  }

  rename(tx: Transaction, id: string, title: string): Promise<number> {
    return tx.run(sql`update conversation c set title = ${title} where ${OWN} and c.conversation_id = ${id}`);
  }

  /** Answers of a conversation, oldest first. */
  async answers(tx: Transaction, id: string, limit: number): Promise<string[]> {
    const rows = await tx.many<{ id: string }>(sql`select a.answer_id as id from answer a
      where a.tenant_id = current_tenant() and a.person_id = current_person() and a.conversation_id = ${id}
      order by a.created_at desc, a.answer_id limit ${limit}`);
    return rows.map((row) => row.id).reverse();
  }

  /** Erases the questions of the conversation, on the ledger too; returns how many. */
  async erase(tx: Transaction, id: string): Promise<number> {
    const { erased } = await tx.one<{ erased: number }>(sql`select erase_conversation(${id}) as erased`);
    return erased;
  }
}
