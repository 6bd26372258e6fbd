import { createHash, randomUUID } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type { Answer, AnswerSummary, AskRequest, Citation } from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { type QuoteRequest, readQuotes } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { RetrievalService, SearchBasis } from '@belay/retrieval';
import { composeAnswer, STRATEGY } from './compose-answer.js';
import { RANKER_DIGEST } from './ranker-digest.js';

/** Called as an answer is made; it carries no content before the answer is on the ledger. */
export type Progress = (stage: 'searching' | 'reading' | 'verifying') => Promise<void> | void;

interface StoredAnswer {
  answerId: string;
  outcome: 'answered' | 'abstained';
  strategy: string;
  record: { models: Record<string, string> };
  question: string;
  createdAt: Date;
}

const PASSAGES = 8;
const NOT_FOUND = 'Nothing in the documents that you may read answers this.';
const FOUND = 'Quoted from documents that you may read.';
// Abstentions leave in steps of this length, so that their timing does not tell an empty search from a refused one.
const TIMING_STEP_MS = 250;

const asReader = (actor: SignedIn) =>
  ({ role: 'reader', tenant: actor.tenant, person: actor.person }) as const;
const asApi = (actor: SignedIn) => ({ role: 'api', tenant: actor.tenant, person: actor.person }) as const;

/** Questions to verified quotes, or an abstention that looks the same whatever its reason. */
export class AnsweringService {
  constructor(
    private readonly database: Database,
    private readonly retrieval: RetrievalService,
    private readonly models: Record<string, string>,
  ) {}

  /** Answers as `actor`. The answer is stored and on the ledger before it is returned. */
  async ask(
    actor: SignedIn,
    request: AskRequest,
    options: { id?: string; progress?: Progress } = {},
  ): Promise<Answer> {
    const started = performance.now();
    await options.progress?.('searching');
    const outcome = await this.retrieval.searchOutcome(actor, {
      query: request.question,
      limit: PASSAGES,
      route: 'hybrid',
      unit: 'passage',
      collection: request.collection,
    });
    await options.progress?.('reading');
    const draft = composeAnswer(request.question, outcome, request.sentences);
    await options.progress?.('verifying');
    const quotes = draft.outcome === 'answered' ? draft.sentences.map(quoteOf) : [];
    const citations = await this.verify(actor, quotes);
    const answer = this.assemble(request, options.id ?? randomUUID(), citations);
    await this.store(actor, answer, citations, outcome.basis);
    if (answer.outcome === 'abstained') await settle(started);
    return answer;
  }

  /** An answer of one's own again: each quote is authorised and verified anew, the rest is withheld. */
  async reopen(actor: SignedIn, answerId: string): Promise<Answer> {
    const stored = await this.database.transaction(asApi(actor), (tx) => findAnswer(tx, answerId));
    if (!stored) throw new DomainError('not-found', 'You have no such answer.');
    const quotes = await this.database.transaction(asApi(actor), (tx) => listQuotes(tx, answerId));
    const citations = await this.verify(actor, quotes);
    const withheld = quotes.length - citations.length;
    const gone = withheld > 0 ? ` ${withheld} quote(s) are no longer available to you.` : '';
    return {
      outcome: stored.outcome,
      answerId,
      question: stored.question,
      message: (stored.outcome === 'answered' ? FOUND : NOT_FOUND) + gone,
      sentences: citations.map((citation) => ({ text: citation.quote, citations: [citation] })),
      withheld,
      strategy: stored.strategy,
      models: stored.record.models,
      createdAt: stored.createdAt.toISOString(),
    };
  }

