import { randomUUID } from 'node:crypto';
import { recordLeaf } from '@belay/audit';
import type { Answer, AnswerRecord, AnswerSummary, AskRequest, Replay } from '@belay/contracts';
import type { Database } from '@belay/database';
import { type QuoteRequest, readTitles } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { RetrievalService } from '@belay/retrieval';
import { AnswerMaker, type Made, type Progress, type ReadingModel } from './answer-maker.js';
import {
  AnswerRepository,
  type StoredAnswer,
  type StoredCandidate,
  type StoredQuote,
} from './answer.repository.js';
import { compareReplay } from './compare-replay.js';
import { settleQuestion, touchConversation } from './conversations/accepted-question.repository.js';
import type { Antecedent } from './conversations/follow-up.js';
import { History, lockQuestions, withoutErased } from './conversations/history.js';
import { makeInContext } from './conversations/in-context.js';
import type { Reading } from './conversations/reading.js';
import { Turns } from './turns.js';
import { sentencesOf } from './verify-sentences.js';
import { wordAnswer } from './word-answer.js';

// Abstentions leave in steps of this length, so that their timing does not tell an empty search from a refused one.
const TIMING_STEP_MS = 250;
// More at once answer hardly more a second on two cores, and keep each other waiting.
const AT_ONCE = 8;
const MOST_WAITING = 64;
const RETRY_MS = 1000;

/** A question, and the answer that a replay says it followed. */
type Asked = AskRequest & { readonly after?: string };

/** How a question is asked. */
interface AskOptions {
  /** Of the question, where it was accepted before. */
  readonly id?: string;
  readonly progress?: Progress;
  /** Aborted where nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** An answer before it is stored, and what it followed where it is understood after that. */
type Following = Made & { readonly reading: Reading; readonly follows?: Antecedent };

const asReader = (actor: SignedIn) =>
  ({ role: 'reader', tenant: actor.tenant, person: actor.person }) as const;
const asApi = (actor: SignedIn) => ({ role: 'api', tenant: actor.tenant, person: actor.person }) as const;

/** Questions to verified quotes, or an abstention that looks the same whatever its reason. */
export class AnsweringService {
  private readonly answers = new AnswerRepository();
  private readonly history: History;
  private readonly maker: AnswerMaker;
  private readonly turns: Turns;

  constructor(
    private readonly database: Database,
    retrieval: RetrievalService,
    reader: ReadingModel,
    /** How long a question waits for its turn at most. */
    longestWaitMs: number,
  ) {
    this.history = new History(database);
    this.maker = new AnswerMaker(database, retrieval, reader);
    this.turns = new Turns(AT_ONCE, longestWaitMs);
  }

  /**
   * Answers as `actor` when it is their turn, an accepted question where it has an id. Stored and on the ledger before it
   * is returned. What `signal` is aborted with before that is thrown, and nothing is stored.
   */
  async ask(actor: SignedIn, request: AskRequest, options: AskOptions = {}): Promise<Answer> {
    const started = performance.now();
    const { id, progress, signal } = options;
    const step: Progress = (stage) => {
      signal?.throwIfAborted();
      return progress?.(stage);
    };
    const make = async (): Promise<Answer> => {
      const made = await this.makeAfter(actor, request, step);
      const answer = this.assemble(request, id ?? randomUUID(), made);
      await this.store(actor, answer, made, id !== undefined);
      return answer;
    };
    const answer = await this.turns.of(actor.person, make, signal);
    if (answer.outcome === 'abstained') await settle(started);
    return answer;
  }

  /**
   * Throws `request.too-many` where so many questions of the person wait that no more are accepted: whoever accepts one
   * answers it.
   */
  requireRoom({ person }: SignedIn): void {
    if (this.turns.waitingOf(person) < MOST_WAITING) return;
    const message = `${MOST_WAITING} questions of yours wait to be answered already. Wait for one of them.`;
    throw new DomainError('request.too-many', message, { retryAfterMs: RETRY_MS });
  }

  /** An answer of one's own again: each quote is authorised and verified anew, the rest is withheld. */
  async reopen(actor: SignedIn, answerId: string): Promise<Answer> {
    const stored = await this.find(actor, answerId);
    const quotes = await this.quotesOf(actor, answerId);
    const verified = await this.maker.verify(actor, quotes);
    const understoodAs = await this.history.reading(actor, stored.understood);
    const asked = understoodAs ?? stored.question;
    const sentences = sentencesOf(asked, stored.strategy, verified, stored.createdAt);
    const withheld = quotes.length - verified.length;
    const confidence = stored.record.confidence ?? null;
    return {
      outcome: stored.outcome,
      answerId,
      question: stored.question,
      message: wordAnswer({
        ...{ ...stored, question: asked, confidence, sentences, withheld },
        ...{ unnamed: stored.record.unnamed, at: stored.createdAt },
      }),
      confidence,
      sentences,
      withheld,
      strategy: stored.strategy,
      models: stored.record.models,
      createdAt: stored.createdAt.toISOString(),
      conversationId: stored.conversationId,
      understoodAs,
      feedback: stored.feedback,
    };
  }

