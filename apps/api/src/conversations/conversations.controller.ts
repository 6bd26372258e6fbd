import {
  type ConversationService,
  eraseAnswer,
  type FeedbackService,
  suggestQuestions,
} from '@belay/answering';
import {
  type AnswerReceipt,
  type Conversation,
  ConversationChange,
  type ConversationThread,
  Feedback,
  type FeedbackExamples,
  type FeedbackReport,
  NewConversation,
} from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** Words of one's own, in the title or in a question. */
  search: z.string().trim().max(200).optional(),
});

/** Conversations of one's own, feedback on one's answers, and what one may ask. */
@Controller('v1')
export class ConversationsController {
  private readonly conversations: ConversationService;
  private readonly feedback: FeedbackService;

  constructor(@Inject(SERVICES) private readonly services: Services) {
    ({ conversations: this.conversations, feedback: this.feedback } = services);
  }

  @Post('conversations')
  @Requires('ask', 'Answer')
  create(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewConversation)) body: z.infer<typeof NewConversation>,
  ): Promise<Conversation> {
    return this.conversations.create(person, body.title);
  }

  @Get('conversations')
  @Requires('read', 'Answer')
  async list(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ListQuery)) query: z.infer<typeof ListQuery>,
  ): Promise<{ conversations: Conversation[] }> {
    return { conversations: await this.conversations.list(person, query.limit, query.search) };
  }

  @Get('conversations/:id')
  @Requires('read', 'Answer')
  open(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<ConversationThread> {
    return this.conversations.open(person, id);
  }

  @Patch('conversations/:id')
  @Requires('ask', 'Answer')
  rename(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Body(zod(ConversationChange)) body: z.infer<typeof ConversationChange>,
  ): Promise<Conversation> {
    return this.conversations.rename(person, id, body.title);
  }

  @Delete('conversations/:id')
  @Requires('ask', 'Answer')
  async delete(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
  ): Promise<{ erasedAnswers: number }> {
    return { erasedAnswers: await this.conversations.delete(person, id) };
  }

  @Delete('answers/:id')
  @Requires('ask', 'Answer')
  erase(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<AnswerReceipt> {
    return eraseAnswer(this.services.database, person, id);
  }

  @Put('answers/:id/feedback')
  @Requires('ask', 'Answer')
  give(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Body(zod(Feedback)) body: Feedback,
  ): Promise<Feedback> {
    return this.feedback.give(person, id, body);
  }

  @Delete('answers/:id/feedback')
  @Requires('ask', 'Answer')
  @HttpCode(204)
  withdraw(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<void> {
    return this.feedback.withdraw(person, id);
  }

  @Get('feedback')
  @Requires('administer', 'Audit')
  report(@CurrentPerson() person: SignedIn): Promise<FeedbackReport> {
    return this.feedback.report(person);
  }

  @Get('feedback/examples')
  @Requires('administer', 'Audit')
  examples(@CurrentPerson() person: SignedIn): Promise<FeedbackExamples> {
    return this.feedback.examples(person);
  }

  @Get('suggestions')
  @Requires('ask', 'Answer')
  async suggest(@CurrentPerson() person: SignedIn): Promise<{ suggestions: string[] }> {
    return { suggestions: await suggestQuestions(this.services.database, person) };
  }
}
