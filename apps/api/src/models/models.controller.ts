import { CutOver, GateFigures, type Generations, NewGeneration } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { aNumber, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** Embedding generations, for administrators: which model the index is searched with. Each change is on the ledger. */
@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('generations')
  @Requires('administer', 'Model')
  list(@CurrentPerson() person: SignedIn): Promise<Generations> {
    return this.view(person);
  }

  @Post('generations')
  @Requires('administer', 'Model')
  async start(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewGeneration)) body: NewGeneration,
  ): Promise<Generations> {
    const { generations, installed } = this.services;
    await generations.start(person, installed.named(body.model), body);
    return this.view(person);
  }

  @Post('generations/return')
  @HttpCode(200)
  @Requires('administer', 'Model')
  async return(@CurrentPerson() person: SignedIn): Promise<Generations> {
    await this.services.generations.returnToFormer(person);
    return this.view(person);
  }

  @Post('generations/:id/figures')
  @HttpCode(200)
  @Requires('administer', 'Model')
  async figures(
    @CurrentPerson() person: SignedIn,
    @Param('id', aNumber) id: number,
    @Body(zod(GateFigures)) body: GateFigures,
  ): Promise<Generations> {
    await this.services.generations.saveFigures(person, id, body);
    return this.view(person);
  }

  @Post('generations/:id/switch')
  @HttpCode(200)
  @Requires('administer', 'Model')
  async switch(
    @CurrentPerson() person: SignedIn,
    @Param('id', aNumber) id: number,
    @Body(zod(CutOver)) body: CutOver,
  ): Promise<Generations> {
    await this.services.generations.switchTo(person, id, body.force);
    return this.view(person);
  }

  @Delete('generations/:id')
  @Requires('administer', 'Model')
  async drop(@CurrentPerson() person: SignedIn, @Param('id', aNumber) id: number): Promise<Generations> {
    await this.services.generations.drop(person, id);
    return this.view(person);
  }

  private async view(person: SignedIn): Promise<Generations> {
    const { generations, installed } = this.services;
    const models = installed.list().map(({ id, dimension, licence }) => ({ id, dimension, licence }));
    return { generations: await generations.list(person), models };
  }
}
