import { randomUUID } from 'node:crypto';
import { abilityOf } from '@belay/access';
import { type AnsweringService, type CalibrationService, type QuestionDesk, Turns } from '@belay/answering';
import {
  type Answer,
  type AnswerRecord,
  type AnswerSummary,
  AnswerThreshold,
  AskRequest,
  type Replay,
  SearchRequest,
  type SearchResponse,
} from '@belay/contracts';
import { DomainError } from '@belay/errors';
import type { SessionService, SignedIn } from '@belay/identity';
import { hitMarker, type RetrievalService, type Searched } from '@belay/retrieval';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { admit, CurrentPerson } from '../http/sign-in.guard.js';
import { whileOpen } from '../http/closing.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';
import type { AnswerStream } from './answer-stream.js';
import { searchResult } from './search-result.js';

const ListQuery = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) });

// As questions: more at once find hardly more a second, and one person's many are others' wait.
const SEARCHES_AT_ONCE = 8;

/** Search and questions. */
@Controller('v1')
export class AnswersController {
  private readonly answering: AnsweringService;
  private readonly retrieval: RetrievalService;
  private readonly calibration: CalibrationService;
  private readonly stream: AnswerStream;
  private readonly desk: QuestionDesk;
  private readonly searches: Turns;
  private readonly sessions: SessionService;

  constructor(@Inject(SERVICES) services: Services) {
    ({ answering: this.answering, retrieval: this.retrieval } = services);
    this.calibration = services.calibration;
    this.searches = new Turns(SEARCHES_AT_ONCE, services.config.longestQuestionWaitMs);
    ({ answerStream: this.stream, desk: this.desk, sessions: this.sessions } = services);
  }

  @Put('collections/:collection/threshold')
  @Requires('write', 'Collection')
  calibrate(
    @CurrentPerson() person: SignedIn,
    @Param('collection') collection: string,
    @Body(zod(AnswerThreshold)) body: AnswerThreshold,
  ): Promise<AnswerThreshold> {
    return this.calibration.set(person, collection, body);
  }

  @Post('search')
  @HttpCode(200)
  @Requires('ask', 'Answer')
  async search(
    @CurrentPerson() person: SignedIn,
    @Body(zod(SearchRequest)) body: SearchRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SearchResponse> {
    refuseForeignGeneration(person, body);
    const search = (): Promise<Searched> => this.retrieval.searchOutcome(person, body);
    const outcome = await this.searches.of(person.person, search, whileOpen(response));
    const { passages, queryTerms, absent, facets, models } = outcome;
    const hitsIn = hitMarker(body.query, queryTerms);
    const results = passages.map((passage) => searchResult(passage, hitsIn(passage.text, passage.language)));
    return { results, absent, models, ...(facets && { facets }) };
  }

  @Post('answers')
  @HttpCode(200)
  @Requires('ask', 'Answer')
  async ask(
    @CurrentPerson() person: SignedIn,
    @Body(zod(AskRequest)) body: AskRequest,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    this.answering.requireRoom(person);
    if (request.accepts(['application/json', 'text/event-stream']) !== 'text/event-stream') {
      response.json(await this.answering.ask(person, body, { signal: whileOpen(response) }));
      return;
    }
    // Sent again under the same key, it is the same question: its stream from the start.
    const { answerId, isNew } = await this.desk.accept(person, keyOf(key), body);
    if (isNew) void this.stream.make(person, answerId);
    const again = (): Promise<SignedIn> => admit(this.sessions, request, ['ask', 'Answer']);
    await this.stream.send({ person, id: answerId, last: undefined, admit: again }, response);
  }

  @Get('answers')
  @Requires('read', 'Answer')
  async list(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ListQuery)) query: z.infer<typeof ListQuery>,
  ): Promise<{ answers: AnswerSummary[] }> {
    return { answers: await this.answering.list(person, query.limit) };
  }

  @Get('answers/:id')
  @Requires('read', 'Answer')
  get(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<Answer> {
    return this.answering.reopen(person, id);
  }

  @Get('answers/:id/record')
  @Requires('read', 'Answer')
  record(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<AnswerRecord> {
    return this.answering.record(person, id);
  }

  @Post('answers/:id/replay')
  @HttpCode(200)
  @Requires('ask', 'Answer')
  replay(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Replay> {
    return this.answering.replay(person, id, whileOpen(response));
  }

  @Get('answers/:id/events')
  @Requires('read', 'Answer')
  async events(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Headers('last-event-id') last: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.stream.require(person, id);
    const again = (): Promise<SignedIn> => admit(this.sessions, request, ['read', 'Answer']);
    await this.stream.send({ person, id, last, admit: again }, response);
  }
}

function keyOf(key: string | undefined): string {
  if (key === undefined) return randomUUID();
  if (/^[\x21-\x7e]{8,128}$/.test(key)) return key;
  throw new DomainError('request.invalid', 'The header "idempotency-key" is 8 to 128 printable characters.');
}

// Which generation is searched says how models compare, which is for administrators. It changes no right to read.
function refuseForeignGeneration(person: SignedIn, { generation }: SearchRequest): void {
  if (generation === undefined || abilityOf(person).can('administer', 'Model')) return;
  throw new DomainError('auth.forbidden', 'Only administrators may name a generation of the index.');
}
