import { recordLeaf } from '@belay/audit';
import type { Feedback, FeedbackExamples, FeedbackReport } from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { type QuoteRequest, readQuotes } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';

type SharedRow = FeedbackReport['shared'][number];

interface ExampleRow extends Omit<QuoteRequest, 'documentId'> {
  readonly answerId: string;
  readonly question: string;
  readonly outcome: 'answered' | 'abstained';
  readonly documentId: string | null;
}

/** What people think of answers of their own. Questions are personal: others see them only where they are shared. */
export class FeedbackService {
  constructor(private readonly database: Database) {}

  async give(actor: SignedIn, answerId: string, { useful, reason, shared }: Feedback): Promise<Feedback> {
    await this.change(actor, answerId, (tx) =>
      tx.run(sql`
        insert into answer_feedback (tenant_id, answer_id, useful, reason, shared)
        values (current_tenant(), ${answerId}, ${useful}, ${reason}, ${shared})
        on conflict (tenant_id, answer_id) do update
        set useful = excluded.useful, reason = excluded.reason, shared = excluded.shared, updated_at = now()`),
    );
    return { useful, reason, shared };
  }

  async withdraw(actor: SignedIn, answerId: string): Promise<void> {
    await this.change(actor, answerId, (tx) =>
      tx.run(sql`delete from answer_feedback where tenant_id = current_tenant() and answer_id = ${answerId}`),
    );
  }

  /** For an administrator: counts, and what people share of it. Documents that the administrator may not read are left out. */
  async report({ tenant, person }: SignedIn): Promise<FeedbackReport> {
    const { figures, shared } = await this.database.transaction(
      { role: 'api', tenant, person },
      async (tx) => ({
        figures: await tx.one<FeedbackReport['figures']>(
          sql`select useful, useless as "notUseful", unrated from feedback_figures()`,
        ),
        shared:
          await tx.many<SharedRow>(sql`select answer_id as "answerId", question, useful, reason, outcome,
        document_ids as "documentIds" from shared_feedback()`),
      }),
    );
    const ids = shared.flatMap(({ documentIds }) => documentIds);
    const rows = await this.database.transaction({ role: 'reader', tenant, person }, (tx) =>
      tx.many<{ id: string }>(sql`select d.document_id as id from document d
        where d.tenant_id = current_tenant() and d.document_id = any (${ids}::uuid[])
          and d.scope_id in (select r.scope_id from readable_scopes() r)`),
    );
    const readable = new Set(rows.map(({ id }) => id));
    return {
      figures,
      shared: shared.map((row) => ({
        ...row,
        documentIds: row.documentIds.filter((id) => readable.has(id)),
      })),
    };
  }

  /**
   * For an administrator: what an evaluation can be made of. Questions that their people share, and of what was
   * quoted the text that the administrator may read now. The ledger says that it was taken.
   */
  async examples({ tenant, person }: SignedIn): Promise<FeedbackExamples> {
    const rows = await this.database.transaction({ role: 'api', tenant, person }, async (tx) => {
      await recordLeaf(tx, tenant, { type: 'feedback.export', actor: person });
      return tx.many<ExampleRow>(sql`select answer_id as "answerId", question, outcome, document_id as "documentId",
        version_id as "versionId", start_offset as start, end_offset as "end", sha256 from shared_examples()`);
    });
    const spans = rows.filter((row): row is ExampleRow & QuoteRequest => row.documentId !== null);
    const read = await this.database.transaction({ role: 'reader', tenant, person }, (tx) =>
      readQuotes(tx, spans),
    );
    const all = new Map(
      rows.map(({ answerId, question, outcome }) => [
        answerId,
        { answerId, question, outcome, quotes: [] as FeedbackExamples['examples'][number]['quotes'] },
      ]),
    );
    for (const [index, { answerId, documentId }] of spans.entries()) {
      const text = read[index]?.text;
      if (text !== undefined) all.get(answerId)?.quotes.push({ documentId, text });
    }
    const examples = [...all.values()].filter(
      ({ outcome, quotes }) => outcome === 'abstained' || quotes.length > 0,
    );
    return { examples, unreadable: all.size - examples.length };
  }

  // The ledger says that feedback changed, and on what, never what was said.
  private async change(
    { tenant, person }: SignedIn,
    answerId: string,
    work: (tx: Transaction) => Promise<number>,
  ): Promise<void> {
    await this.database.transaction({ role: 'api', tenant, person }, async (tx) => {
      const own = await tx.maybe(sql`
        select 1 as found from answer a join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
        where a.tenant_id = current_tenant() and a.person_id = current_person() and a.answer_id = ${answerId}`);
      if (!own) throw new DomainError('not-found', 'You have no such answer.');
      await work(tx);
      await recordLeaf(tx, tenant, { type: 'answer.feedback', actor: person, resource: answerId });
    });
  }
}
