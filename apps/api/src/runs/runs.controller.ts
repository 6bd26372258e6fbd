import {
  AnswerQuestion,
  type JournalEntry,
  NewRun,
  type Run,
  type RunPage,
  RunsQuery,
} from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { Requires } from '../http/requires.decorator.js';
import { admit, CurrentPerson } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** Runs of bounded agents: asked for, shown, started, stopped and taken back. */
@Controller('v1/runs')
export class RunsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Run')
  async list(@CurrentPerson() person: SignedIn, @Query(zod(RunsQuery)) query: RunsQuery): Promise<RunPage> {
    return this.services.runs.list(person, query);
  }

  @Post()
  @Requires('act', 'Run')
  create(@CurrentPerson() person: SignedIn, @Body(zod(NewRun)) body: NewRun): Promise<Run> {
    return this.services.runs.create(person, body);
  }

  @Get(':id')
  @Requires('read', 'Run')
  get(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<Run> {
    return this.services.runs.get(person, id);
  }

  @Get(':id/events')
  @Requires('read', 'Run')
  async events(
    @CurrentPerson() person: SignedIn,
    @Param('id', anId) id: string,
    @Headers('last-event-id') last: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { runStream, sessions } = this.services;
    const again = (): Promise<SignedIn> => admit(sessions, request, ['read', 'Run']);
    await runStream.send({ person, id, last, admit: again }, response);
  }

  @Get(':id/journal')
  @Requires('read', 'Run')
  async journal(
    @CurrentPerson() person: SignedIn,
    @Param('id', anId) id: string,
  ): Promise<{ entries: JournalEntry[] }> {
    return { entries: await this.services.runs.journal(person, id) };
  }

  @Post(':id/start')
  @HttpCode(200)
  @Requires('act', 'Run')
  start(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<Run> {
    return this.services.runs.start(person, id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Requires('act', 'Run')
  cancel(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<Run> {
    return this.services.runs.cancel(person, id);
  }

  @Post(':id/undo')
  @HttpCode(200)
  @Requires('act', 'Run')
  undo(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<Run> {
    return this.services.runs.undo(person, id);
  }

  @Post(':id/answers')
  @HttpCode(200)
  @Requires('act', 'Run')
  answer(
    @CurrentPerson() person: SignedIn,
    @Param('id', anId) id: string,
    @Body(zod(AnswerQuestion)) body: AnswerQuestion,
  ): Promise<Run> {
    return this.services.runs.answer(person, id, body);
  }
}
