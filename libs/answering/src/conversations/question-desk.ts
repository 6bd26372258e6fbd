import type { AskRequest } from '@belay/contracts';
import { type Database, sql } from '@belay/database';
import { DomainError, isDomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import type { Progress } from '../answer-maker.js';
import type { AnsweringService } from '../answering.service.js';
import {
  type AcceptedQuestion,
  AcceptedQuestionRepository,
  LEASE_SECONDS,
} from './accepted-question.repository.js';
import { requireOwn } from './history.js';

/** A question whose maker is gone, and whose it is. */
export interface ClaimedQuestion {
  readonly answerId: string;
  readonly personId: number;
}

const MOST_ATTEMPTS = 3;
const MOST_CLAIMS = 8;
const GAVE_UP = 'The question could not be answered: what made it ended three times. Ask again.';
const asApi = ({ tenant, person }: Pick<SignedIn, 'tenant' | 'person'>) =>
  ({ role: 'api', tenant, person }) as const;

/** Law 5 for questions: what was accepted stands in a row first, and ends as an answer or as a failure with its reason. */
export class QuestionDesk {
  private readonly questions = new AcceptedQuestionRepository();

  constructor(
    private readonly database: Database,
    private readonly answering: AnsweringService,
  ) {}

  /** Accepts a question. One that the person has sent under this key before is the same question. */
  async accept(
    actor: SignedIn,
    key: string,
    request: AskRequest,
  ): Promise<{ answerId: string; isNew: boolean }> {
    return this.database.transaction(asApi(actor), async (tx) => {
      if (request.conversation !== undefined) await requireOwn(tx, request.conversation);
      const made = await this.questions.insert(tx, key, request);
      if (made) return { answerId: made.answerId, isNew: true };
      const found = await this.questions.findByKey(tx, key);
      if (!found)
        throw new DomainError('conflict', 'This question was sent twice at the same moment. Try again.');
      if (found.question !== null && found.question !== request.question)
        throw new DomainError('conflict', 'This key was sent with another question. Send each with its own.');
      return { answerId: found.answerId, isNew: false };
    });
  }

  /** Makes the answer of an accepted question. A failure that is final is kept with its reason. */
  async make(actor: SignedIn, answerId: string, progress: Progress): Promise<void> {
    const question = await this.find(actor, answerId);
    if (!question || question.errorCode !== null) return;
    if (question.attempts > MOST_ATTEMPTS) return this.fail(actor, answerId, 'service.unavailable', GAVE_UP);
    const renewal = setInterval(() => void this.renew(actor, answerId), (LEASE_SECONDS * 1000) / 3);
    try {
      await this.answering.ask(actor, question.request, { id: answerId, progress });
    } catch (error) {
      if (!isDomainError(error)) throw error;
      await this.fail(actor, answerId, error.code, error.message);
    } finally {
      clearInterval(renewal);
    }
  }

  /** Questions of anybody in this tenant whose maker is gone; each is made under its own person's rights. */
  claim(tenant: number): Promise<ClaimedQuestion[]> {
    return this.database.transaction({ role: 'api', tenant }, (tx) =>
      tx.many(sql`select answer_id as "answerId", person_id as "personId"
        from claim_questions(${LEASE_SECONDS}, ${MOST_CLAIMS})`),
    );
  }

  /** A question of one's own that has no answer yet. */
  find(actor: SignedIn, answerId: string): Promise<AcceptedQuestion | undefined> {
    return this.database.transaction(asApi(actor), (tx) => this.questions.find(tx, answerId));
  }

  async fail(
    actor: Pick<SignedIn, 'tenant' | 'person'>,
    answerId: string,
    code: string,
    detail: string,
  ): Promise<void> {
    await this.database.transaction(asApi(actor), (tx) => this.questions.fail(tx, answerId, code, detail));
  }

  // A lease that could not be renewed runs out: another makes the answer then, which is stored once at most.
  private async renew(actor: SignedIn, answerId: string): Promise<void> {
    await this.database
      .transaction(asApi(actor), (tx) => this.questions.renew(tx, answerId))
      .catch(() => undefined);
  }
}
