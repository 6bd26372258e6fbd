import { createHash, randomUUID } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type { Answer, AnswerRecord, AnswerSummary, AskRequest, Citation, Replay } from '@belay/contracts';
import type { Database } from '@belay/database';
import { type QuoteRequest, readQuotes, readTitles } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { Passage, RetrievalService } from '@belay/retrieval';
import {
  AnswerRepository,
  type StoredAnswer,
  type StoredCandidate,
  type StoredRecord,
} from './answer.repository.js';
import { compareReplay } from './compare-replay.js';
import { composeAnswer, STRATEGY } from './compose-answer.js';
import { RANKER_DIGEST } from './ranker-digest.js';
import { ANSWER_THRESHOLD } from './ranker-weights.js';

/** Called as an answer is made; it carries no content before the answer is on the ledger. */
export type Progress = (stage: 'searching' | 'reading' | 'verifying') => Promise<void> | void;

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
  private readonly answers = new AnswerRepository();

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
    const { citations, record } = await this.make(actor, request, options.progress);
    const answer = this.assemble(request, options.id ?? randomUUID(), citations);
    await this.store(actor, answer, citations, record);
    if (answer.outcome === 'abstained') await settle(started);
    return answer;
  }

  /** An answer of one's own again: each quote is authorised and verified anew, the rest is withheld. */
  async reopen(actor: SignedIn, answerId: string): Promise<Answer> {
    const stored = await this.find(actor, answerId);
    const quotes = await this.quotesOf(actor, answerId);
    const citations = await this.verify(actor, quotes);
    const withheld = quotes.length - citations.length;
    return {
      outcome: stored.outcome,
      answerId,
      question: stored.question,
      message: reopenedMessage(stored.outcome, citations.length, withheld),
      sentences: citations.map((citation) => ({ text: citation.quote, citations: [citation] })),
      withheld,
      strategy: stored.strategy,
      models: stored.record.models,
      createdAt: stored.createdAt.toISOString(),
    };
  }

  /**
   * Makes an answer of one's own again under today's rights, and compares it with the stored one byte by byte.
   * What was stored of its sentences is read only then.
   */
  async replay(actor: SignedIn, answerId: string): Promise<Replay> {
    const { question, outcome, record } = await this.find(actor, answerId);
    if (!record.request)
      throw new DomainError('conflict', 'This answer was made before replays were recorded.');
    const again = await this.make(actor, { question, ...record.request });
    const quotes = await this.quotesOf(actor, answerId);
    return {
      answerId,
      ...compareReplay(
        { outcome, quotes, record },
        { outcome: outcomeOf(again.citations), quotes: again.citations, record: again.record },
      ),
    };
  }

  /** What an answer of one's own was made from and by; passages that may no longer be read are only counted. */
  async record(actor: SignedIn, answerId: string): Promise<AnswerRecord> {
    const { record, createdAt, ...stored } = await this.find(actor, answerId);
    const { candidates = [], request = { sentences: 0 }, confidence = 0, ...digests } = record;
    const versions = candidates.map((candidate) => candidate.versionId);
    const titles = await this.database.transaction(asReader(actor), (tx) => readTitles(tx, versions));
    const quotes = await this.quotesOf(actor, answerId);
    const readable = candidates.flatMap((candidate) => {
      const title = titles.get(candidate.versionId);
      if (title === undefined) return [];
      return [{ ...candidate, title, verdict: verdictOn(candidate, stored.outcome, quotes) }];
    });
    return {
      ...stored,
      ...digests,
      person: actor.name,
      createdAt: createdAt.toISOString(),
      request,
      confidence,
      threshold: ANSWER_THRESHOLD,
      candidates: readable,
      withheld: candidates.length - readable.length,
    };
  }

  /** The person's newest answers first. */
  list(actor: SignedIn, limit: number): Promise<AnswerSummary[]> {
    return this.database.transaction(asApi(actor), (tx) => this.answers.list(tx, limit));
  }

  private async find(actor: SignedIn, answerId: string): Promise<StoredAnswer> {
    const stored = await this.database.transaction(asApi(actor), (tx) => this.answers.find(tx, answerId));
    if (!stored) throw new DomainError('not-found', 'You have no such answer.');
    return stored;
  }

  private quotesOf(actor: SignedIn, answerId: string): Promise<QuoteRequest[]> {
    return this.database.transaction(asApi(actor), (tx) => this.answers.listQuotes(tx, answerId));
  }

  /** Searches, chooses and verifies: everything that an answer is, before anything of it is stored. */
  private async make(
    actor: SignedIn,
    request: AskRequest,
    progress?: Progress,
  ): Promise<{ citations: Citation[]; record: StoredRecord }> {
    await progress?.('searching');
    const outcome = await this.retrieval.searchOutcome(actor, {
      query: request.question,
      limit: PASSAGES,
      route: 'hybrid',
      unit: 'passage',
      collection: request.collection,
    });
    await progress?.('reading');
    const draft = composeAnswer(request.question, outcome, request.sentences);
    await progress?.('verifying');
    const quotes = draft.outcome === 'answered' ? draft.sentences.map(quoteOf) : [];
    const { sentences, collection } = request;
    const made = { models: this.models, ranker: RANKER_DIGEST, ...outcome.basis };
    const record = {
      ...made,
      request: { sentences, ...(collection !== undefined && { collection }) },
      confidence: draft.confidence,
      candidates: outcome.passages.map(candidateOf),
    };
    return { citations: await this.verify(actor, quotes), record };
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
      outcome: outcomeOf(citations),
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
    record: StoredRecord,
  ): Promise<void> {
    const digests = Object.fromEntries(
      citations.map((citation, index) => [`quote${index + 1}`, citation.sha256]),
    );
    await this.database.transaction(asApi(actor), async (tx) => {
      await this.answers.insert(tx, answer, record);
      for (const [index, citation] of citations.entries()) {
        await this.answers.insertCitation(tx, answer.answerId, index + 1, citation);
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

const outcomeOf = (citations: readonly Citation[]): Answer['outcome'] =>
  citations.length > 0 ? 'answered' : 'abstained';

function reopenedMessage(outcome: Answer['outcome'], shown: number, withheld: number): string {
  if (outcome === 'abstained') return NOT_FOUND;
  if (shown === 0) return 'What this answer quoted is no longer available to you.';
  if (withheld === 0) return FOUND;
  return `${FOUND} ${withheld === 1 ? 'One quote is' : `${withheld} quotes are`} no longer available to you.`;
}

const candidateOf = (passage: Passage): StoredCandidate => {
  const { documentId, versionId, start, end, cosine, bm25, score } = passage;
  return { documentId, versionId, start, end, cosine, bm25, score };
};

function verdictOn(
  { versionId, start, end }: StoredCandidate,
  outcome: Answer['outcome'],
  quotes: readonly QuoteRequest[],
): AnswerRecord['candidates'][number]['verdict'] {
  if (outcome === 'abstained') return 'below the threshold';
  const isCited = quotes.some(
    (quote) => quote.versionId === versionId && quote.start >= start && quote.end <= end,
  );
  return isCited ? 'cited' : 'not chosen';
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

async function settle(started: number): Promise<void> {
  const elapsed = performance.now() - started;
  const until = Math.ceil(elapsed / TIMING_STEP_MS) * TIMING_STEP_MS;
  await new Promise((resolve) => setTimeout(resolve, until - elapsed));
}
