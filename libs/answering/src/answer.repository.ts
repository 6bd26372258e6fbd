import type { Answer, AnswerSummary, Feedback } from '@belay/contracts';
import { kept, sql, type Transaction } from '@belay/database';
import type { QuoteRequest } from '@belay/documents';
import type { SearchBasis } from '@belay/retrieval';
import type { Span } from './about/unnamed.js';
import type { Reading, ReadingPart } from './conversations/reading.js';

/** A passage that a question's sentences were chosen from, by its place and scores: it holds no content. */
export interface StoredCandidate {
  readonly documentId: string;
  readonly versionId: string;
  readonly start: number;
  readonly end: number;
  readonly cosine: number | null;
  readonly bm25: number;
  readonly score: number;
}

/** Law 7: everything that an answer depends on, by digest, and what it was chosen from. */
export interface StoredRecord extends SearchBasis {
  readonly models: Record<string, string>;
  readonly ranker: string;
  /** Missing on answers of versions that did not keep it; those cannot be replayed. */
  readonly request?: { readonly sentences: number; readonly collection?: string; readonly after?: string };
  readonly confidence: number;
  /** What the confidence had to reach at the time; missing on answers of versions that did not keep it. */
  readonly threshold?: number;
  readonly candidates: readonly StoredCandidate[];
  /** Names in the question, as it was understood, that neither the quotes held nor what stands around them: offsets. */
  readonly unnamed?: readonly Span[];
}

/** A quote of an answer and what it is for; `side` is 0 or 1 in a comparison. */
export interface StoredQuote extends QuoteRequest {
  readonly role: 'answer' | 'conflicting';
  readonly side: 0 | 1 | null;
}

export interface StoredAnswer {
  answerId: string;
  outcome: Answer['outcome'];
  strategy: string;
  record: StoredRecord;
  question: string;
  createdAt: Date;
  conversationId: string | null;
  understood: ReadingPart[] | null;
  feedback: Feedback | null;
}

const FEEDBACK = sql`case when f.useful is not null
  then jsonb_build_object('useful', f.useful, 'reason', f.reason, 'shared', f.shared) end`;

/** Stored answers: spans, hashes and digests. Every statement names the person whose answers they are. */
export class AnswerRepository {
  find(tx: Transaction, answerId: string): Promise<StoredAnswer | undefined> {
    return tx.maybe(sql`
      select a.answer_id as "answerId", a.outcome, a.strategy, a.record, p.question, a.created_at as "createdAt",
        a.conversation_id as "conversationId", p.understood, ${FEEDBACK} as feedback
      from answer a join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
      left join answer_feedback f on f.tenant_id = a.tenant_id and f.answer_id = a.answer_id
      where a.tenant_id = current_tenant() and a.person_id = current_person() and a.answer_id = ${answerId}`);
  }

  /** Quotes of an answer that `find` has found, in their order. */
  listQuotes(tx: Transaction, answerId: string): Promise<StoredQuote[]> {
    return tx.many(sql`
      select document_id as "documentId", version_id as "versionId", start_offset as start, end_offset as "end", sha256,
        role, side
      from answer_citation where tenant_id = current_tenant() and answer_id = ${answerId} order by ordinal`);
  }

  /** The person's newest answers first. */
  async list(tx: Transaction, limit: number): Promise<AnswerSummary[]> {
    const rows = await tx.many<Omit<AnswerSummary, 'createdAt'> & { createdAt: Date }>(sql`
      select a.answer_id as "answerId", p.question, a.outcome, a.created_at as "createdAt",
        a.conversation_id as "conversationId"
      from answer a join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
      where a.tenant_id = current_tenant() and a.person_id = current_person()
      order by a.created_at desc limit ${limit}`);
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  /** `leaf` is the answer's own on the ledger, so that its payload can be erased with the question. */
  insert(tx: Transaction, answer: Answer, record: StoredRecord, leaf: string): Promise<number> {
    return tx.run(kept`
      insert into answer (tenant_id, answer_id, person_id, outcome, strategy, record, created_at, conversation_id, leaf_id)
      values (current_tenant(), ${answer.answerId}, current_person(), ${answer.outcome}, ${answer.strategy},
        ${JSON.stringify(record)}, ${answer.createdAt}, ${answer.conversationId}, ${leaf})`);
  }

  /** The question of an answer that `insert` has inserted, and its quotes in their order. */
  insertContents(
    tx: Transaction,
    { answerId, question }: Answer,
    { parts }: Reading,
    quotes: readonly StoredQuote[],
  ): Promise<number> {
    return tx.run(kept`
      with payload as (
        insert into answer_payload (tenant_id, answer_id, question, understood)
        values (current_tenant(), ${answerId}, ${question}, ${parts && JSON.stringify(parts)}::jsonb)
      )
      insert into answer_citation (tenant_id, answer_id, ordinal, document_id, version_id, start_offset, end_offset,
        sha256, role, side)
      select current_tenant(), ${answerId}, q.ordinal, q.document_id, q.version_id, q.start_offset, q.end_offset,
        q.sha256, q.role, q.side
      from unnest(${quotes.map((quote) => quote.documentId)}::uuid[], ${quotes.map((quote) => quote.versionId)}::uuid[],
          ${quotes.map((quote) => quote.start)}::int[], ${quotes.map((quote) => quote.end)}::int[],
          ${quotes.map((quote) => quote.sha256)}::text[], ${quotes.map((quote) => quote.role)}::text[],
          ${quotes.map((quote) => quote.side)}::smallint[])
        with ordinality as q (document_id, version_id, start_offset, end_offset, sha256, role, side, ordinal)`);
  }
}