  /** The person's newest answers first. */
  async list(actor: SignedIn, limit: number): Promise<AnswerSummary[]> {
    const rows = await this.database.transaction(asApi(actor), (tx) =>
      tx.many<Omit<AnswerSummary, 'createdAt'> & { createdAt: Date }>(sql`
        select a.answer_id as "answerId", p.question, a.outcome, a.created_at as "createdAt"
        from answer a join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
        where a.tenant_id = ${actor.tenant} and a.person_id = ${actor.person}
        order by a.created_at desc limit ${limit}`),
    );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  private async verify(actor: SignedIn, quotes: readonly QuoteRequest[]): Promise<Citation[]> {
    if (quotes.length === 0) return [];
    const read = await this.database.transaction(asReader(actor), (tx) => readQuotes(tx, quotes));
    return quotes.flatMap((quote, index) => {
      const found = read[index];
      if (!found) return [];
      const { documentId, versionId, start, end, sha256 } = quote;
      return [
        {
          documentId,
          versionId,
          title: found.title,
          page: found.page,
          start,
          end,
          quote: found.text,
          sha256,
        },
      ];
    });
  }

  private assemble(request: AskRequest, answerId: string, citations: readonly Citation[]): Answer {
    const answered = citations.length > 0;
    return {
      outcome: answered ? 'answered' : 'abstained',
      answerId,
      question: request.question,
      message: answered ? FOUND : NOT_FOUND,
      sentences: citations.map((citation) => ({ text: citation.quote, citations: [citation] })),
      withheld: 0,
      strategy: STRATEGY,
      models: this.models,
      createdAt: new Date().toISOString(),
    };
  }

  private async store(
    actor: SignedIn,
    answer: Answer,
    citations: readonly Citation[],
    basis: SearchBasis,
  ): Promise<void> {
    // Law 7: everything that the answer depends on, by digest.
    const record = JSON.stringify({ models: answer.models, ranker: RANKER_DIGEST, ...basis });
    const digests = Object.fromEntries(
      citations.map((citation, index) => [`quote${index + 1}`, citation.sha256]),
    );
    await this.database.transaction(asApi(actor), async (tx) => {
      await tx.run(sql`
        insert into answer (tenant_id, answer_id, person_id, outcome, strategy, record, created_at)
        values (${actor.tenant}, ${answer.answerId}, ${actor.person}, ${answer.outcome}, ${answer.strategy},
          ${record}, ${answer.createdAt})`);
      await tx.run(
        sql`insert into answer_payload values (${actor.tenant}, ${answer.answerId}, ${answer.question})`,
      );
      for (const [index, citation] of citations.entries()) {
        await tx.run(sql`
          insert into answer_citation (tenant_id, answer_id, ordinal, document_id, version_id, start_offset,
            end_offset, sha256)
          values (${actor.tenant}, ${answer.answerId}, ${index + 1}, ${citation.documentId}, ${citation.versionId},
            ${citation.start}, ${citation.end}, ${citation.sha256})`);
      }
      const draft = {
        actor: actor.person,
        resource: answer.answerId,
        digests,
        payload: { question: answer.question },
      };
      await recordLeaf(tx, actor.tenant, { type: `answer.${answer.outcome}`, ...draft });
    });
  }
}

function quoteOf(sentence: {
  documentId: string;
  versionId: string;
  start: number;
  end: number;
  text: string;
}): QuoteRequest {
  const { documentId, versionId, start, end, text } = sentence;
  return {
    documentId,
    versionId,
    start,
    end,
    sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
  };
}

function findAnswer(tx: Transaction, answerId: string): Promise<StoredAnswer | undefined> {
  return tx.maybe(sql`
    select a.answer_id as "answerId", a.outcome, a.strategy, a.record, p.question, a.created_at as "createdAt"
    from answer a join answer_payload p on p.tenant_id = a.tenant_id and p.answer_id = a.answer_id
    where a.tenant_id = current_tenant() and a.person_id = current_person() and a.answer_id = ${answerId}`);
}

function listQuotes(tx: Transaction, answerId: string): Promise<QuoteRequest[]> {
  return tx.many(sql`
    select document_id as "documentId", version_id as "versionId", start_offset as start, end_offset as "end", sha256
    from answer_citation where tenant_id = current_tenant() and answer_id = ${answerId} order by ordinal`);
}

async function settle(started: number): Promise<void> {
  const elapsed = performance.now() - started;
  const until = Math.ceil(elapsed / TIMING_STEP_MS) * TIMING_STEP_MS;
  await new Promise((resolve) => setTimeout(resolve, until - elapsed));
}
