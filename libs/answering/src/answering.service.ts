import { randomUUID } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type { Answer, AnswerRecord, AnswerSummary, AskRequest, Replay } from '@belay/contracts';
import type { Database } from '@belay/database';
import { type QuoteRequest, readTitles } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { Passage, RetrievalService } from '@belay/retrieval';
import {
  AnswerRepository,
  type StoredAnswer,
  type StoredCandidate,
  type StoredQuote,
  type StoredRecord,
} from './answer.repository.js';
import { thresholdOf } from './calibration.service.js';
import { compareReplay } from './compare-replay.js';
import { type Ranker, rankerOf } from './rankers.js';
import { type Draft, draftAnswer, type Search } from './several/draft-answer.js';
import { quoteOf, sentencesOf, type VerifiedQuote, verifyQuotes } from './verify-sentences.js';
import { wordAnswer } from './word-answer.js';

/** Called as an answer is made; it carries no content before the answer is on the ledger. */
export type Progress = (stage: 'searching' | 'reading' | 'verifying') => Promise<void> | void;

interface Made {
  readonly strategy: string;
  readonly quotes: readonly VerifiedQuote[];
  readonly record: StoredRecord;
}

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
  ) {}

  /** Answers as `actor`. The answer is stored and on the ledger before it is returned. */
  async ask(
    actor: SignedIn,
    request: AskRequest,
    options: { id?: string; progress?: Progress } = {},
  ): Promise<Answer> {
    const started = performance.now();
    const made = await this.make(actor, request, options.progress);
    const answer = this.assemble(request, options.id ?? randomUUID(), made);
    await this.store(actor, answer, made);
    if (answer.outcome === 'abstained') await settle(started);
    return answer;
  }

  /** An answer of one's own again: each quote is authorised and verified anew, the rest is withheld. */
  async reopen(actor: SignedIn, answerId: string): Promise<Answer> {
    const stored = await this.find(actor, answerId);
    const quotes = await this.quotesOf(actor, answerId);
    const verified = await this.verify(actor, quotes);
    const sentences = sentencesOf(stored.question, stored.strategy, verified);
    const withheld = quotes.length - verified.length;
    const confidence = stored.record.confidence ?? null;
    return {
      outcome: stored.outcome,
      answerId,
      question: stored.question,
      message: wordAnswer({ ...stored, confidence, sentences, withheld }),
      confidence,
      sentences,
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
        { outcome: outcomeOf(again.quotes), quotes: again.quotes, record: again.record },
      ),
    };
  }

  /** What an answer of one's own was made from and by; passages that may no longer be read are only counted. */
  async record(actor: SignedIn, answerId: string): Promise<AnswerRecord> {
    const { record, createdAt, ...stored } = await this.find(actor, answerId);
    const {
      candidates = [],
      request = { sentences: 0 },
      confidence = 0,
      threshold = null,
      ...digests
    } = record;
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
      threshold,
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

  private quotesOf(actor: SignedIn, answerId: string): Promise<StoredQuote[]> {
    return this.database.transaction(asApi(actor), (tx) => this.answers.listQuotes(tx, answerId));
  }

  /** Searches, chooses and verifies: everything that an answer is, before anything of it is stored. */
  private async make(actor: SignedIn, request: AskRequest, progress?: Progress): Promise<Made> {
    await progress?.('searching');
    const { sentences, collection } = request;
    const { draft, ranker } = await this.draft(actor, request, progress);
    await progress?.('verifying');
    const { strategy, confidence, outcome } = draft;
    const record = {
      ...{ models: outcome.models, ranker: ranker.digest, ...outcome.basis },
      ...{ confidence, threshold: ranker.threshold },
      request: { sentences, ...(collection !== undefined && { collection }) },
      candidates: outcome.passages.map(candidateOf),
    };
    return { strategy, quotes: await this.verify(actor, draft.sentences.map(quoteOf)), record };
  }

  // An answer comes of one index: where another model becomes the active one between two searches, or between the
  // choice of its ranker and the first, it begins again.
  private async draft(
    actor: SignedIn,
    request: AskRequest,
    progress?: Progress,
  ): Promise<{ draft: Draft; ranker: Ranker }> {
    const { collection } = request;
    const within = { collection, route: 'hybrid', copies: 'collapse' } as const;
    for (;;) {
      const modelId = await this.retrieval.modelInUse(actor.tenant);
      const used = new Set([modelId]);
      const ranker = await this.rankerFor(actor, collection, modelId);
      const search = async (searched: Parameters<Search>[0]): ReturnType<Search> => {
        const outcome = await this.retrieval.searchOutcome(actor, { ...searched, ...within });
        used.add(outcome.models['embedding']?.split('@')[0] ?? '');
        await progress?.('reading');
        return outcome;
      };
      const draft = await draftAnswer(search, request, ranker);
      if (used.size === 1) return { draft, ranker };
    }
  }

  /** The ranker of a model, with the threshold of the collection where that has one. */
  private async rankerFor(actor: SignedIn, collection: string | undefined, modelId: string): Promise<Ranker> {
    const ranker = rankerOf(modelId);
    if (collection === undefined) return ranker;
    const threshold = await this.database.transaction(asReader(actor), (tx) =>
      thresholdOf(tx, collection, modelId),
    );
    return { ...ranker, threshold: threshold ?? ranker.threshold };
  }

  private verify(actor: SignedIn, quotes: readonly StoredQuote[]): Promise<VerifiedQuote[]> {
    return this.database.transaction(asReader(actor), (tx) => verifyQuotes(tx, quotes));
  }

  private assemble({ question }: AskRequest, answerId: string, made: Made): Answer {
    const { strategy, quotes } = made;
    const { confidence, models } = made.record;
    const outcome = outcomeOf(quotes);
    const sentences = sentencesOf(question, strategy, quotes);
    return {
      outcome,
      answerId,
      question,
      message: wordAnswer({ question, outcome, strategy, confidence, sentences, withheld: 0 }),
      confidence,
      sentences,
      withheld: 0,
      strategy,
      models,
      createdAt: new Date().toISOString(),
    };
  }

  private async store(actor: SignedIn, answer: Answer, { quotes, record }: Made): Promise<void> {
    const digests = Object.fromEntries(quotes.map(({ sha256 }, index) => [`quote${index + 1}`, sha256]));
    await this.database.transaction(asApi(actor), async (tx) => {
      await this.answers.insert(tx, answer, record);
      for (const [index, quote] of quotes.entries()) {
        await this.answers.insertQuote(tx, answer.answerId, index + 1, quote);
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

const outcomeOf = (quotes: readonly StoredQuote[]): Answer['outcome'] =>
  quotes.some(({ role }) => role === 'answer') ? 'answered' : 'abstained';

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

async function settle(started: number): Promise<void> {
  const elapsed = performance.now() - started;
  const until = Math.ceil(elapsed / TIMING_STEP_MS) * TIMING_STEP_MS;
  await new Promise((resolve) => setTimeout(resolve, until - elapsed));
}