  /**
   * Makes an answer of one's own again under today's rights, and compares it with the stored one byte by byte.
   * What was stored of its sentences is read only then. What `signal` is aborted with while it waits is thrown.
   */
  async replay(actor: SignedIn, answerId: string, signal?: AbortSignal): Promise<Replay> {
    const { question, outcome, record, understood } = await this.find(actor, answerId);
    if (!record.request)
      throw new DomainError('conflict', 'This answer was made before replays were recorded.');
    const { after } = record.request;
    if (after !== undefined && understood === null)
      throw new DomainError('conflict', 'It followed a question that was deleted, and cannot be made again.');
    const asked = { question, ...record.request };
    const again = await this.turns.of(actor.person, () => this.makeAfter(actor, asked), signal);
    const quotes = await this.quotesOf(actor, answerId);
    const stored = { outcome, quotes, record, understood };
    const now = {
      outcome: outcomeOf(again.quotes),
      quotes: again.quotes,
      record: again.record,
      understood: again.reading.parts,
    };
    return { answerId, ...compareReplay(stored, now, await this.maker.verify(actor, quotes)) };
  }

  /** What an answer of one's own was made from and by; passages that may no longer be read are only counted. */
  async record(actor: SignedIn, answerId: string): Promise<AnswerRecord> {
    const found = await this.find(actor, answerId);
    const { record, createdAt, understood, question, outcome, strategy } = found;
    const stored = { answerId, question, outcome, strategy };
    const { candidates = [], request = { sentences: 0 }, confidence = 0, threshold = null } = record;
    const { models, ranker, generation, policy, statistics } = record;
    const versions = candidates.map((candidate) => candidate.versionId);
    const named = await this.database.transaction(asReader(actor), (tx) => readTitles(tx, versions));
    const quotes = await this.quotesOf(actor, answerId);
    const readable = candidates.flatMap((candidate) => {
      const version = named.get(candidate.versionId);
      if (version === undefined) return [];
      return [{ ...candidate, ...version, verdict: verdictOn(candidate, stored.outcome, quotes) }];
    });
    return {
      ...stored,
      ...{ models, ranker, generation, policy, statistics },
      person: actor.name,
      createdAt: createdAt.toISOString(),
      request,
      understoodAs: await this.history.reading(actor, understood),
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

  /** As `make`, understood after the turn before: both in the record, so that a replay understands it alike. */
  private async makeAfter(actor: SignedIn, request: Asked, progress?: Progress): Promise<Following> {
    const before = await this.history.antecedent(actor, request);
    const made = await makeInContext(request.question, before, (question, demands) =>
      this.maker.make(actor, { ...request, question }, { progress, demands }),
    );
    if (before === undefined || made.reading.parts === null) return made;
    const asked = { sentences: request.sentences, ...made.record.request, after: before.answerId };
    return { ...made, record: { ...made.record, request: asked }, follows: before };
  }

  private assemble(
    {
      question,
      conversation = null,
    }: Pick<Answer, 'question'> & { conversation?: string | null | undefined },
    answerId: string,
    made: Made & { reading: Reading },
  ): Answer {
    const { strategy, quotes, reading } = made;
    const { confidence, models } = made.record;
    const outcome = outcomeOf(quotes);
    const now = new Date();
    const sentences = sentencesOf(reading.text, strategy, quotes, now);
    return {
      outcome,
      answerId,
      question,
      message: wordAnswer({
        ...{ question: reading.text, outcome, strategy, confidence, sentences },
        ...{ withheld: 0, unnamed: made.record.unnamed, at: now },
      }),
      confidence,
      sentences,
      withheld: 0,
      strategy,
      models,
      createdAt: now.toISOString(),
      conversationId: conversation,
      understoodAs: reading.parts && reading.text,
      feedback: null,
    };
  }

  private async store(
    actor: SignedIn,
    answer: Answer,
    { quotes, record, reading, follows }: Following,
    wasAccepted: boolean,
  ): Promise<void> {
    const digests = Object.fromEntries(quotes.map(({ sha256 }, index) => [`quote${index + 1}`, sha256]));
    const leaf = randomUUID();
    const draft = {
      id: leaf,
      actor: actor.person,
      resource: answer.answerId,
      digests,
      payload: { question: answer.question },
    };
    await this.database.transaction(asApi(actor), async (tx) => {
      if (answer.conversationId !== null) await lockQuestions(tx);
      const kept = follows ? await withoutErased(tx, reading, follows) : reading;
      await Promise.all([
        recordLeaf(tx, actor.tenant, { type: `answer.${answer.outcome}`, ...draft }),
        this.answers.insert(tx, answer, record, leaf),
        this.answers.insertContents(tx, answer, kept, quotes),
      ]);
      if (wasAccepted) await settleQuestion(tx, answer.answerId);
      if (answer.conversationId !== null) await touchConversation(tx, answer.conversationId);
    });
  }
}

const outcomeOf = (quotes: readonly StoredQuote[]): Answer['outcome'] =>
  quotes.some(({ role }) => role === 'answer') ? 'answered' : 'abstained';

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
