import { recordLeaf } from '@belay/audit';
import type { Conversation, ConversationThread } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { AnsweringService } from '../answering.service.js';
import { AcceptedQuestionRepository } from './accepted-question.repository.js';
import { ConversationRepository, type ConversationRow } from './conversation.repository.js';
import { lockQuestions } from './history.js';

// The newest turns of a conversation that is opened.
const SHOWN_TURNS = 50;

/** Conversations of one's own. What they quote is authorised and verified again whenever they are opened. */
export class ConversationService {
  private readonly conversations = new ConversationRepository();
  private readonly questions = new AcceptedQuestionRepository();

  constructor(
    private readonly database: Database,
    private readonly answering: AnsweringService,
  ) {}

  async create(actor: SignedIn, title: string | undefined): Promise<Conversation> {
    return this.mine(actor, async (tx) => {
      const id = await this.conversations.insert(tx, title);
      return view(await this.require(tx, id));
    });
  }

  async list(actor: SignedIn, limit: number, words: string | undefined): Promise<Conversation[]> {
    const rows = await this.mine(actor, (tx) => this.conversations.list(tx, limit, words));
    return rows.map(view);
  }

  async open(actor: SignedIn, id: string): Promise<ConversationThread> {
    const { row, answerIds, waiting } = await this.mine(actor, async (tx) => ({
      row: await this.require(tx, id),
      answerIds: await this.conversations.answers(tx, id, SHOWN_TURNS),
      waiting: await this.questions.listOf(tx, id),
    }));
    const answers = [];
    for (const answerId of answerIds) answers.push(await this.answering.reopen(actor, answerId));
    const unanswered = waiting.map(({ answerId, request, createdAt, errorCode, errorDetail }) => ({
      answerId,
      question: request.question,
      createdAt: createdAt.toISOString(),
      error: errorCode === null ? null : { code: errorCode, detail: errorDetail ?? '' },
    }));
    return { ...view(row), answers, unanswered };
  }

  async rename(actor: SignedIn, id: string, title: string): Promise<Conversation> {
    return this.mine(actor, async (tx) => {
      await this.conversations.rename(tx, id, title);
      return view(await this.require(tx, id));
    });
  }

  /** Erases every question of the conversation; what stays of its answers are digests that say nothing. */
  async delete(actor: SignedIn, id: string): Promise<number> {
    return this.mine(actor, async (tx) => {
      await lockQuestions(tx);
      await this.require(tx, id);
      await recordLeaf(tx, actor.tenant, { type: 'conversation.delete', actor: actor.person, resource: id });
      return this.conversations.erase(tx, id);
    });
  }

  private async require(tx: Transaction, id: string): Promise<ConversationRow> {
    const row = await this.conversations.find(tx, id);
    if (!row) throw new DomainError('not-found', 'You have no such conversation.');
    return row;
  }

  private mine<T>({ tenant, person }: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant, person }, work);
  }
}

const view = ({ createdAt, updatedAt, ...row }: ConversationRow): Conversation => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
